"""Bringing back what was lost: the reference of all issues, or one issue. Never less than there was."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

from git_jit.errors import Fatal, JitError, Negative, NotFound, Refused
from git_jit.model import ID_LENGTH, MIN_PREFIX, Caller, Oid
from git_jit.ops import IssueNotFound, resolve
from git_jit.ops.removal import restore
from git_jit.ops.report import Report
from git_jit.record import record
from git_jit.rescue import Bundle, Candidate, Outcome, Situation, Trouble, loses_issues, rivals
from git_jit.store import Store
from git_jit.store.places import Place, examine, place_of

NEAR: Final = 8
"""Commits given up without being told to, to get from a broken one to a whole one: what a burst of commands publishes
in the seconds for which a disk may hold data back. Damage that is older is no power cut's, and sits in single files."""
NOTHING_LOST: Final = Situation(trouble=Trouble.NONE, ref="", present=None, published=None)
"""What there is to say of a store that has no clone."""


class AmbiguousRecovery(Negative):
    """Two candidates each hold what the other has not. `details` has both; somebody has to choose."""

    code = "ambiguous_recovery"


class FarBack(Negative):
    """The only whole commit lies far behind the present one. Going there has to be said. `details` counts."""

    code = "far_back"


class NothingToRecover(NotFound):
    """No place holds a commit that could take the reference's place."""

    code = "nothing_to_recover"


class CandidateNotFound(NotFound):
    """The name fits no candidate, or several."""

    code = "candidate_not_found"


class FewerIssues(Refused):
    """Fewer issues could be read afterwards than now. `details` counts both."""

    code = "fewer_issues"


class NoClone(Refused):
    """Only a repository can be bundled."""

    code = "no_clone"


@record(kw_only=True)
class Recovery:
    """What was found, what would be taken, and what was done (None if nothing was)."""

    situation: Situation
    chosen: Candidate | None = None
    outcome: Outcome | None = None

    def to_json(self) -> dict[str, object]:
        done = self.outcome
        return {
            **self.situation.to_json(),
            "chosen": self.chosen.oid if self.chosen else None,
            "applied": None
            if done is None
            else {
                "commit": done.commit,
                "kept": list(done.kept),
                "set_aside": list(done.set_aside),
                "restored": list(done.restored),
            },
        }


def look(store: Store, *, search: bool = False, path: str | None = None) -> Recovery:
    """What is wrong, and which candidate should take the reference's place.

    Raises `AmbiguousRecovery` or `NothingToRecover` only where something is wrong and nobody asked for the list
    (`search`).
    """
    situation = _situation(store, search=search or path is not None, path=path)
    if search or situation.trouble in {Trouble.NONE, Trouble.HISTORY}:
        return Recovery(situation=situation)
    return Recovery(situation=situation, chosen=choose(situation))


def apply(store: Store, name: str | None, *, path: str | None = None, dry_run: bool = False) -> Recovery:
    """Let the reference name the candidate that `name` begins (without a name: the best, if it is the only one).

    Raises `CandidateNotFound`, `AmbiguousRecovery`, `NothingToRecover`, `FewerIssues`.
    """
    situation = _situation(store, search=name is not None or path is not None, path=path)
    if name is None and situation.trouble is Trouble.NONE and path is None:
        return Recovery(situation=situation)
    chosen = choose(situation) if name is None else find(situation, name)
    if loses_issues(chosen, situation):
        raise FewerIssues(
            f"'{chosen.oid[:10]}' has {chosen.readable} issues that can be read, the present {situation.readable}",
            hint="'git jit recover --issue ID --from REVISION' brings back single issues",
            details={"commit": chosen.oid, "readable": chosen.readable, "present": situation.readable},
        )
    rescue = store.rescue()
    if dry_run or rescue is None:
        return Recovery(situation=situation, chosen=chosen)
    return Recovery(situation=situation, chosen=chosen, outcome=rescue.apply(chosen, situation, path=path))


def accept_present(store: Store) -> Recovery:
    """Take a reference that was moved back on purpose for right. What it led to before is kept."""
    rescue = store.rescue()
    if rescue is None:
        return Recovery(situation=NOTHING_LOST)
    outcome = rescue.accept()
    return Recovery(situation=rescue.look(), outcome=outcome)


def choose(situation: Situation) -> Candidate:
    """The candidate that leads to all others. Raises `AmbiguousRecovery`, `FarBack` or `NothingToRecover`."""
    if not situation.candidates:
        raise NothingToRecover(
            f"nothing was found that could take the place of '{situation.ref}'",
            hint="a bundle or another clone may have it: 'git jit recover --from-bundle FILE', 'git fetch'",
            details={"notes": list(situation.notes)},
        )
    best = situation.candidates[0]
    others = rivals(situation.candidates)
    if others:
        raise AmbiguousRecovery(
            f"'{best.oid[:10]}' and '{others[0].oid[:10]}' each hold what the other has not",
            hint="'git jit recover --list' shows them; 'git jit recover --apply COMMIT' takes one and keeps the other",
            details={"candidates": [one.to_json() for one in (best, *others)]},
        )
    if situation.trouble is Trouble.BROKEN and best.behind > NEAR:
        raise FarBack(
            f"the nearest whole commit '{best.oid[:10]}' is {best.behind} commits back",
            hint="'git jit recover --issue ID' brings back single issues and keeps the rest; "
            "'git jit recover --apply COMMIT' goes back all the way",
            details={"commit": best.oid, "behind": best.behind},
        )
    return best


def find(situation: Situation, name: str) -> Candidate:
    """The candidate whose commit begins with `name`, or that was found at a place of this name."""
    fitting = [one for one in situation.candidates if one.oid.startswith(name) or name in one.sources]
    if len(fitting) != 1 or not name:
        what = "several candidates" if fitting else "no candidate"
        raise CandidateNotFound(
            f"'{name}' names {what}",
            hint="'git jit recover --list' shows them",
            details={"candidates": [one.oid for one in fitting or situation.candidates]},
        )
    return fitting[0]


def _situation(store: Store, *, search: bool, path: str | None) -> Situation:
    rescue = store.rescue()
    if rescue is None:
        return NOTHING_LOST
    situation = rescue.look(search=search, path=path)
    if situation.trouble is Trouble.MISSING and not situation.candidates:
        with store.view():  # says whether there ever was anything
            pass
    return situation


# --- bundles --------------------------------------------------------------------------------------------


def bundles(store: Store) -> list[Bundle]:
    """The bundles made in this clone, newest first."""
    rescue = store.rescue()
    return rescue.bundles() if rescue else []


def write_bundle(store: Store, caller: Caller, path: str | None) -> Bundle:
    """Write the issues into one file. Raises `NoClone`, and what the store says."""
    rescue = store.rescue()
    if rescue is None:
        raise NoClone("there is no repository to bundle", hint="'git jit export' writes issues without their history")
    return rescue.write_bundle(path, caller.now)


# --- one issue ------------------------------------------------------------------------------------------


def recover_issue(store: Store, caller: Caller, id: str, rev: str | None) -> Report:
    """Bring one issue back as it was at `rev`, with its comments, in one commit.

    Without `rev`: the newest version anywhere that can be read. Raises `IssueNotFound`.
    """
    return restore(store, caller, id, at=rev if rev is not None else _newest_readable(store, id))


def _newest_readable(store: Store, text: str) -> str:
    """The commit with the newest readable version: first in the history as it is, then in every candidate's."""
    prefix = _prefix(store, text)
    for start in _starts(store):
        with suppress(JitError):  # a history that breaks off is searched as far as it goes
            if found := _search(store, start, prefix):
                return found
    raise IssueNotFound(
        f"no version of '{text}' can be read anywhere", hint="'git jit recover --list' shows where was looked"
    )


def _prefix(store: Store, text: str) -> str:
    """The whole id if the issue is here and its name is clear. Raises `AmbiguousId`, and `IssueNotFound` for no id."""
    prefix = text.strip().lower().replace("-", "")
    try:
        with store.view() as view:
            return resolve(view, text)
    except (IssueNotFound, Fatal):
        if not MIN_PREFIX <= len(prefix) <= ID_LENGTH or set(prefix) - set("0123456789abcdef"):
            raise
    return prefix


def _starts(store: Store) -> Iterator[str | None]:
    yield None
    rescue = store.rescue()
    candidates: Sequence[Candidate] = rescue.look(search=True).candidates if rescue else ()
    yield from (one.oid for one in candidates if one.beyond_best or one is candidates[0])


def _search(store: Store, start: str | None, prefix: str) -> str | None:
    """The newest revision at or behind `start` at which the issue can be read: `start` itself, or the commit before
    the one that deleted or damaged it.
    """
    for commit in store.history(start, path=f"issues/{prefix[:2]}"):
        parent = commit.parents[0] if commit.parents else None
        for change in store.compare(parent, commit.oid):
            place = place_of(change.path)
            if place.area != "issues" or place.issue is None or not place.issue.startswith(prefix):
                continue
            if change.new and _is_readable(store, place, change.new):
                return start or "HEAD"
            if change.old and _is_readable(store, place, change.old):
                return parent
    return None


def _is_readable(store: Store, place: Place, oid: Oid) -> bool:
    data = next(iter(store.blobs([oid])))
    return data is not None and not isinstance(examine(place, data), str)
