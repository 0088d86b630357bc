"""Every commit that the reference could name: where such are recorded, which of them count, and how they relate.

Looked at are the reference itself, the high-water mark, its reflog (also one that was left behind), anchors, the
references of remotes and branches under which issues are published, bundles, and, last, every commit in the object
store that a program of ours made, whether anything leads to it or not.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final

from git_jit.errors import JitError
from git_jit.model import Oid
from git_jit.record import record, replace
from git_jit.rescue import Candidate, Closure, Situation, Trouble, ranked
from git_jit.store import RefCorrupt, commits
from git_jit.store.ancestry import Ancestry
from git_jit.store.anchors import LOST, PREFIX
from git_jit.store.backend import Kind, Object, ReflogEntry
from git_jit.store.closure import Contents, Inspector
from git_jit.store.highwater import Site, compare, read_mark
from git_jit.store.process import run

UNREACHABLE: Final = "unreachable"
MARKED: Final = "high-water"
SHOWN: Final = 10
BATCH: Final = 20_000
"""Commits asked of git at a time: some 10 MB of answers."""


@record
class Found:
    """One commit, and one place that names it."""

    oid: Oid
    source: str
    witnessed: bool = True
    listed: bool = True
    """Shown even if another candidate leads to it: there are few such places, and one asks after them."""


class Survey:
    """One look at a repository: everything is read once."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._others: Sequence[Found] = ()
        self._notes: list[str] = []
        self._mark = read_mark(site.layout.common_dir, site.ref)
        self._look_at(site)

    def _look_at(self, site: Site) -> None:
        self._ancestry = Ancestry(site.backend)
        self._inspector = Inspector(site, self._ancestry)

    def situation(self) -> Situation:
        """What is wrong with the reference, without any candidate."""
        present, corrupt = self._present()
        trouble = self._trouble(present, corrupt=corrupt)
        here = self._inspector.contents(present) if present else Contents()
        return Situation(
            trouble=trouble,
            ref=self._site.ref,
            present=present,
            published=self._mark.tip if self._mark else None,
            issues=here.issues,
            readable=here.readable,
            notes=tuple(self._notes),
        )

    def widen(self, site: Site, others: Sequence[Found]) -> None:
        """Look for candidates with the objects of bundles at hand too; `others` is what these name."""
        self._site, self._others = site, others
        self._look_at(site)

    def with_candidates(self, situation: Situation) -> Situation:
        """The same with all that could take the reference's place."""
        found = self._candidates(situation.present)
        return replace(situation, candidates=found, notes=tuple(dict.fromkeys(self._notes)))

    # --- the reference --------------------------------------------------------------------------------

    def _present(self) -> tuple[Oid | None, bool]:
        try:
            present = self._site.backend.ref(self._site.ref)
        except RefCorrupt as error:
            self._notes.append(error.message)
            return None, True
        if present:
            self._ancestry.load_one(present)
        return present, False

    def _trouble(self, present: Oid | None, *, corrupt: bool) -> Trouble:
        if corrupt:
            return Trouble.CORRUPT
        if present is None:
            return Trouble.MISSING
        closure = self._inspector.closure(present)
        if closure is Closure.BROKEN:
            return Trouble.BROKEN
        if self._mark and compare(self._site, self._mark.tip, present):
            return Trouble.REWOUND
        return Trouble.NONE if closure is Closure.WHOLE else Trouble.HISTORY

    # --- the candidates -------------------------------------------------------------------------------

    def _candidates(self, present: Oid | None) -> tuple[Candidate, ...]:
        named = self._named(present)
        everything = read_all_commits(self._site, self._ancestry)
        self._ancestry.load(found.oid for found in named)
        self._report_unreadable(named)
        found = [*named, *self._unreachable(named, everything)]
        found += self._whole_ancestors(found)
        return self._related(self._chosen(found), present)

    def _named(self, present: Oid | None) -> list[Found]:
        site, backend = self._site, self._site.backend
        name = site.ref.removeprefix("refs/")
        found = [Found(present, site.ref)] if present else []
        found += [Found(self._mark.tip, MARKED)] if self._mark else []
        found += _logged(backend.reflog(site.ref))
        found += [Found(oid, ref) for ref, oid in backend.refs(PREFIX).items()]
        remotes = backend.refs("refs/remotes/").items()
        found += [Found(oid, ref) for ref, oid in remotes if ref.endswith(f"/{name}")]
        branch = f"refs/heads/{name}"
        found += [Found(oid, ref) for ref, oid in backend.refs(branch).items() if ref == branch]
        found += [Found(oid, ref) for ref, oid in backend.refs(LOST).items()]
        return [*found, *self._others]

    def _report_unreadable(self, named: Iterable[Found]) -> None:
        lost: dict[Oid, str] = {}
        for found in named:
            if found.oid not in self._ancestry.nodes:
                lost.setdefault(found.oid, found.source)
        self._notes += [f"'{source}' names '{oid[:10]}', which cannot be read" for oid, source in lost.items()]

    def _unreachable(self, named: Iterable[Found], everything: Sequence[Oid]) -> list[Found]:
        """What a search of the whole object store finds that no record leads to."""
        self._ancestry.load(everything)
        known = self._ancestry.behind_all(found.oid for found in named)
        ours = [oid for oid in everything if oid not in known and (n := self._ancestry.nodes.get(oid)) and n.is_ours]
        return [Found(oid, UNREACHABLE, witnessed=False, listed=False) for oid in self._ancestry.heads(ours)]

    def _whole_ancestors(self, found: Sequence[Found]) -> list[Found]:
        """Instead of each head that is broken, the nearest commit behind it that is not."""
        heads = self._ancestry.heads(one.oid for one in found)
        broken = [head for head in heads if self._inspector.contents(head).damaged]
        nearest = [(head, self._inspector.whole_ancestor(head)) for head in broken]
        return [Found(whole, f"before {head[:10]}") for head, whole in nearest if whole]

    def _chosen(self, found: Iterable[Found]) -> dict[Oid, list[Found]]:
        """By commit, the places of all that are worth showing: heads, and what the few records name."""
        places: dict[Oid, list[Found]] = {}
        for one in found:
            if one.oid in self._ancestry.nodes:
                places.setdefault(one.oid, []).append(one)
        heads = set(self._ancestry.heads(places))
        return {oid: at for oid, at in places.items() if oid in heads or any(one.listed for one in at)}

    def _related(self, chosen: Mapping[Oid, list[Found]], present: Oid | None) -> tuple[Candidate, ...]:
        aside = self._set_aside(chosen)
        clocks = {oid: _clock(self._ancestry, oid) for oid in chosen}
        seen = [oid for oid, at in chosen.items() if any(one.witnessed for one in at)]
        made = []
        for oid in sorted(chosen, key=lambda oid: -len(self._ancestry.behind(oid))):
            self._inspector.closure(oid)  # what is whole says it of all behind it: the longest history first
        for oid, at in chosen.items():
            behind = self._ancestry.behind(oid)
            made.append(
                self._candidate(
                    oid,
                    at,
                    present,
                    set_aside=oid in aside,
                    clock=clocks[oid],
                    depth=sum(oid != other and oid in self._ancestry.behind(other) for other in chosen),
                    support=max((clocks[other] for other in seen if other in behind), default=(-1, 0)),
                )
            )
        order = ranked(made, self._ancestry.beyond)
        return tuple(one for one in order if not self._is_superseded(one, order[0]))

    def _candidate(
        self,
        oid: Oid,
        at: Sequence[Found],
        present: Oid | None,
        *,
        set_aside: bool,
        clock: tuple[int, int],
        depth: int,
        support: tuple[int, int],
    ) -> Candidate:
        commit, contents = self._ancestry.commit(oid), self._inspector.contents(oid)
        ahead = self._ancestry.beyond(oid, present) if present else 0
        return Candidate(
            oid=oid,
            sources=tuple(dict.fromkeys(one.source for one in at)),
            witnessed=any(one.witnessed for one in at),
            set_aside=set_aside,
            time=commit.time,
            clock=clock,
            subject=commit.subject,
            issues=contents.issues,
            readable=contents.readable,
            commits=len(self._ancestry.behind(oid)),
            closure=self._inspector.closure(oid),
            damaged=contents.damaged[:SHOWN],
            ahead=ahead,
            behind=self._ancestry.beyond(present, oid) if present else 0,
            depth=depth,
            support=support,
        )

    def _set_aside(self, chosen: Mapping[Oid, list[Found]]) -> set[Oid]:
        """What was taken out of the history on purpose, and what leads nowhere else."""
        lost = {oid for oid, at in chosen.items() if any(one.source.startswith(LOST) for one in at)}
        now = {oid for oid, at in chosen.items() if any(one.source in {self._site.ref, MARKED} for one in at)}
        kept = (set(self._ancestry.heads(chosen)) - lost) | now
        behind_kept = {other for oid in kept for other in self._ancestry.behind(oid)}
        return {oid for one in lost for oid in self._ancestry.behind(one) if oid in chosen} - behind_kept

    def _is_superseded(self, one: Candidate, best: Candidate) -> bool:
        """Whether it is what a writer left that lost a race: the same requests are in the best one's history."""
        if one.witnessed or not one.beyond_best:
            return False
        mine, theirs = self._ancestry.behind(one.oid), self._ancestry.behind(best.oid)
        extra, missing = self._requests(mine - theirs), self._requests(theirs - mine)
        return b"" not in extra and extra <= self._requests(theirs) and not missing <= self._requests(mine)

    def _requests(self, oids: Iterable[Oid]) -> set[bytes]:
        return {self._ancestry.nodes[oid].request for oid in oids}


def read_all_commits(site: Site, ancestry: Ancestry) -> list[Oid]:
    """Every commit in the object store, reachable or not; `ancestry` takes in what git can read of them."""
    command = ["cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname) %(objecttype)"]
    done = run(site.layout, command, environ=site.environ)
    found = [line[:-7] for line in done.out.split(b"\n") if line.endswith(b" commit")]
    for start in range(0, len(found), BATCH):
        asked = b"\n".join(found[start : start + BATCH])
        answer = run(site.layout, ["cat-file", "--batch", "--buffer"], environ=site.environ, input=asked)
        for one in _batched(answer.out):
            ancestry.add(one)
    return [Oid(oid.decode()) for oid in found]


def _batched(data: bytes) -> Iterator[Object]:
    """The commits in the output of `cat-file --batch`, up to where it breaks off: a damaged one ends it."""
    at = 0
    while (end := data.find(b"\n", at)) > 0:
        oid, _, rest = data[at:end].partition(b" ")
        kind, _, size = rest.partition(b" ")
        if kind != b"commit" or not size.isdigit() or end + 1 + int(size) > len(data):
            return
        yield Object(Oid(oid.decode()), Kind.COMMIT, data[end + 1 : end + 1 + int(size)])
        at = end + 2 + int(size)


def _logged(log: Sequence[ReflogEntry]) -> list[Found]:
    """Every value of the reflog, newest first. One that the next entry does not start from was written before the
    reference moved, and then it did not: an attempt, and no witness.
    """
    found = []
    for number, entry in enumerate(reversed(log)):
        after = log[len(log) - number] if number else None
        if entry.new:
            witnessed = after is None or after.old == entry.new
            found.append(Found(entry.new, f"reflog @{{{number}}}", witnessed=witnessed, listed=False))
    return found


def _clock(ancestry: Ancestry, oid: Oid) -> tuple[int, int]:
    with suppress(JitError):
        clock = commits.clock_of(ancestry.commit(oid))
        return (clock.ms, clock.counter)
    return (-1, 0)
