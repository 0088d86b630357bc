"""The reference and its ways back: one test for each row of the fault catalogue's parts 2.2 and 2.3
(docs/reliability.md).
"""

import json
import os
import re
import subprocess
import sys
import time
import unicodedata
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.store.anchors import EVERY_COMMITS, RING, slots
from git_jit.store.holder import Holder, is_dead, this_process
from tests.faults.kit import damage
from tests.faults.kit.asking import (
    ALL,
    CREATE,
    ROOT,
    STARTED,
    findings,
    lives,
    recovers,
    refused,
    state,
    titles,
    troubles,
)
from tests.faults.kit.commands import Place, Workshop, make_empty
from tests.faults.kit.damage import REF, plant
from tests.faults.kit.holders import dead_writer, foreign_git, left_lock, live_writer, stopped_writer
from tests.faults.stress import run as storm
from tests.program import LIMIT_S

# --- R1 to R4: writers and locks ------------------------------------------------------------------------------


def test_R1_of_concurrent_writers_each_is_acknowledged_once_and_none_is_lost(tmp_path: Path) -> None:
    """The witness looks for lost, doubled and reordered writes; `tests.faults.stress writers` does it at full size."""
    found = storm(["writers", "--processes=3", "--writes=8", "--durability=full", "--seed=1"], tmp_path)
    assert found.good, found
    assert (found.acknowledged, found.commits) == (24, 25)


def test_R2_the_lock_of_a_dead_writer_is_freed_by_the_next_command_without_waiting(place: Place) -> None:
    for turn in range(3):
        before = place.tip()
        dead_writer(place.common)
        assert (place.common / f"{REF}.lock").exists()
        assert troubles(place)["orphaned_lock"]["fix"]["kind"] == "remove_lock"
        place.git("config", "jit.timeout.ref", "0")  # whoever had to wait would fail
        place.works("create", f"After {turn}")
        assert place.git("rev-parse", f"{REF}~1") == before
        assert not (place.common / f"{REF}.lock").exists()
        assert "orphaned_lock" not in troubles(place)
    lives(place)


def test_R3_a_lock_of_the_living_is_waited_for_and_never_broken(place: Place) -> None:
    tip = str(place.tip())
    for key in ("ref", "queue", "retry"):
        place.git("config", f"jit.timeout.{key}", "60ms")
    lock = place.common / f"{REF}.lock"
    with foreign_git(place.common, place.git("rev-parse", f"{REF}~1"), tip):
        error = refused(place, "lock_timeout", 6, "create", "No")
        assert "another git process" in error["message"]
        assert lock.exists()
    for holding in (live_writer, stopped_writer):
        with holding(place.common) as process:
            error = refused(place, "lock_timeout", 6, "create", "No")
            assert error["details"]["holder"]["pid"] == process.pid
            assert error["retryable"] is True
    lives(place)
    with left_lock(place.common) as path:
        long_ago = time.time() - 86_400
        os.utime(path, (long_ago, long_ago))
        refused(place, "lock_timeout", 6, "create", "No")
        place.run("doctor", "--fix")
        assert path.exists(), "not for its age"
        assert "foreign_lock" in troubles(place)
    lives(place)


def test_R3_whoever_only_has_to_wait_is_served(place: Place) -> None:
    tip = str(place.tip())
    with foreign_git(place.common, tip, tip) as git:
        words = [sys.executable, "-m", "git_jit", "create", "Patient"]
        environ = {**place.environ, "PYTHONPATH": str(ROOT), "JIT_LOG": "debug"}
        waiting = subprocess.Popen(words, cwd=place.path, env=environ, stdout=subprocess.PIPE)
        while not (place.common / "jit" / "lock").read_bytes():  # until it stands in the queue
            assert waiting.poll() is None
        git.communicate("abort\n")
        waiting.communicate(timeout=LIMIT_S)
    assert waiting.returncode == 0
    assert titles(place) == STARTED | {"Patient"}


ME = this_process()


@given(
    st.integers(-(2**40), 2**40).filter(lambda pid: pid != ME.pid), st.text("0123456789 -x", max_size=8), st.booleans()
)
def test_R4_no_number_of_a_process_is_believed_alone(pid: int, start: str, queued: bool) -> None:
    """Nothing is ever signalled. Dead is only what the kernel's lock and the table of processes both say so of."""
    there = Holder.parse(f"{pid} {start} {ME.boot} {ME.space} {ME.host}\n".encode())
    if there is None:
        return
    assert there.pid >= 0
    dead = is_dead(there, ME, queued=queued)
    assert not dead or queued
    assert not dead or (there.pid > 1 and not _runs_since(there.pid, there.start))


def _runs_since(pid: int, start: str) -> bool:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return fields[19] == start


@pytest.mark.parametrize("pid", [-1, 0, 1, 4_294_967_295, 2**63])
def test_R4_a_number_that_no_writer_has_frees_no_lock(pid: int, place: Place) -> None:
    """-1 would be every process, 0 our own group, 1 the first one; 4,294,967,295 becomes -1 in 32 bits."""
    dead_writer(place.common)
    place.git("config", "jit.timeout.retry", "60ms")
    record = ME._replace(start="1").encode().replace(str(ME.pid).encode(), str(pid).encode(), 1)
    (place.common / "jit" / "lock").write_bytes(record)
    before = place.tip()
    done = place.run(*CREATE.words, "--json")
    if pid in {0, 1, 4_294_967_295}:
        assert (done.status, done.error["code"]) == (6, "lock_timeout")
        assert place.tip() == before
        assert (place.common / "jit" / "lock").read_bytes() == record, "it stays on record, for the next one"
        (place.common / "jit" / "lock").write_bytes(b"")
    lives(place)


# --- R5 to R7: the reference is damaged, gone, or moved back --------------------------------------------------


@pytest.mark.parametrize("kind", sorted(damage.BAD_REFS))
def test_R5_a_reference_that_names_nothing_is_told_and_replaced_only_when_asked(kind: str, place: Place) -> None:
    tip = place.tip()
    damage.break_ref(place.common, damage.BAD_REFS[kind])
    code = "object_missing" if kind == "dangling" else "ref_corrupt"
    for words in (("list",), ("create", "No")):
        error = refused(place, code, 128, *words)
        assert "git jit recover" in error["hint"]
    again = place.run("init", "--json")
    assert (again.error["code"], again.status) in {("already_initialised", 4), ("ref_corrupt", 128)}
    assert state(place) == "unhealthy"
    listed = json.loads(place.works("recover", "--list", "--json"))["data"]["candidates"]
    assert (listed[0]["commit"], listed[0]["closure"]) == (tip, "whole")
    assert (place.common / REF).read_text() == damage.BAD_REFS[kind], "looking changes nothing"
    recovers(place)
    assert place.git("rev-parse", f"{REF}~1") == tip
    assert titles(place) == ALL


@pytest.mark.parametrize("how", ["update-ref -d", "rm", "remote update --prune"])
def test_R6_a_reference_that_is_gone_is_no_new_tracker(how: str, place: Place) -> None:
    tip = place.tip()
    if how == "rm":
        damage.delete_ref(place.common, log=False)
    elif how == "update-ref -d":
        damage.delete_ref(place.common)
        assert not (place.common / "logs" / REF).exists(), "git takes the log with it"
    else:
        _prune_like_a_mirror(place)
    for words in (("list",), ("create", "No"), ("status",)):
        refused(place, "ref_missing", 128, *words)
    refused(place, "already_initialised", 4, "init")
    recovers(place)
    assert place.git("rev-parse", f"{REF}~1") == tip
    assert titles(place) == ALL


def _prune_like_a_mirror(place: Place) -> None:
    """F8: `git remote update --prune` in a mirror clone of a hub that has no issues deletes them here."""
    hub = place.path / "hub.git"
    subprocess.run(["git", "init", "-q", "--bare", str(hub)], check=True, env=place.environ)
    place.git("config", "remote.hub.url", str(hub))
    place.git("config", "remote.hub.fetch", "+refs/jit/*:refs/jit/*")
    assert "refspec_overwrites" in troubles(place), "told before it happens"
    place.git("remote", "update", "--prune", "hub")
    assert place.tip() is None
    place.git("config", "--remove-section", "remote.hub")


def test_R7_a_reference_that_was_moved_back_is_an_alarm_and_the_lost_comes_back(place: Place) -> None:
    was = damage.rewind_ref(place.common, 2)
    assert state(place) == "unhealthy"
    assert "ref_rewound" in troubles(place)
    assert "ref_rewound" in findings(place)
    place.works("list")
    error = refused(place, "ref_rewound", 128, "create", "No")
    assert error["details"]["published"] == was
    recovers(place)
    assert place.git("rev-parse", f"{REF}~1") == was
    assert titles(place) == ALL


# --- R8 to R12: what others do with it ------------------------------------------------------------------------


def test_R8_packing_references_has_no_effect(tmp_path: Path, place: Place) -> None:
    for turn in range(3):
        place.git("pack-refs", "--all", "--prune")
        assert not (place.common / REF).exists()
        assert titles(place) == STARTED | {f"Packed {n}" for n in range(turn)}
        place.works("create", f"Packed {turn}")
        assert state(place) == "healthy"
    found = storm(["writers", "--processes=2", "--writes=12", "--noise", "--durability=fast", "--seed=8"], tmp_path)
    assert found.good, found


def test_R9_a_name_in_the_way_of_the_reference_is_told(shop: Workshop, place: Place) -> None:
    tip = str(place.tip())
    beside = ["git", "update-ref", f"{REF}/x", tip]
    tried = subprocess.run(beside, cwd=place.path, env=place.environ, capture_output=True, check=False)
    assert tried.returncode, "while ours is there git itself lets nobody in its way"
    damage.delete_ref(place.common)
    place.git("update-ref", f"{REF}/x", tip)
    refused(place, "ref_missing", 128, "list")
    recovers(place)
    assert place.git("rev-parse", f"{REF}~1") == tip

    empty = make_empty(shop.new_path())
    tree = empty.git("hash-object", "-t", "tree", "-w", "--stdin")
    foreign = damage.git(empty.common, "commit-tree", tree, "-m", "foreign")
    for name in ("refs/jit", f"{REF}/x"):
        empty.git("update-ref", name, foreign)
        done = empty.run("init", "--json")
        assert done.status in {6, 128}, done
        assert done.error["code"] in {"write_failed", "ref_conflict", "ref_locked"}
        assert REF in done.error["message"]
        assert empty.git("rev-parse", name) == foreign
        empty.git("update-ref", "-d", name)
    empty.works("init")


def test_R10_names_survive_every_file_system(place: Place) -> None:
    """On one that ignores case, or composes characters in its own way, no two names become one."""
    place.works("create", "Straße ΟΔΟΣ İi", "-l", "place:Koeln")
    place.works("issue", "create-many", "-", stdin=b'{"issues": [{"key": "\xc3\x84", "title": "\xc3\x84pfel"}]}')
    ours = place.git("for-each-ref", "--format=%(refname)", "refs/jit").splitlines()
    paths = place.git("ls-tree", "-r", "-z", "--name-only", REF).split("\0")[:-1]
    for name in (*ours, *paths):
        assert name.isascii(), name
        assert re.fullmatch(r"(?:[0-9a-z.-]+/)*[0-9a-z.-]+|README\.md", name), name
        assert unicodedata.normalize("NFD", name) == name
    assert len({name.casefold() for name in paths}) == len(paths)
    refused(place, "issue_not_found", 3, "show", "ABCDEF" * 5 + "AB")


def test_R11_what_another_program_wrote_is_foreign_and_validated(place: Place) -> None:
    (path,) = [p for p in place.git("ls-tree", "-r", "--name-only", REF, "issues/").split() if "/0001" in p]
    document = json.loads(damage.blob(place.common, path))
    made = plant(place.common, {path: json.dumps({**document, "state": "exploded"}).encode(), "issues/stray.txt": b"x"})
    newest = json.loads(place.works("log", "-L", "1", "--json"))["data"][0]
    assert (newest["commit"], newest["actor"]) == (made, "Mallory <mallory@example.org>"), "whom git names"
    assert titles(place) == STARTED - {"Foundation"}
    assert findings(place) >= {"unreadable", "misplaced"}
    lives(place)
    assert place.run("validate", "--fix").status == 4, "what does not belong there a person has to take away"
    assert titles(place) == ALL


@pytest.mark.parametrize("path", ["config.json", "issue"])
def test_R12_what_a_newer_version_wrote_is_not_written(path: str, place: Place) -> None:
    if path == "issue":
        (path,) = [p for p in place.git("ls-tree", "-r", "--name-only", REF, "issues/").split() if "/0001" in p]
    document = json.loads(damage.blob(place.common, path))
    data = json.dumps({**document, "schema": 999, "later": True}, indent=2, sort_keys=True).encode() + b"\n"
    plant(place.common, {path: data})
    if path == "config.json":
        for words in (("create", "No"), ("update", "0006", "--priority", "high")):
            error = refused(place, "schema_newer", 128, *words)
            assert "upgrade" in error["hint"]
        assert "schema_unknown" in troubles(place)
        place.works("show", "0006")
    else:
        refused(place, "issue_corrupt", 128, "update", "0001", "--priority", "high")
        lives(place)
    place.run("validate", "--fix")
    assert damage.blob(place.common, path) == data, "byte by byte as the newer version left it"


# --- L: the reflog and what else leads back -------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["fresh", "bare", "worktree", "logs off"])
def test_L1_there_is_a_reflog_in_every_kind_of_repository(shape: str, shop: Workshop) -> None:
    place = make_empty(shop.new_path())
    here = place
    if shape == "bare":
        place.git("config", "core.bare", "true")
        place.environ["GIT_DIR"] = str(place.common)
    elif shape == "worktree":
        tree = place.git("hash-object", "-t", "tree", "-w", "--stdin")
        place.git("update-ref", "HEAD", damage.git(place.common, "commit-tree", tree, "-m", "code"))
        place.git("worktree", "add", "-q", "--detach", str(place.path / "linked"))
        here = Place(place.path / "linked", ids=50)
        here.common = place.common
    elif shape == "logs off":
        place.git("config", "core.logAllRefUpdates", "false")
    here.works("init")
    here.works("create", "Logged")
    log = place.common / "logs" / REF
    assert len(log.read_text().splitlines()) == 2
    assert state(here) == "healthy"
    log.unlink()
    assert (state(here), "reflog_missing" in troubles(here)) == ("degraded", True)
    here.works("doctor", "--fix")
    (line,) = log.read_text().splitlines()
    assert (line.split()[1], "begins here" in line) == (here.tip(), True)
    assert state(here) == "healthy"


def test_L2_a_wiped_reflog_is_no_hindrance(place: Place) -> None:
    tip = place.tip()
    damage.wipe_reflogs(place.common)
    assert state(place) == "degraded"
    damage.delete_ref(place.common)
    recovers(place)
    assert place.git("rev-parse", f"{REF}~1") == tip


@pytest.mark.parametrize("written", [False, True])
def test_L3_an_entry_of_a_move_that_never_happened_is_no_witness(written: bool, place: Place) -> None:
    """Killed between the entry and the rename: the log names a commit that the reference never named."""
    tip = str(place.tip())
    made = damage.git(place.common, "commit-tree", f"{REF}^{{tree}}", "-p", REF, "-m", "never acknowledged")
    with (place.common / "logs" / REF).open("a") as file:
        file.write(f"{tip} {made if written else '1' * 40} Ada <ada@example.org> 1795132900 +0000\tjit: never\n")
    assert "reflog_gap" in troubles(place)
    assert titles(place) == STARTED
    damage.delete_ref(place.common, log=False)
    assert recovers(place)["chosen"] in {tip, made if written else tip}
    assert tip in place.git("rev-list", REF).split()
    assert titles(place) == ALL


PARTS = ("ref", "reflog", "anchors", "remote")


@pytest.mark.parametrize("lost", [s for n in range(1, 5) for s in combinations(PARTS, n)], ids="+".join)
def test_L4_any_one_way_back_survives_the_loss_of_the_others(lost: Sequence[str], place: Place) -> None:
    """All 15; with nothing left git's unreachable commits still carry our trailers. At size: `tests.faults.drills`."""
    tip = str(place.tip())
    place.git("update-ref", "refs/remotes/origin/jit/issues", tip)
    (place.common / "jit" / "high-water").unlink()
    losses = {
        "ref": [REF],
        "reflog": [f"logs/{REF}"],
        "anchors": slots(),
        "remote": ["refs/remotes/origin/jit/issues"],
    }
    for name in (name for part in lost for name in losses[part]):
        (place.common / name).unlink(missing_ok=True)
    recovers(place)
    assert place.git("rev-parse", f"{REF}~1") == tip
    assert titles(place) == ALL
    assert state(place) != "unhealthy"


def test_L4_anchors_follow_at_the_promised_distance(place: Place) -> None:
    assert (EVERY_COMMITS, RING) == (64, 8)
    for turn in range(EVERY_COMMITS + 1):
        place.works("update", "0001", "--priority", ("high", "low")[turn % 2])
    ahead = place.git("rev-list", "--count", f"refs/jit/backup/anchor-1..{REF}")
    assert int(ahead) < EVERY_COMMITS
    assert json.loads(place.works("doctor", "--json"))["data"]["clone"]["anchors"]["names"] == list(slots()[:2])


def test_L5_undo_is_a_commit_of_its_own_and_never_moves_back(place: Place) -> None:
    seen = [place.tip()]
    for words in (("create", "New"), ("undo",), ("redo",), ("undo",), ("undo",), ("redo",)):
        place.works(*words)
        assert place.git("rev-parse", f"{REF}~1") == seen[-1]
        seen.append(place.tip())
    requests = place.git("log", "-6", "--format=%(trailers:key=Jit-Request,valueonly)", REF).split()
    assert len(set(requests)) == 6
    assert state(place) == "healthy"
