"""What an issue refers to must be there: issues, gates, files of the code; and what belongs to an issue needs one."""

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from git_jit.model import GateVerdict, Issue, IssueId, LinkType, short
from git_jit.validate import mends
from git_jit.validate.catalogue import finding
from git_jit.validate.census import Census
from git_jit.validate.finding import Finding
from git_jit.validate.graph_rules import link_of, parents_of

Code: TypeAlias = Callable[[str, str | None], bool | None]
"""Whether a path exists in the code at a commit (None: what is checked out); None if that cannot be known."""
ReadIssue: TypeAlias = Callable[[IssueId], Issue | None]

_VERDICTS: Final = frozenset(GateVerdict)


def dependencies(census: Census) -> Iterator[Finding]:
    """One that is there and cannot be read is not missing: it has its own finding."""
    for id, targets in census.edges.items():
        for target in targets:
            if not census.has(target):
                summary = f"set aside the edge to '{short(target)}'"
                fix = mends.set_aside_dependency(target, kind="dependency_set_aside", summary=summary)
                hint = f"'git jit issue restore {short(target)}' brings it back if it was deleted"
                yield finding("dependency_missing", id, f"waits for '{short(target)}', which is not here", hint, fix)


def links(census: Census) -> Iterator[Finding]:
    for id, listed in census.links.items():
        for link in map(link_of, listed):
            if not census.has(link.target):
                summary = f"set aside the link '{link.type}' to '{short(link.target)}'"
                fix = mends.set_aside_link(link, kind="link_set_aside", summary=summary)
                hint = f"'git jit issue restore {short(link.target)}' brings it back if it was deleted"
                message = f"has a link '{link.type}' to '{short(link.target)}', which is not here"
                yield finding("link_missing", id, message, hint, fix)


def parents(census: Census) -> Iterator[Finding]:
    for id, targets in parents_of(census).items():
        if len(targets) > 1:
            listed = ", ".join(f"'{short(target)}'" for target in targets)
            hint = f"keep one of them: 'git jit update {short(id)} --{LinkType.PARENT} ID'"
            yield finding("parent_twice", id, f"has {len(targets)} parents: {listed}", hint)


def gates(census: Census) -> Iterator[Finding]:
    """No fix: taking a requirement away would weaken the gate."""
    for id, members in census.gates.items():
        for key, _ in required_gates(members):
            if key not in census.definitions:
                yield finding("gate_missing", id, f"requires the gate '{key}', which is not defined")


def required_gates(members: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Each required key with its verdict: the index lists `key` and `key=verdict` side by side."""
    for member in members:
        key, equals, verdict = member.rpartition("=")
        if equals and key in members and verdict in _VERDICTS:
            yield key, verdict


def documents(census: Census, code: Code, read: ReadIssue) -> Iterator[Finding]:
    """The index knows paths and not at which commit; only issues with a path that is not in the code now are read."""
    for id, paths in census.documents.items():
        if any(code(path, None) is False for path in paths) and (issue := read(id)):
            for document in issue.documents:
                if code(document.path, document.commit) is False:
                    where = f"at commit '{document.commit[:10]}'" if document.commit else "in the code"
                    said = f"names '{document.path}', which is not {where}"
                    yield finding("document_missing", id, said, f"'git jit doc check {short(id)}' says where it went")


def comments(census: Census) -> Iterator[Finding]:
    for id, count in sorted(census.commented.items()):
        if not census.has(id):
            what = "a comment lies" if count == 1 else f"{count} comments lie"
            hint = f"'git jit issue restore {short(id)}' brings the issue back if it was deleted"
            yield finding("comment_orphaned", id, f"{what} here, but there is no such issue", hint)
