"""Whether remotes answer: what their circuit breakers remember, and, when somebody has time, the remotes themselves."""

import os
from collections.abc import Mapping, Sequence
from typing import Final

from git_jit.clone import Remote
from git_jit.errors import JitError
from git_jit.record import replace
from git_jit.store.configfile import Entries
from git_jit.store.layout import Layout
from git_jit.store.leftout import recall

STATES: Final = "jit/breakers.sqlite"
"""Where the states of breakers are kept; only where it exists is more loaded."""
FRESH_S: Final = 3600.0
"""A breaker that opened longer ago belongs to nobody: who uses one tries again every minute, and opens it anew."""


def with_breakers(layout: Layout, remotes: Sequence[Remote], now: float) -> tuple[Remote, ...]:
    """Each with the state of its breaker, as processes of this clone left it."""
    if not remotes or not os.path.exists(f"{layout.common_dir}/{STATES}"):
        return tuple(remotes)
    from git_jit.store.breaker import CLOSED, breaker_states

    states: dict[str, str] = {}
    for kept in breaker_states(layout.common_dir, clock=lambda: now):
        fresh = kept.opened_at is not None and abs(now - kept.opened_at) <= FRESH_S
        if kept.state == CLOSED or fresh:
            states[kept.name] = kept.state if fresh else states.get(kept.name, CLOSED)
    return tuple(replace(each, breaker=states.get(each.name)) for each in remotes)


def with_left_out(layout: Layout, remotes: Sequence[Remote]) -> tuple[Remote, ...]:
    """Each with what of it was left out when it was brought in."""
    noted = recall(layout.common_dir) if remotes else []
    named = {one.name: tuple((e.path, e.why) for e in noted if e.remote == one.name) for one in remotes}
    return tuple(replace(one, left_out=named[one.name]) if named[one.name] else one for one in remotes)


def with_answers(
    layout: Layout, environ: Mapping[str, str], config: Entries, remotes: Sequence[Remote], ref: str
) -> tuple[Remote, ...]:
    """Each asked for its issues now, within its time budget. Nothing is fetched."""
    from git_jit.store.remote import RemoteUnknown, named, probe

    found = []
    for each in remotes:
        try:
            probe(named(each.name, layout, environ, config), ref)
        except RemoteUnknown:
            found.append(each)  # half a remote: it has no address
        except JitError as error:
            found.append(replace(each, reachable=False, cause=error.message))
        else:
            found.append(replace(each, reachable=True))
    return tuple(found)
