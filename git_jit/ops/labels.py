"""Use cases of labels: `namespace:value` on issues, and what there is of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from git_jit.config import Namespace
from git_jit.model import Caller, Oid
from git_jit.ops.report import Report
from git_jit.store import Store
from git_jit.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceUse:
    """One namespace, its rule if the repository declares one, and how many issues have each value."""

    name: str
    rule: Namespace | None
    values: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.values.values())


def add(
    store: Store, caller: Caller, ids: Sequence[str], labels: Sequence[str], *, if_version: Oid | None = None
) -> Report:
    raise NotImplementedError


def remove(
    store: Store, caller: Caller, ids: Sequence[str], labels: Sequence[str], *, if_version: Oid | None = None
) -> Report:
    raise NotImplementedError


def rename(store: Store, caller: Caller, old: str, new: str, *, dry_run: bool = False) -> Report:
    """On every issue, finished ones too: `ui:old` to `ui:new`, or a whole namespace, `ui:*` to `area:*`."""
    raise NotImplementedError


def namespaces(view: View) -> tuple[NamespaceUse, ...]:
    """Every namespace that is declared or used, in order of name; values in order of name."""
    raise NotImplementedError
