"""What the graph of dependencies and parents must be: without circles, and without edges that say nothing."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from git_jit import graph
from git_jit.model import IssueId, Link, LinkType, short
from git_jit.validate import mends
from git_jit.validate.catalogue import finding
from git_jit.validate.census import Census
from git_jit.validate.cycles import cycles
from git_jit.validate.finding import Finding

Edges: TypeAlias = Mapping[IssueId, tuple[IssueId, ...]]


def self_references(census: Census) -> Iterator[Finding]:
    for id, targets in census.edges.items():
        if id in targets:
            fix = mends.drop_dependency(id, kind="self_reference_removed", summary="remove the dependency on itself")
            yield finding(
                "self_reference", id, "waits for itself", f"'git jit dep rm {short(id)} --on {short(id)}'", fix
            )
    for id, links in census.links.items():
        for link in map(link_of, links):
            if link.target == id:
                summary = f"remove the link '{link.type}' to itself"
                fix = mends.drop_link(link, kind="self_reference_removed", summary=summary)
                yield finding("self_reference", id, f"has a link '{link.type}' to itself", fix=fix)


def dependency_cycles(census: Census) -> Iterator[Finding]:
    """Issues that wait for each other. The fix takes the edge of the issue that was created last."""
    for path in cycles(_without_loops(census.edges), _age(census)):
        source, target, *_ = path
        fix = mends.set_aside_dependency(target, kind="cycle_opened", summary=_summary("edge", source, target))
        hint = f"'git jit dep rm {short(source)} --on {short(target)}' opens it; so does removing any other edge of it"
        yield finding("cycle", source, f"wait for each other: {_arrows(path)}", hint, fix)


def parent_cycles(census: Census) -> Iterator[Finding]:
    """Issues that are parts of each other. The fix takes the link of the issue that was created last."""
    for path in cycles(_without_loops(parents_of(census)), _age(census)):
        source, target, *_ = path
        link = Link(LinkType.PARENT, target)
        fix = mends.set_aside_link(link, kind="parent_cycle_opened", summary=_summary("parent link", source, target))
        hint = f"'git jit update {short(source)} --parent none' opens it"
        yield finding("parent_cycle", source, f"are parts of each other: {_arrows(path)}", hint, fix)


def redundant_dependencies(census: Census) -> Iterator[Finding]:
    """Edges of open issues whose target is waited for in another way, through open issues only: through one that is
    finished nothing is waited for. Issues on a circle, and those that wait for one, are judged when it is open.
    """
    open_ = {id: targets for id, targets in census.edges.items() if not census.states[id].terminal}
    for id, target in graph.redundant(graph.sound(_without_loops(open_))):
        summary = f"remove the edge to '{short(target)}'"
        fix = mends.drop_dependency(target, kind="redundant_removed", summary=summary)
        hint = f"'git jit dep rm {short(id)} --on {short(target)}' changes nothing that it waits for"
        yield finding("redundant_dependency", id, f"waits for '{short(target)}' through others as well", hint, fix)


def parents_of(census: Census) -> dict[IssueId, tuple[IssueId, ...]]:
    """Each issue that has parents, with them. Asked for often, so links of other types are not taken apart."""
    begin = f"{LinkType.PARENT}:"
    parents = {
        id: tuple(IssueId(text[len(begin) :]) for text in links if text.startswith(begin) and text.count(":") == 1)
        for id, links in census.links.items()
    }
    return {id: targets for id, targets in parents.items() if targets}


def link_of(text: str) -> Link:
    """The link that the index spells as `type:target`; a target of a link is an id and holds no colon."""
    type_, _, target = text.rpartition(":")
    return Link(type_, target)


def _without_loops(edges: Edges) -> dict[IssueId, tuple[IssueId, ...]]:
    return {id: tuple(t for t in targets if t != id) if id in targets else targets for id, targets in edges.items()}


def _age(census: Census) -> Callable[[IssueId], tuple[str, IssueId]]:
    """By time of creation, and by id where that is equal or not known."""
    return lambda issue: (census.created.get(issue, ""), issue)


def _summary(what: str, source: IssueId, target: IssueId) -> str:
    return f"set aside the {what} from '{short(source)}', created last in the circle, to '{short(target)}'"


def _arrows(path: Iterable[str]) -> str:
    return " -> ".join(map(short, path))
