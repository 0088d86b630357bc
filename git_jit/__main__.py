"""The program `git-jit`: what git starts for `git jit …`.

Only this file runs before the first decision: a question that needs no repository and no option parser
(`--version`) is answered here, because importing click costs more than everything else such an answer takes.
"""

import sys

INTERRUPTED = 130
"""Exit status of a process stopped by Ctrl-C: 128 + SIGINT, as shells report it."""


def main() -> int:
    """Run the command in `sys.argv`; the return value is the exit status."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["version"]):
        from git_jit import __version__

        sys.stdout.write(f"git-jit version {__version__}\n")
        return 0
    try:
        if arguments[:1] == ["__complete"]:
            from git_jit.cli.completion import complete
            from git_jit.cli.world import real_app

            return complete(real_app(), [word for word in arguments[1:2] if word != "--"] + arguments[2:])
        from git_jit.cli.program import run
        from git_jit.cli.world import real_app

        return run(arguments, real_app())
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
