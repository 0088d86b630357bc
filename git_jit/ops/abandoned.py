"""Runs of gates whose runner died: recorded by whoever looks next, and what they left running is ended."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from git_jit import canonical
from git_jit.errors import JitError
from git_jit.model import Caller, GateVerdict, Json, Message
from git_jit.ops.verdicts import parse
from git_jit.record import replace
from git_jit.store import Store, flights
from git_jit.store.pinned import discard

if TYPE_CHECKING:
    from git_jit.store.runs import Runs


def settle_abandoned(store: Store, caller: Callable[[], Caller]) -> list[str]:
    """Record runs whose runner died, and end what they left running. Says what was found."""
    runs = store.runs()
    if runs is None:
        return []
    told = []
    for note, flight in flights.abandoned(runs.directory):
        with flight:
            cookie = note.pop("cookie", None)
            note.pop("pid", None)
            ended = 0
            if isinstance(cookie, str) and cookie:
                from git_jit.runner import survivors

                ended = survivors.end_marked(cookie)
            _record_abandoned(runs, caller(), note, ended)
            told.append(f"a run of '{note.get('gate')}' was abandoned: its runner died; {ended} of its processes ended")
    return told


def _record_abandoned(runs: "Runs", caller: Caller, note: Mapping[str, Json], ended: int) -> None:
    began = parse(canonical.dumps(note))
    if began is None:
        return
    lost = replace(began, verdict=GateVerdict.ERROR, cause="abandoned: its runner died", leaked=ended)
    subject = f"gate-run: {lost.gate} abandoned"
    message = Message(op="gate-run", subject=subject, actor=caller.actor, request=f"{lost.run}.runs", at=caller.now)
    with suppress(JitError):
        runs.add([lost.stored()], message)
    discard(f"{runs.directory}/{lost.run}.json")
