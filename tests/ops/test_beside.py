"""Runs and leases: judged when they change, and when time does."""

import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from git_jit.model import Json, Oid, Timestamp, short
from git_jit.ops.beside import NOTE, check_beside
from git_jit.ops.validation import validate
from git_jit.paths import CLAIMS, RUNS
from git_jit.store.repository import Repository
from tests.store.damage import healthy, store_in
from tests.store.gitrepo import Place

NINE, TEN = Timestamp("2026-11-21T09:00:00.000000Z"), Timestamp("2026-11-21T10:00:00.000000Z")
NO_NAME = "expecting property name enclosed in double quotes"
ONE, GONE = "00" * 16, "f0" * 16


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return healthy(tmp_path, 1)


@pytest.fixture
def store(place: Place) -> Iterator[Repository]:
    with closing(store_in(place)) as opened:
        yield opened


def put(place: Place, ref: str, files: dict[str, bytes]) -> None:
    """Let a reference name a commit with these files."""
    script = b"commit %s\ncommitter Ada <ada@example.org> 1700000000 +0000\ndata 0\ndeleteall\n" % ref.encode()
    for path, data in files.items():
        script += b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data)
    place.git("fast-import", "--quiet", "--force", input=script)


def lease(**more: Json) -> bytes:
    held: dict[str, Json] = {"state": "held", "holder": {"actor": "agent:a"}, "epoch": 1, "renew": 0, "ttl_s": 600}
    return json.dumps({"schema": 1, "issue": ONE, "wall_hint": NINE, **held, **more}).encode()


def run(issue: str = ONE) -> bytes:
    return json.dumps({"schema": 1, "issue": issue}).encode()


def said(store: Repository, now: Timestamp) -> list[tuple[str, str, str]]:
    with store.view() as view:
        return [(found.code, found.subject, found.message) for found in check_beside(store, view, now)]


def test_what_is_wrong_with_them_is_found(place: Place, store: Repository) -> None:
    assert said(store, NINE) == []
    assert store.recall(NOTE) is None
    put(place, RUNS, {"a.json": run(), "b.json": run(GONE), "c.json": b"{"})
    put(place, CLAIMS, {"d.json": lease(), "e.json": lease(issue=GONE), "f.json": lease(epoch=-1), "g.json": b"["})
    assert said(store, NINE) == [
        ("run_orphaned", "b.json", f"belongs to '{short(GONE)}', which is not here"),
        ("run_invalid", "c.json", f"cannot be read: '$' is not JSON: {NO_NAME} (line 1, column 2)"),
        ("lease_orphaned", "e.json", f"belongs to '{short(GONE)}', which is not here"),
        ("lease_invalid", "f.json", "has no proper 'epoch'"),
        ("lease_invalid", "g.json", "is not the record of a lease"),
    ]  # fmt: skip
    assert store.recall(NOTE) is None


def test_the_name_of_who_decides_is_no_lease(place: Place, store: Repository) -> None:
    put(place, CLAIMS, {"authority.json": b'{"id": "00", "schema": 1}', "claims/00/a.json": lease(state="free")})
    assert said(store, NINE) == []


def test_what_was_sound_is_read_again_when_it_moves_or_a_lease_expires(place: Place, store: Repository) -> None:
    read, asked = store.blobs, list[Oid]()

    def watched(oids: Iterable[Oid]) -> Iterator[bytes | None]:
        asked.extend(oids := list(oids))
        return read(oids)

    store.blobs = watched  # type: ignore[method-assign]
    put(place, RUNS, {"a.json": run()})
    put(place, CLAIMS, {"d.json": lease()})

    def look(now: Timestamp) -> tuple[int, list[str]]:
        asked.clear()
        codes = [code for code, *_ in said(store, now)]
        return len(asked), codes

    assert look(NINE) == (2, [])
    assert look(NINE) == (0, [])
    assert look(Timestamp("2026-11-21T08:59:59.000000Z")) == (2, [])  # the clock went back: nothing is known
    assert look(Timestamp("2026-11-21T09:25:00.000000Z")) == (2, [])  # the time and the allowance are just over
    assert look(TEN) == (2, ["lease_expired"])
    assert look(NINE) == (2, [])
    put(place, RUNS, {"a.json": run(), "b.json": run(GONE)})
    assert look(NINE) == (3, ["run_orphaned"])


def test_a_note_that_is_none_is_forgotten(place: Place, store: Repository) -> None:
    put(place, RUNS, {"b.json": run(GONE)})
    for note in (b"", b"[]", b"{", b'{"state": 1}', b"\xff"):
        store.remember(NOTE, note)
        assert [code for code, *_ in said(store, NINE)] == ["run_orphaned"]


def test_validate_tells(place: Place, store: Repository) -> None:
    put(place, RUNS, {"b.json": run(GONE)})
    put(place, CLAIMS, {"d.json": lease(wall_hint="2020-01-01T00:00:00.000000Z")})
    found = validate(store, only=("run_orphaned", "lease_expired")).findings
    assert [(finding.code, finding.subject) for finding in found] == [
        ("run_orphaned", "b.json"),
        ("lease_expired", "d.json"),
    ]


def test_a_missing_object_is_told(place: Place, store: Repository) -> None:
    put(place, RUNS, {"a.json": run()})
    place.loose(Oid(place.git("rev-parse", f"{RUNS}:a.json"))).unlink()
    assert said(store, NINE) == [("run_invalid", "a.json", "cannot be read: its object is missing or damaged")]
