"""The program `git-jit`: what git starts for `git jit …`.

Only this file runs before the first decision: a question that needs no repository and no option parser
(`--version`, a Tab) is answered without click, because importing it costs more than everything else such an
answer takes. It also knows that a command is short: it collects garbage rarely and does not tidy up at the end.
"""

import atexit
import gc
import os
import sys

INTERRUPTED = 130
"""Exit status of a process stopped by Ctrl-C: 128 + SIGINT, as shells report it."""
BROKEN_PIPE = 141
"""128 + SIGPIPE."""
FATAL = 128
GC_THRESHOLD = 100_000
"""New objects between two looks for garbage. Importing makes tens of thousands that all stay; with Python's 700 the
collector walks them again and again, 8 % of a short command.
"""


def main() -> None:
    """Run the command in `sys.argv` and end the process.

    It ends by `os._exit`: taking the interpreter's modules apart would cost as much as opening the repository
    did. What has asked to be called at the end (`atexit`) is called.
    """
    gc.set_threshold(GC_THRESHOLD)
    _speak_utf8()
    _hear_of_children()
    try:
        status = command_line(sys.argv[1:])
        atexit._run_exitfuncs()  # noqa: SLF001 — the only way to have them without the rest
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except BrokenPipeError:
        status = BROKEN_PIPE
    except OSError as error:
        status = FATAL
        _say(f"fatal: {error.strerror or error}\n")
    os._exit(status)


def _speak_utf8() -> None:
    """Begin again in UTF-8 where the locale has another encoding: git takes arguments, paths and variables as the bytes
    they are, and what is stored is UTF-8. Python would read them as the locale says, and store other letters.
    """
    if sys.getfilesystemencoding() != "utf-8" and not sys.flags.utf8_mode:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606 - it is us again


def _hear_of_children() -> None:
    """Take back an ignored SIGCHLD, which a parent may hand down (`trap '' CHLD`, some supervisors). The kernel would
    forget how our children ended: asking git would fail, and `subprocess` takes "nobody knows" for 0, so that a gate
    that failed would have passed.
    """
    import _signal  # type: ignore[import-not-found]  # `signal` first makes classes of its numbers, for a millisecond

    if _signal.getsignal(_signal.SIGCHLD) == _signal.SIG_IGN:
        _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)


def _say(line: str) -> None:
    """On standard error, with nothing that has to be imported or opened first: that is what failed."""
    try:  # noqa: SIM105 — contextlib would have to be imported
        os.write(2, line.encode())
    except OSError:
        pass


def command_line(arguments: list[str]) -> int:
    """Run one command line; the exit status."""
    if arguments in (["--version"], ["version"]):
        from git_jit import __version__

        print(f"git-jit version {__version__}")
        return 0
    try:
        from git_jit.cli.world import real_app

        if arguments[:1] == ["__complete"]:
            from git_jit.cli.completion import complete

            return complete(real_app(), arguments[2:] if arguments[1:2] == ["--"] else arguments[1:])
        from git_jit.cli.program import run

        return run(arguments, real_app())
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    main()
