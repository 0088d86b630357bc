"""All findings with the fixes that can be made, and making them until nothing is fixable. In memory."""

from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from git_jit import codec
from git_jit.canonical import Malformed
from git_jit.codec import SchemaNewer
from git_jit.config import Config, ConfigInvalid
from git_jit.model import Gate, GateKey, Issue, IssueId
from git_jit.paths import CONFIG, Place, issue_path, place_of
from git_jit.record import field, record, replace
from git_jit.validate.catalogue import CATALOGUE, weigh
from git_jit.validate.census import census_of, commented_in
from git_jit.validate.census_rules import Code, check_census
from git_jit.validate.document_rules import check_document, is_read
from git_jit.validate.finding import Finding, Fix
from git_jit.validate.kinds import DOCUMENTS, GRAPH, REFERENCES
from git_jit.view import View

if TYPE_CHECKING:
    from git_jit.validate.rule_ground import Content, Moment

LastGood: TypeAlias = Callable[[str], bytes | None]
"""The newest version of the document at a path, before this one, that could be read; None if history has none."""

MAX_ROUNDS: Final = 100
"""Each round makes at least one fix that was never made before, and all that do not touch the same document; ten
kinds of fixes in four phases need forty rounds at worst. A bound, in case two rules ever disagree.
"""
RESTORABLE: Final = frozenset({"unreadable", "id_mismatch"})
"""Codes of documents of which an earlier version helps. What a newer program wrote is not replaced."""


@record(kw_only=True)
class Documents:
    """The blobs of a tree, judged one by one."""

    paths: Collection[str]
    """Every path of the tree."""
    findings: Mapping[str, tuple[Finding, ...]]
    """What `check_document` said, by path, where it said anything. A complete mapping: what is not in it is sound."""
    read: Callable[[str], bytes | None]
    """The blob at a path of the tree; None if its object is missing or damaged."""
    read_many: Callable[[Sequence[str]], Iterable[bytes | None]] | None = None
    """The same for many at a time, in that order, where that is faster."""


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
    """What is still wrong afterwards. With `only` None, none of it has a fix that repair could make."""
    notes: tuple[str, ...] = ()
    """One-line remarks for the user."""


def check(
    view: View,
    documents: Documents,
    *,
    code: Code | None = None,
    last_good: LastGood | None = None,
    moment: "Moment | None" = None,
) -> tuple[Finding, ...]:
    """Everything that is wrong, with the fixes that can really be made. The first half of `repair`.

    Without a `moment`, rules that depend on more than the tree are not asked.
    """
    tree = _Tree(view, documents, code, last_good)
    return (*tree.findings(), *tree.broken_rules(moment))


def repair(
    view: View,
    documents: Documents,
    *,
    code: Code | None = None,
    last_good: LastGood | None = None,
    only: Container[str] | None = None,
    moment: "Moment | None" = None,
) -> Repaired:
    """Mend until nothing is fixable. `only` names the codes of findings to mend; None is all.

    Mends first what lets documents be read, then the graph, then references, then states, and each time judges
    anew what was touched. An issue that could be read still can, and what is mended once is mended for good:
    repairing the result plans nothing.
    """
    tree = _Tree(view, documents, code, last_good)
    done: list[Finding] = []
    made: set[tuple[str, str, str]] = set()
    for _ in range(MAX_ROUNDS):
        left = tree.findings()
        fresh = (each for each in left if _name(each) not in made and (only is None or each.code in only))
        chosen = _next(tree, fresh)
        if not chosen:
            break
        made.update(map(_name, chosen))
        done += tree.apply(chosen)
    else:
        left = tree.findings()
    left = (*left, *tree.broken_rules(moment))  # last, because none of them has a fix
    applied = Counter(each.fix.kind for each in done if each.fix)
    return Repaired(
        edits=tree.changes(), applied=dict(sorted(applied.items())), done=tuple(done), left=left, notes=_notes(done)
    )


def _name(each: Finding) -> tuple[str, str, str]:
    return (each.code, each.subject, each.message)


def _phase(code: str) -> int:
    """What is found later may be a consequence of what is mended earlier."""
    return next((phase for phase, kinds in enumerate((DOCUMENTS, GRAPH, REFERENCES)) if code in kinds), 3)


_RANK: Final = {code: rank for rank, code in enumerate(CATALOGUE)}


def _next(tree: "_Tree", findings: Iterable[Finding]) -> list[Finding]:
    """The fixes to make now: those of the first phase that has any, and of them one kind for each path."""
    fixable = [each for each in findings if tree.paths_of(each)]
    first = min((_phase(each.code) for each in fixable), default=None)
    chosen: list[Finding] = []
    taken: dict[str, str] = {}
    for each in sorted(fixable, key=lambda each: _RANK[each.code]):
        fix = each.fix
        if fix is None or _phase(each.code) != first:
            continue
        paths = tree.paths_of(each)
        kinds = {taken.get(path) for path in paths} - {None}
        if not kinds or (fix.change is not None and kinds == {fix.kind}):
            taken.update(dict.fromkeys(paths, fix.kind))
            chosen.append(each)
    return chosen


def _notes(done: Iterable[Finding]) -> tuple[str, ...]:
    restored = sorted(each.subject for each in done if each.fix and each.fix.kind == "restored_from_history")
    return tuple(f"'{path}' is as it last could be read; what was changed after that is not in it" for path in restored)


class _Tree:
    """The documents with some of them mended, and what is wrong with them now."""

    def __init__(self, view: View, documents: Documents, code: Code | None, last_good: LastGood | None) -> None:
        self._view = view
        self._documents = documents
        self._code = code
        self._last_good = last_good
        self._edits: dict[str, bytes | None] = {}
        self._paths = set(documents.paths)
        self._own = {path: tuple(found) for path, found in documents.findings.items() if found}
        self._restorable: dict[str, bytes | None] = {}
        census = census_of(view, documents.paths)
        self._census = replace(census, unreadable=census.unreadable | self._unreadable())

    # --- what is wrong ---

    def findings(self) -> tuple[Finding, ...]:
        own = tuple(self._documents_findings())
        return (*own, *check_census(self._census, code=self._code, read=self.issue))

    def broken_rules(self, moment: "Moment | None") -> tuple[Finding, ...]:
        """What the repository's own rules about issues say."""
        if not self._census.config.rules:
            return ()
        from git_jit.validate.rule_ground import TreeGround
        from git_jit.validate.rules import check_rules  # the language of filters

        ground = TreeGround(self._view, self._census, self.issue, self._contents, moment, mended=bool(self._edits))
        return tuple(weigh(check_rules(ground), self._census.config))

    def _documents_findings(self) -> Iterator[Finding]:
        """With the fixes that are possible in this tree: where something lies already, nothing is moved to."""
        claimed: set[str] = set()
        for path in sorted(self._own):
            for each in self._own[path]:
                possible = self._possible(path, each, claimed)
                if possible is not None:
                    claimed |= possible.blobs.keys()
                yield each if possible is each.fix else replace(each, fix=possible)

    def _possible(self, path: str, each: Finding, claimed: set[str]) -> Fix | None:
        fix = each.fix
        homes = fix.blobs.keys() - {path} if fix else set()
        if fix is not None and not all(home not in claimed and self._is_free(home) for home in homes):
            fix = None
        if each.code not in RESTORABLE or (good := self._good(path)) is None:
            return fix
        if fix is None:
            summary = "bring back the newest version that can be read"
            return Fix(kind="restored_from_history", summary=summary, blobs={path: good})
        return replace(fix, blobs={**fix.blobs, path: good}, summary=f"{fix.summary}, and bring back what belongs here")

    def _is_free(self, path: str) -> bool:
        """Whether a blob can be put there: nothing is, and nothing that would have to be a directory or a file."""
        above = (path[:cut] for cut, letter in enumerate(path) if letter == "/")
        if path in self._paths or any(directory in self._paths for directory in above):
            return False
        below = f"{path}/"
        return not any(other.startswith(below) for other in self._paths)

    def _good(self, path: str) -> bytes | None:
        """The newest earlier version that is read as what the path says."""
        if self._last_good is None or place_of(path).odd:
            return None
        if path not in self._restorable:
            data = self._last_good(path)
            sound = data is not None and is_read(check_document(path, data, self._census.config))
            self._restorable[path] = data if sound else None
        return self._restorable[path]

    # --- mending ---

    def paths_of(self, each: Finding) -> tuple[str, ...]:
        """What a fix touches; empty if there is none, or none that can be made in the tree."""
        fix = each.fix
        if fix is None or fix.local is not None:
            return ()
        return (_path_of(each),) if fix.change is not None else tuple(fix.blobs)

    def apply(self, findings: Iterable[Finding]) -> list[Finding]:
        """Make their fixes, and judge what they touched. Gives those whose fix changed something: an issue at the
        limit of its size stays as it is when its fix makes it larger.
        """
        made = [each for each in findings if each.fix is not None and self._make(each, each.fix)]
        self._judge(dict.fromkeys(path for each in made for path in self.paths_of(each)))
        return made

    def _make(self, each: Finding, fix: Fix) -> bool:
        edits = dict(fix.blobs)
        if fix.change is not None and (issue := self.issue(place_of(_path_of(each)).issue)):
            try:
                edits[issue_path(issue.id)] = codec.encode_issue(fix.change(issue))
            except Malformed:
                return False
        changed = {path: data for path, data in edits.items() if data != self._read(path)}
        for path, data in changed.items():
            self._write(path, data)
        return bool(changed)

    def _write(self, path: str, data: bytes | None) -> None:
        self._edits[path] = data
        if data is None:
            self._paths.discard(path)
        else:
            self._paths.add(path)

    def _judge(self, touched: Iterable[str]) -> None:
        touched = list(touched)
        if CONFIG in touched:
            self._adopt_rules()
            touched = sorted(self._paths | set(touched))  # every document is judged by the rules
        issues: dict[IssueId, Issue | None] = {}
        gates: dict[GateKey, Gate | None] = {}
        for path in touched:
            found = self._examine(path)
            match place_of(path):
                case Place("issues", issue=str(id)):
                    issues[IssueId(id)] = codec.decode_issue(found) if found is not None else None
                case Place("gates", gate=str(key)):
                    gates[GateKey(key)] = codec.decode_gate(found) if found is not None else None
        definitions = {**self._census.definitions, **gates}
        self._census = replace(
            self._census.with_issues(issues),
            definitions={key: gate for key, gate in sorted(definitions.items()) if gate is not None},
            unreadable=self._unreadable(),
            commented=commented_in(self._paths),
        )

    def _examine(self, path: str) -> bytes | None:
        """Judge one document by itself; its bytes, if they are read as what the path says."""
        self._own.pop(path, None)
        if path not in self._paths:
            return None
        data = self._read(path)
        found = tuple(check_document(path, data, self._census.config))
        if found:
            self._own[path] = found
        return data if is_read(found) else None

    def _adopt_rules(self) -> None:
        """The rules as they are now; none where they cannot be read, as everywhere in reading."""
        data = self._read(CONFIG)
        try:
            rules = Config() if data is None else codec.decode_config(data)
        except (Malformed, SchemaNewer, ConfigInvalid):
            rules = Config()
        self._census = replace(self._census, config=rules)

    def _unreadable(self) -> frozenset[IssueId]:
        places = (place_of(path) for path, found in self._own.items() if not is_read(found))
        return frozenset(place.issue for place in places if place.area == "issues" and place.issue)

    # --- the documents ---

    def issue(self, id: IssueId | None) -> Issue | None:
        """The issue as it is now; None if there is none that can be read."""
        if id is None or id not in self._census.states:
            return None
        data = self._read(issue_path(id))
        return None if data is None else codec.decode_issue(data)

    def _contents(self, ids: Sequence[IssueId]) -> "Iterator[Content]":
        """What is in some issues, in that order."""
        from git_jit.validate.rule_ground import Content

        readable = [id for id in ids if id in self._census.states]
        blobs = dict(zip(readable, self._read_many([issue_path(id) for id in readable]), strict=True))
        for id in ids:
            data = blobs.get(id)
            yield Content() if data is None else Content(*codec.skim_issue(data))

    def _read_many(self, paths: Sequence[str]) -> Iterable[bytes | None]:
        if self._documents.read_many is None or not self._edits.keys().isdisjoint(paths):
            return map(self._read, paths)
        return self._documents.read_many(paths)

    def _read(self, path: str) -> bytes | None:
        return self._edits[path] if path in self._edits else self._documents.read(path)

    def changes(self) -> dict[str, bytes | None]:
        """The edits that say something else than what is there."""
        before = set(self._documents.paths)
        return {
            path: data
            for path, data in sorted(self._edits.items())
            if (data is None and path in before) or (data is not None and data != self._documents.read(path))
        }


def _path_of(each: Finding) -> str:
    """The document that a change of an issue is about: its subject is the id of the issue, or its path."""
    return each.subject if "/" in each.subject else issue_path(IssueId(each.subject))
