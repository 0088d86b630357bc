"""`search` and `query saved`: lists by words, and by a filter that has a name."""

from collections.abc import Sequence

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.listing import Shape, list_options
from git_jit.cli.narrow import narrow_options
from git_jit.cli.parameters import Argument
from git_jit.cli.query import ask
from git_jit.ops import queries
from git_jit.ops.queries import Question


@command("saved", examples=["git jit query saved", "git jit query saved urgent"])
@Argument(dest="name", required=False)
@list_options
def saved(app: App, name: str | None, shape: Shape, at: str | None, **rest: object) -> int:
    """List the issues of a saved query; without a name, the saved queries."""
    if name is None:
        return _saved_names(app, at)
    with app.store.view(at) as view:
        text = queries.saved(view.config, name)
    return ask(app, Question.ALL, shape, filters=[text], at=at, **rest)  # type: ignore[arg-type]


def _saved_names(app: App, at: str | None) -> int:
    from git_jit.cli.render import show_pairs

    with app.store.view(at) as view:
        found = dict(sorted(view.config.queries.items()))
    return show_pairs(app, found, head=("QUERY", "FILTER"), empty="no saved queries")


@command("search", examples=["git jit search login", "git jit search '\"memory leak\"'"])
@Argument(dest="words", many=True)
@narrow_options
@list_options
def search(app: App, words: Sequence[str], shape: Shape, limit: int | None, **rest: object) -> int:
    """Find issues by words of their title, description and comments.

    Words match from their beginning; text in double quotes must stand together. Finished issues are found too.
    """
    found = options.LIST_LIMIT if limit is None else limit
    return ask(app, Question.ALL, shape, words=" ".join(words), limit=found, **rest)  # type: ignore[arg-type]
