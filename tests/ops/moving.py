"""Short words for imports: run one against a fresh store, look at what came of it."""

from collections.abc import Mapping
from typing import Any

from git_jit.model import Issue
from git_jit.ops.imports import ImportReport, import_issues, read
from tests.ops.world import World


def bring(world: World, source: str, data: bytes | str, **options: Any) -> ImportReport:
    """Import the text of a file that is called `in`."""
    raw = data if isinstance(data, bytes) else data.encode()
    parsed = read(source, "in", data=raw, with_tombstones=options.pop("with_tombstones", False))
    return import_issues(world.store, world.caller(), parsed, **options)


def bring_path(world: World, source: str, path: object, **options: Any) -> ImportReport:
    parsed = read(source, str(path), with_tombstones=options.pop("with_tombstones", False))
    return import_issues(world.store, world.caller(), parsed, **options)


def counts(report: ImportReport) -> Mapping[str, int]:
    """How often each rule applied."""
    return {rule: tally.count for rule, tally in report.remarks.tallies().items()}


def by_origin(world: World, system: str) -> dict[str, Issue]:
    """Every issue that came from `system`, by its id there."""
    with world.store.view() as view:
        found = [view.issue(id) for id in view.ids()]
    return {issue.external[system]: issue for issue in found if issue and system in issue.external}


def numbers(report: ImportReport) -> tuple[int, int, int]:
    """Created, updated, unchanged."""
    return len(report.created), len(report.updated), len(report.unchanged)
