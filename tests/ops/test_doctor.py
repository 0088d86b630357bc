"""`doctor`: it looks without touching, mends what it may, and says what is left."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from git_jit.ops import doctor
from git_jit.ops.doctor import Diagnosis
from git_jit.store.memory import MemoryStore
from git_jit.validate.health import Health
from tests.store import damage
from tests.store.damage import DEEP_FAULTS, FAULTS, common, healthy, store_in
from tests.store.gitrepo import REF, Place
from tests.store.test_survey import snapshot

Inflict = Callable[[Place], None]
LOCAL = (
    damage.no_reflog,
    damage.unprotected_reflog,
    damage.no_anchors,
    damage.orphaned_lock,
    damage.unfinished_object,
    damage.orphaned_keep,
    damage.garbage_index,
)
"""What can be mended, all at once."""


def examine(place: Place, *, deep: bool = False, fix: bool = False, dry_run: bool = False) -> Diagnosis:
    store = store_in(place)
    try:
        return doctor.examine(store, deep=deep, fix=fix, dry_run=dry_run)
    finally:
        store.close()


def codes(place: Place, *, deep: bool = False) -> list[str]:
    return [item.finding.code for item in examine(place, deep=deep).judgement.items]


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("inflict", [fault[0] for fault in (*FAULTS, *DEEP_FAULTS)], ids=lambda one: one.__name__)
def test_looking_changes_no_byte(tmp_path: Path, inflict: Inflict, *, deep: bool) -> None:
    place = healthy(tmp_path)
    inflict(place)
    before = snapshot(common(place))
    examine(place, deep=deep)
    examine(place, deep=deep, fix=True, dry_run=True)
    assert snapshot(common(place)) == before


def test_everything_that_can_be_mended_is_mended_at_once(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    for inflict in LOCAL:
        inflict(place)
    tried = examine(place, fix=True, dry_run=True)
    assert {each.kind for each in tried.mended} == {
        "create_reflog", "keep_anchor", "protect_reflog", "rebuild_index", "remove_lock", "sweep_keeps", "sweep_temp"
    }  # fmt: skip
    assert all(each.done is None for each in tried.mended)
    done = examine(place, fix=True)
    assert [each.kind for each in done.mended] == [each.kind for each in tried.mended]
    assert all(each.done for each in done.mended)
    assert (done.judgement.state, done.status) == (Health.HEALTHY, 0)
    again = examine(place, fix=True, deep=True)
    assert (again.mended, again.judgement.state) == ((), Health.HEALTHY)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault[0].__name__)
def test_mending_twice_is_mending_once_and_issues_stay(tmp_path: Path, fault: tuple[Inflict, str]) -> None:
    place = healthy(tmp_path)
    inflict, code = fault
    inflict(place)
    refs = (common(place) / REF).read_bytes() if (common(place) / REF).exists() else None
    first = examine(place, fix=True)
    kept = snapshot(common(place))
    second = examine(place, fix=True)
    assert not any(each.done for each in second.mended)
    assert snapshot(common(place)) == kept
    assert ((common(place) / REF).read_bytes() if (common(place) / REF).exists() else None) == refs
    left = [item.finding.code for item in first.judgement.items]
    assert (code in left) is (not any(each.done for each in first.mended))


def test_a_mend_that_fails_stops_no_other(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    damage.unfinished_object(place)
    damage.no_reflog(place)
    log = common(place) / "logs" / "refs" / "jit"
    (log / "issues").mkdir()  # something is where the log should be
    found = examine(place, fix=True)
    assert [(each.kind, bool(each.done), each.error is None) for each in found.mended] == [
        ("sweep_temp", True, True),
        ("create_reflog", False, False),
    ]
    assert [item.finding.code for item in found.judgement.items] == ["reflog_missing"]
    assert found.status == 0


def test_what_it_answers_is_json(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    damage.no_reflog(place)
    found = examine(place, fix=True)
    data = json.loads(json.dumps(found.to_json()))
    assert (data["state"], data["deep"], data["dry_run"]) == ("healthy", False, False)
    assert data["fixes_applied"] == {"create_reflog": 1}
    assert data["clone"]["ref"]["state"] == "intact"
    assert data["clone"]["versions"].keys() >= {"git", "python"}
    assert [part["name"] for part in data["parts"]] == [
        "reference", "storage", "history", "locks", "index", "hooks", "remotes", "disk", "versions"
    ]  # fmt: skip


def test_a_damaged_tracker_is_examined_like_any_other(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    damage.loose_ref(place)
    found = examine(place, deep=True)
    assert found.status == 1
    (item,) = found.judgement.items
    assert item.finding.code == "ref_corrupt"
    assert item.finding.hint == "'git jit recover --list' shows the states that can be brought back"


def test_documents_that_cannot_be_read_lead_to_validate(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    damage.commit_file(place, "issues/aa/" + "a" * 32 + ".json", b"not JSON")
    store = store_in(place)
    store.view().close()  # brings the index up to date
    store.close()
    assert "unreadable" in codes(place)


def test_without_a_clone_there_is_nothing_to_examine() -> None:
    found = doctor.examine(MemoryStore(), fix=True, deep=True)
    assert (found.clone, found.judgement.parts, found.status) == (None, (), 0)
