"""The one way an issue changes: a `Patch` says what was asked, `change` applies it under every rule.

Single updates, bulk, plans, labels and dependencies all go through `change`, so they cannot differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Literal, TypeAlias

from git_jit.model import Actor, Date, Document, Json, Link, Priority
from git_jit.workflow import Verb


class Leave(Enum):
    """The value of a field that a patch leaves alone; None already means "none"."""

    LEAVE = "leave"


LEAVE: Final = Leave.LEAVE
Left: TypeAlias = Literal[Leave.LEAVE]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """What was asked of an issue. A field that is not given is left alone.

    Ids are text as the user typed it (any unique prefix); `change` resolves them in the view it works on.
    """

    title: str | Left = LEAVE
    description: str | Left = LEAVE
    state: Verb | Left = LEAVE
    priority: Priority | Left = LEAVE
    assignee: Actor | Left | None = LEAVE
    due: Date | Left | None = LEAVE
    defer_until: Date | Left | None = LEAVE
    estimate: int | Left | None = LEAVE
    """Minutes."""
    labels: tuple[str, ...] | Left = LEAVE
    """The whole set; `add_labels` and `remove_labels` apply after it."""
    add_labels: tuple[str, ...] = ()
    remove_labels: tuple[str, ...] = ()
    set_labels: Mapping[str, str | None] = field(default_factory=dict)
    """Namespace to the one value it shall have (`type`, `epic`, `milestone`); None takes the namespace away."""
    dependencies: tuple[str, ...] | Left = LEAVE
    """The whole set; added and removed ones apply after it."""
    add_dependencies: tuple[str, ...] = ()
    remove_dependencies: tuple[str, ...] = ()
    parent: str | Left | None = LEAVE
    """Replaces every link of type `parent`."""
    add_links: tuple[Link, ...] = ()
    remove_links: tuple[Link, ...] = ()
    add_gates: tuple[str, ...] = ()
    remove_gates: tuple[str, ...] = ()
    add_documents: tuple[Document, ...] = ()
    remove_documents: tuple[str, ...] = ()
    """Paths."""
    context: Mapping[str, str | None] = field(default_factory=dict)
    """None removes the key; the same in `fields` and `external`, where LEAVE stands for removal of null."""
    fields: Mapping[str, Json] = field(default_factory=dict)
    remove_fields: tuple[str, ...] = ()
    external: Mapping[str, str | None] = field(default_factory=dict)
