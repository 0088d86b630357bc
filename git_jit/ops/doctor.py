"""`doctor`: look at everything around the issues, and mend what can be mended without losing anything."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from git_jit.clone import Clone
from git_jit.errors import JitError
from git_jit.ops.beside import check_claims
from git_jit.ops.health import item_value
from git_jit.record import fields, record
from git_jit.store import Store
from git_jit.times import as_timestamp
from git_jit.validate.health import Health, Item, Judgement, judge, with_part

CLAIMS: Final = "claims"
"""The part about claims; it is there only if there is something to say."""
STILL_WRONG: Final = 1
"""Exit status when something that makes the clone unhealthy is left."""


@record(kw_only=True)
class Mended:
    """What became of one mend."""

    kind: str
    """As `fixes_applied` counts it."""
    summary: str
    done: str | None = None
    """What was done; None if there was nothing left to do, or if it was only tried."""
    error: JitError | None = None

    def to_json(self) -> dict[str, object]:
        error = None if self.error is None else {"code": self.error.code, "message": self.error.message}
        return {"kind": self.kind, "summary": self.summary, "done": self.done, "error": error}


@record(kw_only=True)
class Diagnosis:
    """What `doctor` answers: how things are now, after whatever was mended."""

    clone: Clone | None
    judgement: Judgement
    mended: tuple[Mended, ...] = ()
    dry_run: bool = False

    @property
    def status(self) -> int:
        return STILL_WRONG if self.judgement.state is Health.UNHEALTHY else 0

    @property
    def mendable(self) -> list[Item]:
        """What `--fix` would see to."""
        return [item for item in self.judgement.items if item.finding.fix and item.finding.fix.local]

    def to_json(self) -> dict[str, object]:
        parts = [
            {
                "name": part.name,
                "state": part.state,
                "evidence": part.evidence,
                "items": [item_value(item) for item in part.items],
            }
            for part in self.judgement.parts
        ]
        return {
            "state": self.judgement.state,
            "deep": bool(self.clone and self.clone.deep),
            "dry_run": self.dry_run,
            "parts": parts,
            "fixes_applied": dict(Counter(each.kind for each in self.mended if each.done)),
            "fixes": [each.to_json() for each in self.mended],
            "clone": plain(self.clone),
        }


def examine(store: Store, *, deep: bool = False, fix: bool = False, dry_run: bool = False) -> Diagnosis:
    """Look, and with `fix` mend and look again; with `dry_run` too, only say what would be mended.

    Nothing is written without `fix`. A mend that fails is told with the others and stops none of them.
    """
    diagnosis = _look(store, deep=deep)
    if not fix:
        return diagnosis
    if dry_run:
        tried = tuple(Mended(kind=kind, summary=summary) for kind, summary, _ in _mends(diagnosis))
        return Diagnosis(clone=diagnosis.clone, judgement=diagnosis.judgement, mended=tried, dry_run=True)
    mended = tuple(_mend(store, kind, summary, name) for kind, summary, name in _mends(diagnosis))
    after = _look(store, deep=deep) if mended else diagnosis
    return Diagnosis(clone=after.clone, judgement=after.judgement, mended=mended)


def _look(store: Store, *, deep: bool) -> Diagnosis:
    clone = store.survey(deep=deep, ask=True)
    judgement = judge(clone) if clone else Judgement(state=Health.HEALTHY, parts=())
    claims = check_claims(store, as_timestamp(clone.taken_at)) if clone else []
    return Diagnosis(clone=clone, judgement=with_part(judgement, CLAIMS, claims) if claims else judgement)


def _mends(diagnosis: Diagnosis) -> Iterator[tuple[str, str, str]]:
    """Kind, summary and name, each mend once."""
    seen = set()
    for item in diagnosis.mendable:
        fix = item.finding.fix
        if fix and fix.local and fix.local not in seen:
            seen.add(fix.local)
            yield fix.kind, fix.summary, fix.local


def _mend(store: Store, kind: str, summary: str, name: str) -> Mended:
    try:
        return Mended(kind=kind, summary=summary, done=store.mend(name))
    except JitError as error:
        return Mended(kind=kind, summary=summary, error=error)


def plain(value: object) -> object:
    """A record, with all that is in it, as JSON has it."""
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    if hasattr(value, "__match_args__"):
        return {name: plain(getattr(value, name)) for name in fields(value)}
    return value
