"""The grammar of paths in the tree of the issues ref: what a path means, and where a thing lies."""

from typing import Final, NamedTuple

from git_jit.model import CommentId, GateKey, IssueId
from git_jit.reader import is_id

CONFIG: Final = "config.json"
RUNS: Final = "refs/jit/runs"
"""The reference with the records of gate runs: apart, so that they are never in the way of a review."""
CLAIMS: Final = "refs/jit/claims"
"""The reference with the leases, which change far more often than the issues."""
AREAS: Final = ("comments", "gates", "issues")
"""Directories in which every file has a meaning. What lies elsewhere is nobody's business here."""
MISPLACED: Final = "is not where the tracker keeps anything"


def issue_path(id: IssueId) -> str:
    """Where an issue lies in the tree: two hex digits of fan-out keep a commit cheap at any size."""
    return f"issues/{id[:2]}/{id}.json"


def comment_path(issue: IssueId, comment: str) -> str:
    return f"comments/{issue[:2]}/{issue}/{comment}.json"


def gate_path(key: GateKey) -> str:
    return f"gates/{key}.json"


class Place(NamedTuple):
    """What a path says about its blob: of the three names, the ones that apply are set."""

    area: str
    """One of `AREAS`, `config`, or empty: ignored."""
    issue: IssueId | None = None
    comment: CommentId | None = None
    gate: GateKey | None = None

    @property
    def odd(self) -> bool:
        """In an area, but not where anything of ours would be."""
        return self.area in AREAS and self.issue is None and self.gate is None


def place_of(path: str) -> Place:
    if path == CONFIG:
        return Place("config")
    area, _, rest = path.partition("/")
    if area not in AREAS:
        return Place("")
    if not path.isascii() and shown(path) != path:
        return Place(area)
    name = rest.rpartition("/")[2].removesuffix(".json")
    match area:
        case "issues":
            return (
                Place(area, issue=IssueId(name)) if is_id(name) and path == issue_path(IssueId(name)) else Place(area)
            )
        case "comments":
            issue = IssueId(rest[3:35])
            fits = is_id(issue) and name and path == comment_path(issue, name)
            return Place(area, issue=issue, comment=CommentId(name)) if fits else Place(area)
        case _:
            return Place(area, gate=GateKey(name)) if name and path == f"gates/{name}.json" else Place(area)


def shown(path: str) -> str:
    """`path` as text that every encoder takes: bytes that are not UTF-8 are spelled out."""
    return path.encode("utf-8", "backslashreplace").decode()
