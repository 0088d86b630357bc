"""Every rule across issues, asked at once."""

from collections.abc import Iterable, Iterator

from git_jit.validate import graph_rules, reference_rules, repository_rules
from git_jit.validate.catalogue import weigh
from git_jit.validate.census import Census
from git_jit.validate.finding import Finding
from git_jit.validate.reference_rules import Code, ReadIssue

__all__ = ["Code", "ReadIssue", "check_census"]


def check_census(census: Census, *, code: Code | None = None, read: ReadIssue | None = None) -> list[Finding]:
    """What is wrong between issues, weighed by the rules of the repository, in order of rule and subject.

    Whether files of the code are there is asked only with both `code` and `read`, which gives one issue whole.
    """
    found: list[Finding] = []
    for findings in _all(census, code, read):
        found += findings
    return weigh(found, census.config)


def _all(census: Census, code: Code | None, read: ReadIssue | None) -> Iterator[Iterable[Finding]]:
    yield graph_rules.self_references(census)
    yield graph_rules.dependency_cycles(census)
    yield graph_rules.parent_cycles(census)
    yield graph_rules.redundant_dependencies(census)
    yield reference_rules.dependencies(census)
    yield reference_rules.links(census)
    yield reference_rules.parents(census)
    yield reference_rules.gates(census)
    if code is not None and read is not None:
        yield reference_rules.documents(census, code, read)
    yield reference_rules.comments(census)
    yield repository_rules.hierarchy(census)
    yield repository_rules.orphans(census)
    yield repository_rules.states(census)
    yield repository_rules.verdicts(census)
