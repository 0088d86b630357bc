"""`comment`: say something about an issue, correct it, take it back."""

from collections.abc import Iterator
from contextlib import contextmanager

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.json_out import comment_value
from git_jit.cli.parameters import Argument, switch, text
from git_jit.cli.render import answer
from git_jit.cli.texts import EmptyText, body_of, edited, remark_options
from git_jit.ops import comments


@command(
    "comment",
    examples=[
        "git jit comment 3f9c2a1 'Seen on Debian too.'",
        "git jit comment 3f9c2a1 --body-file - < notes.md",
        "git jit comment 3f9c2a1 --redact 01J8Z --reason 'held a password'",
    ],
)
@options.id
@Argument(dest="text", required=False)
@remark_options
@switch("--editor", "Write in git's editor.", short="-e")
@text("--replace", metavar="COMMENT", help="Replace the text of your own comment.")
@text("--redact", metavar="COMMENT", help="Take a comment's text out of every reading.")
@options.reason
@options.actor
def comment(
    app: App,
    id: str,
    text: str | None,
    body: str | None,
    body_file: str | None,
    editor: bool,
    replace: str | None,
    redact: str | None,
    reason: str | None,
) -> None:
    """Comment on an issue and print the comment's id."""
    if redact is not None:
        done = comments.redact(app.store, app.caller(), id, redact, reason=reason)
    else:
        with _written(app, text if text is not None else body_of(app, body, body_file), editor=editor) as said:
            if replace is not None:
                done = comments.edit(app.store, app.caller(), id, replace, said)
            else:
                done = comments.add(app.store, app.caller(), id, said)
    data = {**comment_value(done.comment), "issue": done.comment.issue, "commit": done.commit}
    answer(app, data, lambda: f"{done.comment.id}\n")


@contextmanager
def _written(app: App, text: str | None, *, editor: bool) -> Iterator[str]:
    """The text that was given, else what the editor brings. Raises `EmptyText`."""
    if text is None and (editor or app.stdin_is_terminal):
        with edited(app, "", "Write the comment above, in Markdown. An empty text says nothing.") as said:
            yield said
        return
    if text is None or not text.strip():
        raise EmptyText("there is nothing to say", hint="git jit comment ID 'text', or --body-file -")
    yield text
