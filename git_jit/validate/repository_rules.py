"""What the configuration and the workflow ask of issues together: the hierarchy of types, and states that fit."""

from collections.abc import Collection, Iterator, Sequence

from git_jit import facts
from git_jit.config import Config
from git_jit.model import WORKING, GateVerdict, IssueId, State, short
from git_jit.validate import mends
from git_jit.validate.catalogue import finding
from git_jit.validate.census import Census
from git_jit.validate.finding import Finding
from git_jit.validate.graph_rules import parents_of
from git_jit.validate.issue_rules import TYPE
from git_jit.validate.reference_rules import required_gates


def hierarchy(census: Census) -> Iterator[Finding]:
    """A parent must be more strategic than its child. Types without a level have a finding of their own."""
    if not census.config.types:
        return
    for id, parents in parents_of(census).items():
        own = _types(census, id)
        for parent in parents:
            for type_, level in own.items():
                above = _types(census, parent)
                if above and min(above.values()) >= level:
                    higher = min(above, key=lambda name: above[name])
                    what = f"is of type '{type_}', but its parent '{short(parent)}' is of type '{higher}'"
                    hint = f"'git jit update {short(id)} --parent none' takes it out, another id puts it elsewhere"
                    yield finding("type_hierarchy", id, what, hint)


def orphans(census: Census) -> Iterator[Finding]:
    """Open issues of the lowest types that nothing more strategic counts; only where the types have levels."""
    config, parents = census.config, parents_of(census)
    if len(set(config.types.values())) < 2:
        return
    for id, state in census.states.items():
        if not state.terminal:
            for type_ in belongs_to_nothing(config, census.labels.get(id, ()), parents.get(id, ())):
                hint = (
                    f"'git jit update {short(id)} --parent ID' or "
                    f"'git jit label add {short(id)} {belonging(config)[0]}…'"
                )
                yield finding("orphan_leaf", id, f"is of type '{type_}' and belongs to nothing", hint)


def belongs_to_nothing(config: Config, labels: Sequence[str], parents: Collection[IssueId]) -> list[str]:
    """The types by which an issue is of the lowest level, if nothing counts it; only where the types have levels."""
    levels = config.types
    if len(set(levels.values())) < 2 or parents or any(label.startswith(belonging(config)) for label in labels):
        return []
    lowest, prefix = max(levels.values()), f"{TYPE}:"
    names = (label[len(prefix) :] for label in labels if label.startswith(prefix))
    return [name for name in names if levels.get(name) == lowest]


def belonging(config: Config) -> tuple[str, ...]:
    """How labels begin by which an issue belongs to something."""
    return tuple(f"{namespace}:" for namespace in facts.memberships(config))


def _types(census: Census, id: IssueId) -> dict[str, int]:
    """The types of an issue that have a level, with it."""
    levels = census.config.types
    prefix = f"{TYPE}:"
    names = (label[len(prefix) :] for label in census.labels.get(id, ()) if label.startswith(prefix))
    return {name: levels[name] for name in names if name in levels}


def states(census: Census) -> Iterator[Finding]:
    """States that do not fit what an issue waits for. An unreadable blocker counts as open."""
    for id, targets in census.edges.items():
        if not targets:
            continue
        open_ = [target for target in targets if not _finished(census, target)]
        if not open_:
            continue
        state, waits = census.states[id], f"waits for '{short(open_[0])}'"
        hint = f"'git jit dep why {short(id)}' shows what to do first"
        if state is State.READY:
            yield finding("ready_but_blocked", id, f"is ready, but {waits}", hint, mends.demote())
        elif state in WORKING:
            yield finding("in_progress_but_blocked", id, f"is {state}, but {waits}", hint)
        elif state is State.DONE:
            yield finding("done_but_blocked", id, f"is done, but {waits}", _when_done(id))


def verdicts(census: Census) -> Iterator[Finding]:
    """Issues that are done without a gate they require. It may have been overruled, so nothing is undone."""
    for id, members in census.gates.items():
        if census.states[id] is State.DONE:
            for key, verdict in required_gates(members):
                if verdict != GateVerdict.PASSED:
                    message = f"is done, but the gate '{key}' is {verdict}"
                    yield finding("done_but_gates_open", id, message, _when_done(id))


def _finished(census: Census, id: IssueId) -> bool:
    state = census.states.get(id)
    return state is not None and state.terminal


def _when_done(id: IssueId) -> str:
    return (
        f"'git jit issue history {short(id)}' says who decided so, 'git jit issue reopen {short(id)}' takes it up again"
    )
