import json

import pytest

from git_jit.model import Json, Timestamp
from git_jit.validate.run_rules import check_leases, check_runs
from tests.validate.tree import id_of, said

NOW = Timestamp("2026-11-21T12:00:00.000000Z")
KNOWN = {id_of(1)}
HELD: dict[str, Json] = {
    "issue": id_of(1),
    "state": "held",
    "holder": {"actor": "agent:w-1"},
    "epoch": 3,
    "renew": 0,
    "ttl_s": 600,
    "wall_hint": "2026-11-21T11:50:00.000000Z",
}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (json.dumps({"schema": 1, "issue": id_of(1)}).encode(), []),
        (json.dumps({"schema": 2, "is": "new"}).encode(), []),
        (None, [("run_invalid", "a.json", "cannot be read: its object is missing or damaged")]),
        (b"[", [("run_invalid", "a.json", "cannot be read: '$' is not JSON: expecting value (line 1, column 2)")]),
        (b"[]", [("run_invalid", "a.json", "is not the record of a gate run")]),
        (b'{"schema": true}', [("run_invalid", "a.json", "is not the record of a gate run")]),
        (b'{"schema": 1}', [("run_invalid", "a.json", "has no proper 'issue'")]),
        (
            json.dumps({"schema": 1, "issue": id_of(2)}).encode(),
            [("run_orphaned", "a.json", "belongs to '0000002', which is not here")],
        ),
    ],
)
def test_runs(data: bytes | None, expected: list[tuple[str, str, str]]) -> None:
    assert said(check_runs({"a.json": data}, KNOWN)) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"wall_hint": "2026-11-21T11:35:00.000000Z"}, []),  # the limit itself: ttl and skew
        (
            {"wall_hint": "2026-11-21T11:34:59.000000Z"},
            [("lease_expired", "a", "is held by 'agent:w-1' and was not renewed for 25 minutes, of 10 given")],
        ),
        (
            {"wall_hint": "2026-11-18T10:00:00.000000Z", "ttl_s": 0, "reason": "a study"},
            [("lease_indefinite", "a", "is held by 'agent:w-1' for 3 days, without end: a study")],
        ),
        (
            {"wall_hint": None, "ttl_s": 0},
            [("lease_indefinite", "a", "is held by 'agent:w-1' for an unknown time, without end, and says no reason")],
        ),
        ({"wall_hint": "2027-01-01T00:00:00.000000Z"}, []),  # a time in the future says nothing
        ({"wall_hint": "yesterday"}, []),
        ({"wall_hint": None}, []),
        ({"state": "free", "holder": None, "wall_hint": "2020-01-01T00:00:00.000000Z"}, []),
        ({"issue": id_of(2)}, [("lease_orphaned", "a", "belongs to '0000002', which is not here")]),
        ({"issue": "x"}, [("lease_invalid", "a", "has no proper 'issue'")]),
        ({"state": "lent"}, [("lease_invalid", "a", "has no proper 'state'")]),
        ({"epoch": -1}, [("lease_invalid", "a", "has no proper 'epoch'")]),
        ({"renew": "0"}, [("lease_invalid", "a", "has no proper 'renew'")]),
        ({"ttl_s": None}, [("lease_invalid", "a", "has no proper 'ttl_s'")]),
        ({"holder": {}}, [("lease_invalid", "a", "has no proper 'holder'")]),
    ],
)
def test_leases(change: dict[str, Json], expected: list[tuple[str, str, str]]) -> None:
    assert said(check_leases({"a": {**HELD, **change}}, NOW, KNOWN)) == expected


def test_a_lease_is_an_object() -> None:
    assert said(check_leases({"a": []}, NOW, KNOWN)) == [("lease_invalid", "a", "is not the record of a lease")]
