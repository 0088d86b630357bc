"""From words to exit status: parse, run one command, and turn every failure into a sentence and a number."""

import errno
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from git_jit import __version__, log
from git_jit.cli import App, BadEncoding
from git_jit.cli.command import load
from git_jit.cli.quick import parse
from git_jit.cli.sanitize import one_line
from git_jit.cli.table import find
from git_jit.errors import Fatal, JitError

PROGRAM: Final = "git jit"
OUTPUT_ERRORS: Final = frozenset({errno.ENOSPC, errno.EIO, errno.EBADF, errno.EDQUOT, errno.EFBIG})
"""What write(2) says when a file behind standard output cannot take more."""
OK: Final = 0
BUG: Final = 70
"""EX_SOFTWARE of sysexits.h."""
INTERRUPTED: Final = 130
QUIET: Final = frozenset({1, 3, 4, 5, 129})
"""Exit statuses that are an answer rather than trouble: no reason to write more into the log than that it was given."""
BROKEN_PIPE: Final = 141
"""128 + SIGPIPE: what a C program would have died of."""


class OutputFailed(Fatal):
    """Standard output takes no more: the disk behind it is full, for example."""

    code = "output_failed"


def run(arguments: Sequence[str], app: App) -> int:
    """Run one command line against `app`; the exit status as `docs/errors.md` lists them.

    Nothing escapes: a failure becomes `error:` and `hint:` lines on standard error or, with `--json`, the
    error envelope on standard output.
    """
    app.json = wants_json(arguments)
    app.take_up = _take_up
    before = log.begin(_for_the_log(arguments, app), level=wanted_level(arguments))
    status = BUG
    try:
        status = _run(arguments, app)
    finally:
        log.end(before, status)
    return status


def _take_up(app: App) -> None:
    from git_jit.cli.sync import take_up  # loaded only when something has come

    take_up(app)


def _run(arguments: Sequence[str], app: App) -> int:
    try:
        status = _guarded(arguments, app)
        app.stdout.flush()
        return status
    except BrokenPipeError:
        _abandon(app)
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        _abandon(app)
        app.json = False  # where the object would go nothing goes any more
        return report(app, OutputFailed(f"cannot write the output: {error.strerror}"))


def _guarded(arguments: Sequence[str], app: App) -> int:
    try:
        try:
            return _invoke(arguments, app)
        finally:
            app.close()
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if isinstance(error, OSError) and _is_about_output(error):
            raise
        ours = _as_ours(app, arguments, error)
        status = report(app, ours)
        app.stdout.flush()  # what comes now, nobody has to wait for
        from git_jit.cli.tracking import track

        track(app, arguments, ours, error)
        return status


def _as_ours(app: App, arguments: Sequence[str], error: Exception) -> JitError:
    """Any failure as one of the family; what nobody foresaw is a bug."""
    return error if isinstance(error, JitError) else _bug(app, arguments, error)


def _invoke(arguments: Sequence[str], app: App) -> int:
    for argument in arguments:
        check_text(argument)
    answer = _answer(arguments, app)
    return answer if isinstance(answer, int) else OK


def _answer(arguments: Sequence[str], app: App) -> object:
    """Run the command at once when its words are plain; click, with its messages and help, sees to all others."""
    entry, words = find(arguments)
    if entry is not None:
        command = load(entry)
        values = parse(command.parameters, words)
        if values is not None:
            return command.run(app, values)
    from git_jit.cli.clicked import invoke
    from git_jit.cli.nouns import root

    return invoke(root, PROGRAM, arguments, app)


def check_text(argument: str) -> None:
    """Refuse an argument that was not UTF-8 (Python hides such bytes as surrogates). Raises `BadEncoding`."""
    if argument.isascii():
        return
    try:
        argument.encode()
    except UnicodeEncodeError as error:
        shown = argument.encode(errors="backslashreplace").decode()
        raise BadEncoding(
            f"argument '{shown}' is not valid UTF-8", hint="write it in UTF-8", details={"position": error.start}
        ) from None


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether `--json` was said, as far as it can be told before (or without) parsing."""
    words = list(arguments)
    return "--json" in (words[: words.index("--")] if "--" in words else words)


def wanted_level(arguments: Sequence[str]) -> str | None:
    """What `--log-level` says, as far as it can be told before parsing; a word that is no level is for parsing."""
    words = list(arguments[: arguments.index("--")] if "--" in arguments else arguments)
    said = None
    for word, after in zip(words, [*words[1:], ""], strict=False):
        name, joined, value = word.partition("=")
        if name == "--log-level":
            said = value if joined else after
    return said if said in {*log.LEVELS, log.OFF} else None


def _for_the_log(arguments: Sequence[str], app: App) -> log.Command:
    def name() -> str:
        from git_jit.cli.tracking import operation

        return operation(arguments)

    def sink(command: log.Command, said: str, level: str | None) -> log.Sink | None:
        from git_jit.logfile import open_sink  # logging and what it brings: only who wants a log pays

        return open_sink(command, said, level)

    return log.Command(
        name=name,
        request=lambda: app.request,
        directory=lambda: f"{app.local_dir()}/log",
        version=__version__,
        environ=app.environ,
        stderr=app.stderr,
        complain=lambda words: app.note(f"note: {one_line(words)}"),
        sink=sink,
    )


def report(app: App, error: JitError) -> int:
    """Tell the user, and return the exit status. Credentials that git's own words or a URL brought in stay out."""
    _take_credentials_out(error)
    tell = log.info if error.status in QUIET else log.error
    tell("command.failed", code=error.code, status=error.status, message=error.message)
    if app.json:
        from git_jit.cli.json_out import error_envelope

        app.stdout.write(error_envelope(error))
        return error.status
    word = "fatal" if error.status == 128 else "error"
    app.stderr.write(f"{word}: {one_line(error.message)}\n")
    if error.hint and app.environ.get("GIT_ADVICE") != "0":
        app.stderr.writelines(f"hint: {one_line(line)}\n" for line in error.hint.split("\n"))
    return error.status


def _take_credentials_out(error: JitError) -> None:
    from git_jit.scrub import credentials

    def clean(value: object) -> object:
        match value:
            case str():
                return credentials(value)
            case Mapping():
                return {key: clean(member) for key, member in value.items()}
            case list() | tuple():
                return [clean(member) for member in value]
            case _:
                return value

    error.message = credentials(error.message)
    error.hint = error.hint and credentials(error.hint)
    error.details = {key: clean(value) for key, value in error.details.items()}


def _bug(app: App, arguments: Sequence[str], error: Exception) -> JitError:
    from git_jit.cli.bug import Bug, write_report
    from git_jit.cli.tracking import scrubbed_traceback

    if app.environ.get("JIT_DEBUG"):
        app.stderr.write(scrubbed_traceback(app, error))

    path = write_report(app, arguments, error)
    where = f"; details are in '{path}'" if path else ""
    file = "that file" if path else "what you did"
    return Bug(
        f"this is a bug in git jit: {type(error).__name__}{where}",
        hint=f"please report it where you have git jit from, with {file} and what 'git jit version' says",
        details={"log": path, "request": app.request},
    )


def _is_about_output(error: OSError) -> bool:
    """Errors of our own files name them or are typed by the store; what is left is a stream."""
    return isinstance(error, BrokenPipeError) or (error.filename is None and error.errno in OUTPUT_ERRORS)


def _abandon(app: App) -> None:
    """The reader is gone: point standard output elsewhere, so that the interpreter's last flush says nothing."""
    if app.stdout is sys.stdout:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
