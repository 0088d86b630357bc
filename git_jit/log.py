"""The log, as the rest of the program sees it: `log.info("publish", commit=oid)`. Off unless somebody asked for it.

While it is off an event costs a call and a comparison, and nothing is imported; once it is on, `logfile` does the work.
An event is a fact with a name and values; who reads logs finds the names in `docs/reference/logs.md`. Whatever goes
wrong with a log (no space, no permission), the command does not notice.
"""

import sys
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any, Final, Literal, NamedTuple, Protocol, TextIO

Level = Literal["debug", "info", "warning", "error"]
LEVELS: Final[tuple[Level, ...]] = ("debug", "info", "warning", "error")
OFF: Final = "off"
VARIABLE: Final = "JIT_LOG"
SETTING: Final = "jit.log"


class Sink(Protocol):
    """Where events go once the log is on. `write` and `close` never raise."""

    def write(
        self, level: Level, event: str, ms: float | None, code: str | None, attrs: Mapping[str, object]
    ) -> None: ...

    def close(self) -> None: ...


class Command(NamedTuple):
    """What the records of one command have in common. What costs something is asked for only when there is a log."""

    name: Callable[[], str]
    """Its verbs, never its values."""
    request: Callable[[], str]
    """The correlation id."""
    directory: Callable[[], str]
    """Where this clone keeps its log; may raise."""
    version: str
    environ: Mapping[str, str]
    stderr: TextIO
    complain: Callable[[str], None]
    """Told when a value of `JIT_LOG` or `jit.log` cannot be understood."""
    sink: Callable[[Any, str, str | None], Sink | None]
    """`logfile.open_sink`, imported when it is called. Any is a `Command`: a type in quotes would be compiled at every
    start, which takes a tenth of a short command.
    """


class _State(NamedTuple):
    command: Command | None
    begun: float
    sink: Sink | None
    open: bool
    """Whether the git setting may still switch it on."""


_IDLE: Final = _State(None, 0.0, None, open=False)
_state = _IDLE


def begin(command: Command, *, level: str | None = None) -> _State:
    """A command starts. `level` is what `--log-level` says; else `JIT_LOG` decides, else the setting. For `end`."""
    global _state  # noqa: PLW0603 — one process, one log; passing it through every function would be worse
    before, said = _state, command.environ.get(VARIABLE)
    _state = _State(command, monotonic(), None, open=level is None and not said)
    if level is not None or said:
        _open(said or "", level)
    return before


def setting(value: str | None) -> None:
    """The repository's configuration is read: `value` of `jit.log` decides where nothing else has."""
    global _state  # noqa: PLW0603
    if _state.open:
        _state = _state._replace(open=False)
        if value:
            _open(value, None)


def end(before: _State, status: int) -> None:
    """The command is over; what was before it goes on."""
    global _state  # noqa: PLW0603
    if _state.sink is not None:
        info("command.end", ms=since(_state.begun), status=status)
        _state.sink.close()
    _state = before


def debug(event: str, *, ms: float | None = None, code: str | None = None, **attrs: object) -> None:
    """What only somebody who looks for something wants to know: each git process, each wait."""
    if _state.sink is not None:
        _state.sink.write("debug", event, ms, code, attrs)


def info(event: str, *, ms: float | None = None, code: str | None = None, **attrs: object) -> None:
    """What happened: a command, a commit, a new index."""
    if _state.sink is not None:
        _state.sink.write("info", event, ms, code, attrs)


def warning(event: str, *, ms: float | None = None, code: str | None = None, **attrs: object) -> None:
    """What went well in the end, but not at once: a lost race, a lock that had to be healed."""
    if _state.sink is not None:
        _state.sink.write("warning", event, ms, code, attrs)


def error(event: str, *, ms: float | None = None, code: str | None = None, **attrs: object) -> None:
    """What went wrong."""
    if _state.sink is not None:
        _state.sink.write("error", event, ms, code, attrs)


def since(begun: float) -> float:
    """Milliseconds since `begun`, a value of `time.monotonic`."""
    return (monotonic() - begun) * 1000


def _open(said: str, level: str | None) -> None:
    global _state  # noqa: PLW0603
    assert _state.command is not None, "a command has begun"
    sink = _state.command.sink(_state.command, said, level)
    _state = _state._replace(sink=sink)
    info("command.start", ms=since(_state.begun), python=sys.version.split()[0], platform=sys.platform)
