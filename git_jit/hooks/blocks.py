"""The shell that leads from a hook of git's to ours, and putting it into a script of somebody else's. Text alone.

A block is quiet, and lets git go on unless the hook says no with status 4: where the program is missing, broken or too
old, nobody loses a commit. It stands right after the `#!` line, for whatever comes later may be an `exec`; what git
says on standard input is read, handed to us, and handed on.
"""

from typing import Final

from git_jit.marked import Marks, take_out

BEGIN: Final = b"# >>> git jit hooks >>>"
END: Final = b"# <<< git jit hooks <<<\n"
MARKS: Final = Marks(BEGIN, END[:-1])
SHEBANG: Final = b"#!/bin/sh\n"
SHELLS: Final = frozenset({"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh"})
"""Interpreters that understand a block."""
FEEDING: Final = frozenset({"pre-push", "pre-receive"})
"""Hooks to which git says something on standard input (githooks(5))."""
GATES: Final = frozenset({"pre-receive", "update"})
NOT_HERE: Final = "git jit is not on the PATH, so"
_READ: Final = "_jit_in=$(cat)\n"
_REPLAY: Final = """\
if [ -n "$_jit_in" ]; then exec <<_JIT_IN
$_jit_in
_JIT_IN
else exec </dev/null; fi
"""
_IDLE: Final = {"commit-msg": ' || { [ -z "${JIT_HOOK_PROBE-}" ] && ! grep -qi jit: "${1-}" 2>/dev/null; }'}
"""What tells without the program that it has nothing to do: most messages name no issue, and grep costs a tenth."""
_CLIENT: Final = """\
if [ "${{JIT_HOOKS-}}" = 0 ]{idle}; then :
elif ! command -v git-jit >/dev/null 2>&1; then echo "{missing} {name} checked nothing" >&2
else {feed}git-jit hook run {name} "$@"{quiet} || [ $? -ne 4 ] || exit 1; fi
"""
_SERVER: Final = """\
_jit=127
if command -v git-jit >/dev/null 2>&1; then {feed}git-jit hook run {name} "$@"{quiet} && _jit=0 || _jit=$?; fi
case $_jit:{said} in
0:*) ;;
4:*) exit 1 ;;
*refs/jit/* | *refs/heads/jit/*) echo "git jit cannot judge issues here (status $_jit): refused" >&2; exit 1 ;;
esac
"""


def script(name: str) -> str:
    """The lines that call a hook, as they stand in a script of their own."""
    feeds = name in FEEDING
    template = _SERVER if name in GATES else _CLIENT
    body = template.format(
        name=name,
        feed="printf '%s\\n' \"$_jit_in\" | " if feeds else "",
        quiet="" if feeds else " </dev/null",
        said='" $_jit_in"' if feeds else '" $1"',
        missing=NOT_HERE,
        idle=_IDLE.get(name, ""),
    )
    return f"{_READ}{body}{_REPLAY}" if feeds else body


def block(name: str) -> bytes:
    """The same, marked so that it can be found again."""
    return BEGIN + f" {name}: 'git jit hooks uninstall' takes these lines out\n".encode() + script(name).encode() + END


def line(name: str) -> str:
    """One line that does the same in a script of a hook manager, which feeds standard input by itself."""
    return f'git-jit hook run {name} "$@" || [ $? -ne 4 ]'


def command(name: str) -> str:
    """A command to which git appends `"$@"` (config hooks, git 2.54)."""
    test = "! command -v git-jit >/dev/null 2>&1"
    return (
        f'f() {{ [ "${{JIT_HOOKS-}}" = 0 ] && return; if {test}; then '
        f'echo "{NOT_HERE} {name} checked nothing" >&2; else {line(name)}; fi; }}; f'
    )


# --- in scripts -------------------------------------------------------------------------------------------


def is_shell(data: bytes) -> bool:
    """Whether a script is one that a block can stand in: its first line names a shell, and ends as lines do."""
    first = data.partition(b"\n")[0]
    if not first.startswith(b"#!") or first.endswith(b"\r"):
        return False
    words = [word for word in first[2:].decode("utf-8", "replace").split() if not word.startswith("-")]
    names = [word.rpartition("/")[2] for word in words]
    if names[:1] == ["env"]:
        names = [name for name in names[1:] if "=" not in name]
    return bool(names) and (names[0] in SHELLS or (names[0] == "busybox" and names[1:2] in (["sh"], ["ash"])))


def insert(data: bytes, name: str) -> bytes:
    """The script with the block after its first line. `remove` is the inverse, byte for byte."""
    first, newline, rest = data.partition(b"\n")
    if not newline:  # nothing but the first line, and that has no end: then the block has none either
        return first + b"\n" + block(name)[:-1]
    return first + newline + block(name) + rest


def remove(data: bytes) -> bytes:
    """The script without the block, wherever it stands now; as it is, if it has none."""
    return take_out(data, MARKS)


def has_block(data: bytes) -> bool:
    return BEGIN in data


def comes_first(data: bytes) -> bool:
    """Whether nothing can happen before the block."""
    return data.partition(b"\n")[2].startswith(BEGIN)


# --- in git's configuration -------------------------------------------------------------------------------


def settings(names: tuple[str, ...]) -> bytes:
    """The config hooks of git 2.54 and newer, as lines of a file of configuration."""
    lines = [BEGIN.decode(), *(line for name in names for line in _section(name))]
    return "\n".join(lines).encode() + b"\n" + END


def _section(name: str) -> list[str]:
    quoted = command(name).replace("\\", "\\\\").replace('"', '\\"')
    return [f'[hook "jit-{name}"]', f"\tevent = {name}", f'\tcommand = "{quoted}"']
