"""`health`: the state of this clone for whoever watches it, and since when each trouble has been there."""

from collections.abc import Mapping
from typing import Final

from git_jit.model import Timestamp
from git_jit.record import record
from git_jit.store import Store
from git_jit.validate.health import Health, Item, Judgement, judge

NOTE: Final = "health"
"""The note of this clone that remembers what was seen when."""
UNHEALTHY: Final = 1
"""Exit status: the answer is no."""


@record(kw_only=True)
class Report:
    """What `health` answers."""

    judgement: Judgement
    since: Mapping[str, Timestamp]
    """When each item was first seen and never gone since, by `key_of`."""

    @property
    def status(self) -> int:
        return UNHEALTHY if self.judgement.state is Health.UNHEALTHY else 0

    def to_json(self) -> dict[str, object]:
        return {"state": self.judgement.state, "parts": [self._part(name) for name in range(len(self.judgement.parts))]}

    def _part(self, number: int) -> dict[str, object]:
        part = self.judgement.parts[number]
        items = [{**item_value(item), "since": self.since[key_of(item)]} for item in part.items]
        return {"name": part.name, "state": part.state, "evidence": part.evidence, "items": items}


def health(store: Store, now: Timestamp) -> Report:
    """Look at the clone around `store`. Nothing is changed but the note that remembers since when."""
    clone = store.survey()
    judgement = judge(clone) if clone else Judgement(state=Health.HEALTHY, parts=())
    keys = [key_of(item) for item in judgement.items]
    known = _recalled(store) if keys or store.recall(NOTE) else {}
    since = {key: known.get(key, now) for key in keys}
    if since != known:
        _remember(store, since)
    return Report(judgement=judgement, since=since)


def key_of(item: Item) -> str:
    """What makes two sightings the same trouble."""
    return f"{item.finding.code} {item.finding.subject}"


def item_value(item: Item) -> dict[str, object]:
    """One trouble as JSON."""
    found = item.finding
    fix = {"kind": found.fix.kind, "summary": found.fix.summary} if found.fix else None
    return {
        "code": found.code,
        "state": item.state,
        "severity": found.severity,
        "subject": found.subject,
        "message": found.message,
        "hint": found.hint,
        "fix": fix,
        "link": item.link,
    }


def _recalled(store: Store) -> dict[str, Timestamp]:
    """The note; anything that is not one is none."""
    import json

    from git_jit.times import is_timestamp

    try:
        found = json.loads(store.recall(NOTE) or b"{}")
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: Timestamp(at) for key, at in found.items() if isinstance(at, str) and is_timestamp(at)}


def _remember(store: Store, since: Mapping[str, Timestamp]) -> None:
    import json

    store.remember(NOTE, json.dumps(since, sort_keys=True).encode())
