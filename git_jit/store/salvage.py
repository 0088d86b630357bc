"""Looking for what can be brought back, and bringing it back: the reference moves, and nothing is lost by it."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Final, NoReturn

from git_jit.errors import JitError, OutcomeUnknown, Refused
from git_jit.model import Oid, Timestamp
from git_jit.rescue import Bundle, Candidate, Closure, Outcome, Situation, Trouble
from git_jit.store import MissingObject, RefConflict, RefCorrupt, bundle, quarantine
from git_jit.store.ancestry import Ancestry
from git_jit.store.anchors import anchor, committer, keep
from git_jit.store.bundle import Wide
from git_jit.store.candidates import Found, Survey
from git_jit.store.closure import Inspector
from git_jit.store.highwater import Mark, Site, is_ancestor, read_mark, write_mark
from git_jit.store.locks import Queue
from git_jit.store.process import run

FROM_BUNDLE: Final = "bundle "


class Changed(Refused):
    """What was found out is not true any more: somebody else has been here."""

    code = "situation_changed"


class Salvage:
    """Recovery of one repository."""

    def __init__(self, site: Site, queue: Queue) -> None:
        self._site = site
        self._queue = queue

    def look(self, *, search: bool = False, path: str | None = None) -> Situation:
        """What is wrong with the reference, and, if anything is or with `search`, all that could take its place.

        `path` is a bundle to look into; the newest one made here is looked into by itself when something is wrong.
        """
        survey = Survey(self._site)
        situation = survey.situation()
        wanted = search or path is not None or situation.trouble is not Trouble.NONE
        return self._look(survey, situation, path) if wanted else situation

    def apply(self, candidate: Candidate, situation: Situation, *, path: str | None = None) -> Outcome:
        """Let the reference name the candidate, after everything that it holds has been brought here.

        What it names now is kept below `refs/jit/lost/`. Raises `Changed` if the reference is not as it was looked
        at, `MissingObject` if the candidate cannot be read in the end, and errors of the disk.
        """
        with self._widened(self._needed(candidate, situation, path)) as wide, self._queue:
            self._require_unchanged(situation)
            healed = self._bring_objects(candidate, wide)
            kept = self._keep(situation, candidate.oid)
            aside = self._clear_the_way(situation)
            self._move(candidate)
            left = self._put_away(situation)
        return Outcome(
            commit=candidate.oid,
            kept=tuple(kept),
            set_aside=(*healed.set_aside, *aside, *left),
            restored=healed.restored,
        )

    def accept(self) -> Outcome:
        """Take the reference as it is for right: what was published before is kept, and the mark moves here."""
        common = self._site.layout.common_dir
        with self._queue:
            mark, tip = read_mark(common, self._site.ref), self._site.backend.ref(self._site.ref)
            if tip is None:
                from git_jit.store.traces import nothing_here

                raise nothing_here(self._site)
            kept = keep(self._site, mark.tip, "recover: the present was accepted") if mark else None
            write_mark(common, Mark(self._site.ref, tip, 0, 0))
        return Outcome(commit=tip, kept=(kept,) if kept else ())

    # --- bundles --------------------------------------------------------------------------------------

    def bundles(self) -> list[Bundle]:
        """Those at the default place, newest first."""
        return bundle.listed(self._site)

    def write_bundle(self, path: str | None, at: Timestamp) -> Bundle:
        """See `bundle.create`. Raises `NotInitialised`, `RefMissing` or `RefCorrupt` when there is nothing to write."""
        if self._site.backend.ref(self._site.ref) is None:
            from git_jit.store.traces import nothing_here

            raise nothing_here(self._site)
        return bundle.create(self._site, path, at)

    # --- looking --------------------------------------------------------------------------------------

    def _look(self, survey: Survey, situation: Situation, path: str | None) -> Situation:
        heads = self._bundled(situation, path)
        with self._widened(list(heads)) as wide:
            if wide:
                survey.widen(wide, [Found(oid, f"{FROM_BUNDLE}{at}") for at, oids in heads.items() for oid in oids])
            return survey.with_candidates(situation)

    @contextmanager
    def _widened(self, paths: Sequence[str]) -> Iterator[Wide | None]:
        if not paths:
            yield None
            return
        with bundle.annex(self._site, paths) as wide:
            yield wide

    def _needed(self, candidate: Candidate, situation: Situation, path: str | None) -> list[str]:
        """The bundles without which the candidate is not whole."""
        short = self._damaged(candidate.oid) or any(source.startswith(FROM_BUNDLE) for source in candidate.sources)
        return list(self._bundled(situation, path)) if short else []

    def _bundled(self, situation: Situation, path: str | None) -> Mapping[str, list[Oid]]:
        """The bundles to look into, with what they name: the one asked for, else, in need, the newest made here."""
        if path is not None:
            return {path: list(dict.fromkeys(bundle.require(self._site, path).values()))}
        if situation.trouble in {Trouble.NONE, Trouble.REWOUND}:
            return {}
        for one in bundle.listed(self._site):
            heads = list(dict.fromkeys(bundle.read_heads(self._site, one.path).values()))
            if heads:
                return {one.path: heads}
        return {}

    # --- bringing back --------------------------------------------------------------------------------

    def _require_unchanged(self, situation: Situation) -> None:
        try:
            now = self._site.backend.ref(self._site.ref)
        except RefCorrupt:
            now = None
        if now != situation.present:
            raise Changed(
                f"'{self._site.ref}' has moved since it was looked at",
                hint="look again with 'git jit recover --list'",
                details={"expected": situation.present, "found": now},
            )

    def _bring_objects(self, candidate: Candidate, wide: Wide | None) -> quarantine.Healed:
        """All that the candidate holds, in the repository itself."""
        if wide and self._history_is_short(candidate.oid):
            bundle.take_in(self._site, wide)
        healed = quarantine.heal(self._site, self._damaged(candidate.oid), wide.backend if wide else None)
        if candidate.closure is not Closure.BROKEN and (still := self._damaged(candidate.oid)):
            raise MissingObject(
                f"'{candidate.oid[:10]}' cannot be brought back whole: object '{still[0]}' is missing",
                hint="'git jit recover --list' shows the others",
                details={"commit": candidate.oid, "missing": list(still)},
            )
        return healed

    def _damaged(self, oid: Oid) -> tuple[Oid, ...]:
        ancestry = Ancestry(self._site.backend)
        ancestry.load_one(oid)
        return Inspector(self._site, ancestry).contents(oid).damaged

    def _history_is_short(self, oid: Oid) -> bool:
        command = ["rev-list", "--objects", "--quiet", "--end-of-options", oid]
        return run(self._site.layout, command, environ=self._site.environ).status != 0

    def _keep(self, situation: Situation, chosen: Oid) -> list[str]:
        """References for what the new history does not lead to: the present, and what was published."""
        former = [oid for oid in dict.fromkeys((situation.present, situation.published)) if oid]
        gone = [oid for oid in former if not is_ancestor(self._site, oid, chosen)]
        kept = [keep(self._site, oid, f"recover: {chosen[:10]} took its place") for oid in gone]
        return [name for name in kept if name]

    def _clear_the_way(self, situation: Situation) -> list[str]:
        """Move a file or directory aside that stands where the reference, or its log, should be."""
        site, common = self._site, self._site.layout.common_dir
        if site.layout.ref_format != "files":
            return []
        for oid in site.backend.refs(f"{site.ref}/").values():
            keep(site, oid, "recover: it stood in the way")
        path, log = f"{common}/{site.ref}", f"{common}/logs/{site.ref}"
        unusable = situation.present is None or not site.backend.exists(situation.present)
        stands = [path] if unusable and _is_no_reference(path) else []
        stands += [log] if os.path.isdir(log) and os.listdir(log) else []
        return [quarantine.set_aside(site, one) for one in stands]

    def _put_away(self, situation: Situation) -> tuple[str, ...]:
        """Set the damaged files aside of what the reference named before: no writer of the same content trips over
        them then, and where the commit itself is such a file, 'git gc' works again. It is done; this may fail.
        """
        if situation.present is None:
            return ()
        with suppress(JitError, OSError):
            return quarantine.heal(self._site, self._damaged(situation.present)).set_aside
        return ()

    def _move(self, candidate: Candidate) -> None:
        site = self._site
        old = site.backend.ref(site.ref)
        if old == candidate.oid:
            return
        line = f"recover: {candidate.subject} ({candidate.sources[0]})"
        try:
            site.backend.swap(site.ref, candidate.oid, old, committer=committer(), message=line)
        except RefConflict as error:
            raise Changed(error.message, hint="look again with 'git jit recover --list'") from error
        except JitError as error:
            self._settle(candidate, error)
        with suppress(JitError, OSError):  # it is done; the next write makes up for what is left out
            write_mark(site.layout.common_dir, Mark(site.ref, candidate.oid, 0, int(time.time())))
            anchor(site, candidate.oid, "recover: this was brought back")

    def _settle(self, candidate: Candidate, error: JitError) -> NoReturn:
        """Tell a move that failed from one that is done and not secured: only the reference knows."""
        try:
            done = self._site.backend.ref(self._site.ref) == candidate.oid
        except JitError as second:
            raise OutcomeUnknown(
                f"cannot tell whether '{candidate.oid[:10]}' took its place: {second.message}",
                hint="look again with 'git jit recover --list'",
                details={"commit": candidate.oid, "cause": error.message},
            ) from error
        if not done:
            raise error
        raise OutcomeUnknown(
            f"'{candidate.oid[:10]}' took its place, but may not survive a power cut: {error.message}",
            hint="look again with 'git jit recover --list'",
            details={"commit": candidate.oid},
        ) from error


def _is_no_reference(path: str) -> bool:
    """Whether what lies there would stop a reference from being written, or lead it elsewhere."""
    return os.path.lexists(path) and (os.path.islink(path) or not os.path.isdir(path) or bool(os.listdir(path)))
