"""Rules that look beyond the issue: requirements that the issues around it must credit, and how fresh its gates are."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache
from typing import Final

from git_jit import glob, patterns
from git_jit.model import MIN_PREFIX, Gate, GateStatus, GateVerdict, IssueId, State, Timestamp, short
from git_jit.query.times import days_before
from git_jit.query.values import pieces
from git_jit.rules import CHILDREN, Coverage, Gates
from git_jit.trust import definition_hash, stale_because
from git_jit.validate.issue_rules import TYPE
from git_jit.validate.rule_ground import Answer, Ground, Judge, Lack
from git_jit.validate.sections import items, section

FINISHED: Final = frozenset({State.DONE, State.ARCHIVED})
MAX_SHOWN: Final = 20
"""Ids that a line names."""
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_EMPHASIS: Final = " \t*_~`"


# --- coverage -------------------------------------------------------------------------------------------


def coverage(requires: Coverage, ground: Ground) -> Judge:
    """Every id in a section of the issue, or of its container, is the value of a label of some issue around that."""
    where = "below it" if requires.among == CHILDREN else "it waits for"
    state = "a finished issue" if requires.finished else "an issue"
    whose = f" of the issue that '{requires.container}:…' names" if requires.container else ""
    marked = f" marked '{requires.marker}'" if requires.marker else ""
    wanted = (
        f"for each id {requires.id_pattern}{marked} in section '{requires.section}'{whose}, "
        f"{state} {where} with the label '{requires.by}:<id>'"
    )

    def judge(id: IssueId) -> Answer:
        container = _container(requires, ground, id)
        if isinstance(container, Lack):
            return Answer(wanted=wanted, found="no such issue", lacks=(container,))
        ids = _ids(requires, ground, container)
        credit = _credit(requires, ground, container)
        lacks = tuple(_uncovered(requires, id, container, each) for each in ids if each not in credit)
        return Answer(wanted=wanted, found=_covered(ids, credit), lacks=lacks)

    return judge


def _container(requires: Coverage, ground: Ground, id: IssueId) -> IssueId | Lack:
    """The issue whose requirements are asked for."""
    if requires.container is None:
        return id
    prefix = f"{requires.container}:"
    named = [label[len(prefix) :] for label in ground.labels(id) if label.startswith(prefix)]
    hint = f"'git jit label add {short(id)} {prefix}ID' names it by the beginning of its id"
    if len(named) != 1:
        return Lack(
            f"has {len(named) or 'no'} label{'s' if named else ''} '{prefix}…', which must name one issue", hint
        )
    found = ground.starting_with(named[0]) if len(named[0]) >= MIN_PREFIX else ()
    if len(found) == 1:
        return found[0]
    return Lack(f"has the label '{prefix}{named[0]}', which names {'several issues' if found else 'no issue'}", hint)


def _ids(requires: Coverage, ground: Ground, container: IssueId) -> list[str]:
    return list(dict.fromkeys(required_ids(ground.content(container).description, requires)))


def required_ids(description: str, requires: Coverage) -> Iterator[str]:
    """The ids with which items of the section begin, after a box, a marker or emphasis."""
    for item in items(section(description, requires.section) or ()):
        if requires.marker is not None and requires.marker not in item:
            continue
        text = item.lstrip(_EMPHASIS)
        if requires.marker and text.startswith(requires.marker):
            text = text[len(requires.marker) :].lstrip(_EMPHASIS)
        word = _WORD.match(text)
        id = word[0].rstrip("._-") if word else ""
        if id and patterns.matches(requires.id_pattern, id):
            yield id


def _credit(requires: Coverage, ground: Ground, container: IssueId) -> dict[str, list[IssueId]]:
    """Each id that is credited, and by whom. What was rejected credits nothing."""
    prefix = f"{requires.by}:"
    found: dict[str, list[IssueId]] = {}
    for id in _around(requires, ground, container):
        state = ground.state(id)
        if state is State.REJECTED or (requires.finished and state not in FINISHED):
            continue
        for label in ground.labels(id):
            if label.startswith(prefix):
                found.setdefault(label[len(prefix) :], []).append(id)
    return found


def _around(requires: Coverage, ground: Ground, container: IssueId) -> Iterator[IssueId]:
    """The issues below, or those waited for, at any distance; nobody is looked for behind one that is left out."""
    following: Callable[[IssueId], Iterable[IssueId]] = (
        ground.children if requires.among == CHILDREN else ground.waits_for
    )
    left_out = {f"{TYPE}:{name}" for name in requires.without_types}
    seen, todo = {container}, [container]
    while todo:
        for other in following(todo.pop()):
            if other not in seen and ground.state(other) is not None and left_out.isdisjoint(ground.labels(other)):
                todo.append(other)
                yield other
            seen.add(other)


def _uncovered(requires: Coverage, id: IssueId, container: IssueId, required: str) -> Lack:
    where = "below" if requires.among == CHILDREN else "that is waited for by"
    of = "it" if id == container else f"'{short(container)}'"
    who = "no finished issue" if requires.finished else "no issue"
    label = f"{requires.by}:{required}"
    hint = f"'git jit label add ID {label}' on an issue {where} '{short(container)}' that fulfils it"
    return Lack(f"'{required}' of section '{requires.section}' is credited by {who} {where} {of}", hint)


def _covered(ids: list[str], credit: dict[str, list[IssueId]]) -> str:
    said = []
    for each in ids[:MAX_SHOWN]:
        by = [f"'{short(id)}'" for id in credit.get(each, ())]
        said.append(f"{each} by {', '.join(by[:MAX_SHOWN]) or 'nobody'}")
    more = len(ids) - MAX_SHOWN
    return ", ".join([*said, *([f"and {more} more"] if more > 0 else [])]) or "no id"


# --- gates ----------------------------------------------------------------------------------------------


def gates(requires: Gates, ground: Ground) -> Judge:
    """Gates that have passed did so recently enough."""
    fits = glob.compiled(pieces(requires.keys))
    moment = ground.moment
    known_tree = cache(moment.tree if moment and requires.code else lambda: None)  # a process, where it is asked at all
    oldest = (
        days_before(Timestamp(f"{moment.day}T00:00:00.000000Z"), requires.max_age_days)
        if (moment and requires.max_age_days)
        else None
    )
    ways = [
        *([f"in the last {requires.max_age_days} days"] if requires.max_age_days else []),
        *(["on the code that is checked out"] if requires.code else []),
        *(["under its present definition"] if requires.definition else []),
    ]
    hashes: dict[str, str] = {}

    def hashed(gate: Gate) -> str:
        if gate.key not in hashes:
            hashes[gate.key] = definition_hash(gate)
        return hashes[gate.key]

    wanted = f"each gate '{requires.keys}' that has passed did so {' and '.join(ways)}"

    def judge(id: IssueId) -> Answer:
        found, lacks = [], []
        for key, status in sorted(ground.content(id).gates.items()) if ground.has_passed(id) else ():
            if fits(key) and status.status is GateVerdict.PASSED:
                gate = ground.gates.get(key)
                found.append(f"'{key}' passed {status.at[:10] if status.at else 'at an unknown time'}")
                hint = _again(id, key, gate)
                changed = stale_because(status, gate, known_tree(), hashed)
                lacks += [Lack(said, hint) for said in _stale(requires, key, status, changed, oldest)]
        return Answer(wanted=wanted, found=", ".join(found) or "no gate that has passed", lacks=tuple(lacks))

    return judge


def _stale(
    requires: Gates, key: str, status: GateStatus, changed: Collection[str], oldest: Timestamp | None
) -> Iterator[str]:
    if oldest is not None and (status.at is None or status.at < oldest):
        when = f"on {status.at[:10]}" if status.at else "at an unknown time"
        yield f"the gate '{key}' passed {when}, not in the last {requires.max_age_days} days"
    if requires.code and "code" in changed:
        yield f"the gate '{key}' passed on other code than is checked out"
    if requires.definition and "definition" in changed:
        yield f"the gate '{key}' passed under another definition"


def _again(id: IssueId, key: str, gate: Gate | None) -> str:
    if gate is not None and gate.argv:
        return f"'git jit gate run {short(id)} {key}' runs it again"
    return f"'git jit gate pass {short(id)} {key}' says so again, once somebody has looked"
