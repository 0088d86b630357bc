"""The words that trackers use for states and priorities, for sources that fix no list of their own."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from git_jit.model import Priority, State
from git_jit.ops.imports import clean
from git_jit.ops.imports.raw import Raw


class Standing(NamedTuple):
    """A state, whether it follows from blockers instead, and a label that keeps a word we do not know."""

    state: State
    open: bool
    labels: tuple[str, ...] = ()


OPEN: Final = Standing(State.BACKLOG, open=True)

STATES: Final[Mapping[str, State | None]] = {
    **{state.value: state for state in State},
    **dict.fromkeys(("", "open", "opened", "reopened", "new", "todo", "to_do", "triage", "blocked"), None),
    **dict.fromkeys(("draft", "deferred", "later", "icebox"), State.BACKLOG),
    **dict.fromkeys(("doing", "started", "wip", "active"), State.IN_PROGRESS),
    **dict.fromkeys(("review", "in_review", "testing"), State.GATED),
    **dict.fromkeys(("closed", "completed", "complete", "resolved", "fixed", "finished", "merged"), State.DONE),
    **dict.fromkeys(
        ("wont_do", "wontfix", "wont_fix", "cancelled", "canceled", "invalid", "duplicate"), State.REJECTED
    ),
}
"""By word in lower case, with `_` for what stands between. None: open work."""

PRIORITIES: Final[Mapping[str, Priority]] = {
    **{priority.value: priority for priority in Priority},
    **dict.fromkeys(("", "medium", "p2", "2", "none"), Priority.NORMAL),
    **dict.fromkeys(("urgent", "highest", "blocker", "p0", "0"), Priority.CRITICAL),
    **dict.fromkeys(("major", "p1", "1"), Priority.HIGH),
    **dict.fromkeys(("minor", "trivial", "lowest", "p3", "3"), Priority.LOW),
}
"""By word in lower case. Numbers as in beads: 0 is the most urgent."""


def standing(raw: Raw, key: str) -> Standing:
    """The state that the word under `key` means; an unknown one is kept as a `status:` label."""
    said = raw.string(key) or ""
    word = "_".join(said.lower().replace("'", "").replace("’", "").replace("-", " ").replace("_", " ").split())
    if word in STATES:
        state = STATES[word]
        return Standing(state, open=False) if state else OPEN
    label = clean.label(f"status:{said}", lambda *_: None)
    raw.note("unknown-state", f"'{said}' to {label or 'open work'}")
    return Standing(State.BACKLOG, open=True, labels=(label,) if label else ())


def priority(raw: Raw, key: str) -> Priority:
    """The priority that the word or number under `key` means; an unknown one is `normal`, and kept."""
    said = raw.string(key) or ""
    word = said.strip().lower()
    if word not in PRIORITIES:
        below = word in {"4", "p4"}
        raw.keep(key, said, "unknown-priority")
        return Priority.LOW if below else Priority.NORMAL
    return PRIORITIES[word]
