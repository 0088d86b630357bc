"""The store of errors: what is kept, for how long, how much, and what happens to a file that is no longer one."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from git_jit.model import Timestamp
from git_jit.record import replace
from git_jit.store.incidents import MAX_BYTES, MAX_EVENTS, ErrorStoreFailed, Event, Happened, Incidents, Tally, Wanted


def at(day: int = 1, minute: int = 0) -> Timestamp:
    return Timestamp(f"2026-{1 + day // 28:02d}-{1 + day % 28:02d}T09:{minute:02d}:00.000000Z")


FIRST = at()


def happened(when: Timestamp = FIRST, name: str = "a", **more: Any) -> Happened:
    values: dict[str, Any] = {
        "at": when, "fingerprint": name, "severity": "storage", "code": "disk_full", "operation": "create",
        "message": f"message {name}", "request": f"request {when}", "versions": {"git_jit": "1"},
    }  # fmt: skip
    return Happened(**(values | more))


@pytest.fixture
def store(tmp_path: Path) -> Incidents:
    return Incidents(str(tmp_path / "errors.sqlite"))


def listed(store: Incidents, **wanted: Any) -> list[tuple[str, int]]:
    found, total = store.page(Wanted(**wanted), limit=None, offset=0)
    assert total == len(found)
    return [(one.fingerprint, one.count) for one in found]


def test_an_incident_is_a_kind_and_an_event_is_a_time(store: Incidents) -> None:
    store.add(happened(at(1)))
    store.add(happened(at(3), message="said last", request="R", versions={"git_jit": "2"}))
    store.add(happened(at(2), "b", severity="bug", code="bug", traceback="T"))
    assert listed(store) == [("a", 2), ("b", 1)]
    found = store.get(1, events=5)
    assert found is not None
    one, events = found
    assert (one.first_seen, one.last_seen, one.message, one.versions) == (at(1), at(3), "said last", {"git_jit": "2"})
    assert events == [Event(at(3), "R"), Event(at(1), f"request {at(1)}")]
    assert store.get(2, events=0) is not None
    assert store.get(3, events=0) is None


def test_numbers_have_no_gaps_and_are_never_used_again(store: Incidents) -> None:
    for name in "aaabab":
        store.add(happened(name=name))
    assert sorted(one.id for one in store.page(Wanted(), limit=None, offset=0)[0]) == [1, 2]
    assert store.clear(None) == 2
    store.add(happened())
    assert [one.id for one in store.page(Wanted(), limit=None, offset=0)[0]] == [3]


def test_a_suspect_is_an_incident_at_the_third_time_within_an_hour(store: Incidents) -> None:
    def suspect(minute: int, day: int = 1) -> None:
        store.add(happened(at(day, minute), suspect=True))

    suspect(0)
    suspect(10)
    assert listed(store) == []
    suspect(0, day=2)
    suspect(10, day=2)
    assert listed(store) == [], "yesterday's do not count"
    suspect(20, day=2)
    assert listed(store) == [("a", 3)]
    suspect(21, day=2)
    assert listed(store) == [("a", 4)], "from now on each one counts"
    suspect(0, day=3)
    assert listed(store) == [("a", 4)], "until there is an hour without"


def test_a_resolved_incident_is_open_again_when_it_happens_again(store: Incidents) -> None:
    store.add(happened())
    store.add(happened(name="b"))
    assert store.resolve([1], at(2)) == [1]
    assert store.resolve([1], at(2)) == []
    assert listed(store) == [("b", 1)]
    assert listed(store, resolved=True) == [("b", 1), ("a", 1)]
    store.add(happened(at(3)))
    assert listed(store) == [("a", 2), ("b", 1)]
    assert store.resolve(None, at(4)) == [1, 2]


def test_filters_and_pages(store: Incidents) -> None:
    store.add(happened(at(1), "a"))
    store.add(happened(at(2), "b", severity="bug", code="bug"))
    store.add(happened(at(3), "c", severity="network", code="network"))
    assert listed(store, severities=("bug", "storage")) == [("b", 1), ("a", 1)]
    assert listed(store, code="network") == [("c", 1)]
    assert listed(store, since=at(2)) == [("c", 1), ("b", 1)]
    page, total = store.page(Wanted(), limit=1, offset=1)
    assert ([one.fingerprint for one in page], total) == (["b"], 3)
    assert store.tally(Wanted(since=at(2))) == [
        Tally(at(2)[:10], "bug", "bug", 1),
        Tally(at(3)[:10], "network", "network", 1),
    ]


def test_what_is_older_than_ninety_days_goes(store: Incidents) -> None:
    store.add(happened(at(0), "a"))
    store.add(happened(at(60), "b"))
    store.add(happened(at(95), "c"))
    assert listed(store) == [("c", 1), ("b", 1)]


def test_clear_before_a_time_takes_what_did_not_happen_since(store: Incidents) -> None:
    store.add(happened(at(1), "a"))
    store.add(happened(at(2), "b"))
    store.add(happened(at(3), "a", message="again"))
    assert store.clear(at(3)) == 1
    assert listed(store) == [("a", 2)]
    assert store.clear(None) == 1
    assert b"again" not in Path(store.path).read_bytes()


def test_there_are_never_more_events_than_allowed(store: Incidents) -> None:
    store.add(happened())
    with sqlite3.connect(store.path) as db:
        db.executemany("INSERT INTO events VALUES (1, ?, 'r')", [(at(2, n % 60),) for n in range(MAX_EVENTS)])
    store.add(happened(at(3)))
    with sqlite3.connect(store.path) as db:
        assert db.execute("SELECT count(*), min(at) FROM events").fetchone() == (MAX_EVENTS, at(2))


def test_a_store_that_is_too_large_loses_its_oldest_incidents(store: Incidents) -> None:
    store.add(happened(at(1), "first"))
    with sqlite3.connect(store.path) as db:
        for number in range(12):
            db.execute(
                "INSERT INTO incidents (fingerprint, severity, code, operation, message, request, versions, traceback,"
                " count, first_seen, last_seen) VALUES (?, 'bug', 'bug', '', '', '', '{}', ?, 1, ?, ?)",
                (str(number), "x" * (1 << 20), at(2), at(2, number)),
            )
            db.execute("INSERT INTO events SELECT max(id), ?, 'r' FROM incidents", (at(2, number),))
    store.add(happened(at(3), "last"))
    kept = [name for name, _ in listed(store)]
    assert kept[0] == "last"
    assert "first" not in kept
    assert "11" in kept
    with sqlite3.connect(store.path) as db:
        (pages,), (free,) = (db.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "freelist_count"))
        assert (pages - free) * 4096 <= MAX_BYTES
        assert db.execute(
            "SELECT count(*) FROM events WHERE incident NOT IN (SELECT id FROM incidents)"
        ).fetchone() == (0,)


@pytest.mark.parametrize("damage", [b"", b"no database at all, " * 100, None])
def test_a_damaged_file_is_set_aside_and_begun_anew(store: Incidents, damage: bytes | None) -> None:
    path = Path(store.path)
    for number in range(200):
        store.add(happened(name=str(number)))
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 60_000 if damage is None else damage)
    if damage != b"":
        with pytest.raises(ErrorStoreFailed):
            listed(store)
    store.add(happened(name="new"))
    assert listed(store) == [("new", 1)]
    assert (path.parent / "errors.sqlite.damaged").exists() is (damage != b"")


def test_a_file_of_a_later_version_is_left_alone(store: Incidents) -> None:
    store.add(happened())
    with sqlite3.connect(store.path) as db:
        db.execute("PRAGMA user_version = 99")
    before = Path(store.path).read_bytes()
    with pytest.raises(sqlite3.NotSupportedError):
        store.add(happened())
    assert Path(store.path).read_bytes() == before


def test_only_the_owner_may_read_it(store: Incidents) -> None:
    store.add(happened())
    assert Path(store.path).stat().st_mode & 0o777 == 0o600


def test_a_link_in_its_place_is_not_followed(store: Incidents, tmp_path: Path) -> None:
    Path(store.path).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        store.add(happened())
    assert not (tmp_path / "elsewhere").exists()


def test_where_nothing_was_kept_there_is_nothing_and_nothing_is_made(store: Incidents) -> None:
    assert listed(store) == []
    assert store.tally(Wanted()) == []
    assert store.resolve(None, at()) == []
    assert store.clear(None) == 0
    assert not Path(store.path).exists()


def test_a_file_that_somebody_holds_is_not_waited_for(store: Incidents) -> None:
    store.add(happened())
    quick = replace(happened(), fingerprint="b")
    holder = sqlite3.connect(store.path)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        store.add(quick)
    holder.close()
    assert listed(store) == [("a", 1)]
