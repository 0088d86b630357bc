"""All findings with the fixes that can be made, and making them until nothing is fixable. In memory."""

from collections.abc import Callable, Collection, Container, Mapping
from typing import TypeAlias

from git_jit.record import field, record
from git_jit.validate.census_rules import Code
from git_jit.validate.finding import Finding
from git_jit.view import View

LastGood: TypeAlias = Callable[[str], bytes | None]
"""The newest version of the document at a path, before this one, that could be read; None if history has none."""


@record(kw_only=True)
class Documents:
    """The blobs of a tree, judged one by one."""

    paths: Collection[str]
    """Every path of the tree."""
    findings: Mapping[str, tuple[Finding, ...]]
    """What `check_document` said, by path, where it said anything. A complete mapping: what is not in it is sound."""
    read: Callable[[str], bytes | None]
    """The blob at a path of the tree; None if its object is missing or damaged."""


@record(kw_only=True)
class Repaired:
    """What repair would write, and what it leaves."""

    edits: Mapping[str, bytes | None] = field(default_factory=dict)
    """Whole blobs by path, as `Plan.raw` takes them; None deletes."""
    applied: Mapping[str, int] = field(default_factory=dict)
    """How many fixes of each kind."""
    done: tuple[Finding, ...] = ()
    """The findings whose fix was made, in the order of making."""
    left: tuple[Finding, ...] = ()
    """What is still wrong afterwards. None of it has a fix that repair may make (see `only`)."""
    notes: tuple[str, ...] = ()
    """One-line remarks for the user."""


def check(
    view: View, documents: Documents, *, code: Code | None = None, last_good: LastGood | None = None
) -> tuple[Finding, ...]:
    """Everything that is wrong, with the fixes that can really be made. The first half of `repair`."""
    raise NotImplementedError


def repair(
    view: View,
    documents: Documents,
    *,
    code: Code | None = None,
    last_good: LastGood | None = None,
    only: Container[str] | None = None,
) -> Repaired:
    """Mend until nothing is fixable. `only` names the codes of findings to mend; None is all."""
    raise NotImplementedError
