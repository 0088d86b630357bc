"""Where long text comes from: an option, a file, standard input, or the editor."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from git_jit.cli import App, BadEncoding
from git_jit.cli.parameters import Function, Option, add, text
from git_jit.errors import Fatal, JitError, UsageError
from git_jit.model import MAX_BODY

SCISSORS: Final = "# ------------------------ >8 ------------------------"
"""git's line below which everything is ignored. A comment character would eat Markdown's headings."""
STDIN: Final = "-"


class EmptyText(UsageError):
    """Nothing came where a text was expected; what is there is kept."""

    code = "empty_text"


class TextTooLarge(UsageError):
    code = "text_too_large"


class FileUnreadable(Fatal):
    code = "file_unreadable"


class NoTerminal(UsageError):
    """Something would have to be asked, and there is nobody to ask."""

    code = "no_terminal"


def body_options(function: Function) -> Function:
    """`--body`/`--description` and `--body-file`; they arrive as `body` and `body_file`."""
    return add(_options_of("description"), function)


def remark_options(function: Function) -> Function:
    """The same for what is no description."""
    return add(_options_of("text"), function)


def _options_of(what: str) -> tuple[Option, Option]:
    names = ("--description", "--desc", "--body", "-d", "-b")
    return (
        text(*names, dest="body", metavar="TEXT", help=f"The {what}, in Markdown."),
        text("--body-file", "-F", metavar="FILE", help=f"Take the {what} from a file; '-' is standard input."),
    )


def body_of(app: App, body: str | None, body_file: str | None) -> str | None:
    """The text that the options give; None when they give none. Raises `EmptyText` for an empty file."""
    if body is not None and body_file is not None:
        raise UsageError("--description and --body-file exclude each other", hint="give one of them")
    if body_file is None:
        return body
    text = read_text(app, body_file)
    if not text.strip():
        raise EmptyText(f"nothing came from {_where(body_file)}", hint="to empty a text say --description=''")
    return text


def read_text(app: App, source: str, *, limit: int = MAX_BODY, instead: str = "keep it in a file of the code") -> str:
    """The UTF-8 text of a file, or of standard input for `-`. Line ends become LF.

    Raises `BadEncoding`, `TextTooLarge` (above `limit` bytes; `instead` is its hint) or `FileUnreadable`.
    """
    data = app.stdin.read(limit + 1) if source == STDIN else _read_file(app, source, limit)
    if len(data) > limit:
        raise TextTooLarge(f"{_where(source)} is larger than {limit} bytes", hint=instead)
    try:
        return data.decode().removeprefix("\ufeff").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise BadEncoding(
            f"{_where(source)} is not valid UTF-8 at byte {error.start}", hint="convert it to UTF-8"
        ) from None


def _read_file(app: App, path: str, limit: int) -> bytes:
    import os

    try:
        with open(os.path.join(app.cwd, path), "rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise FileUnreadable(f"cannot read '{path}': {error.strerror}") from None


def _where(source: str) -> str:
    return "standard input" if source == STDIN else f"'{source}'"


@contextmanager
def edited(app: App, text: str, advice: str) -> Iterator[str]:
    """What the user makes of `text` in git's editor; `advice` stands below the scissors.

    What is done with it belongs inside the `with`: if that fails, the text is kept, and the error says where.
    Raises `NoTerminal` when nobody can edit, and `EmptyText` when nothing is left.
    """
    if not (app.stdin_is_terminal or app.environ.get("GIT_EDITOR")):
        raise NoTerminal("there is no terminal to edit on", hint="'git jit update' and --body-file need none")
    page = app.git.edit(f"{text.rstrip()}\n\n{SCISSORS}\n{advice}\n")
    found = _above_scissors(page.text)
    if not found:
        app.git.forget(page.path)
        raise EmptyText("the text is empty, nothing was done", hint="write something above the scissors line")
    try:
        _check_encoding(found)
        yield found + "\n"
    except JitError as error:
        error.hint = "\n".join(filter(None, (error.hint, f"your text is kept in '{page.path}'")))
        raise
    except BaseException:
        app.note(f"your text is kept in '{page.path}'")
        raise
    app.git.forget(page.path)


def _above_scissors(page: str) -> str:
    """The text without our last lines: only the last scissors are ours, a description may hold some of its own."""
    above, scissors, below = page.rpartition(SCISSORS)
    return (above if scissors else below).strip()


def _check_encoding(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise BadEncoding(f"line {line} of the text is not valid UTF-8", hint="convert it to UTF-8") from None
