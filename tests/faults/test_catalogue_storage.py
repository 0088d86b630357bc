"""The object database: one test for each row of the fault catalogue's part 2.1 (docs/reliability.md)."""

import errno
import json
import os
import random
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from git_jit.model import Oid
from git_jit.record import replace
from git_jit.store.backend import Object
from git_jit.store.survey.disk import NETWORK, look_at_disk
from git_jit.validate.clone_rules import check_clone
from tests.faults.kit import damage
from tests.faults.kit.asking import (
    ALL,
    CREATE,
    STARTED,
    lives,
    outside,
    recovers,
    refused,
    state,
    titles,
    troubles,
)
from tests.faults.kit.calls import Dying, Failing, Killed, Watched
from tests.faults.kit.commands import PERSON, Done, Place, Workshop, make_empty, plan, workshop
from tests.faults.kit.judge import UNKNOWN, goes_on, outcome, word_of
from tests.faults.kit.machine import few_descriptors, little_memory, read_only
from tests.faults.stress import run as storm

ROOT = Path(__file__).resolve().parents[2]
REF = damage.REF


# --- S1, S2: died, or lost power ------------------------------------------------------------------------------


def test_S1_a_crash_while_objects_are_written_leaves_rubbish_and_nothing_else(place: Place) -> None:
    before = place.tip()
    left = 0
    for at in range(1, 40):
        with suppress(Killed):
            system = Dying(at)
            place.run(*CREATE.words, system=system)
        if place.tip() != before or not system.fired:
            break
        left = max(left, len(list((place.common / "objects").glob("tmp_obj_jit_*"))))
        assert titles(place) == STARTED
    assert left > 3, "each crash leaves its own"
    assert troubles(place)["orphaned_temp"]["fix"]["kind"] == "sweep_temp"
    place.works("doctor", "--fix")
    assert list((place.common / "objects").glob("tmp_obj_jit_*")) == []
    lives(place)


@pytest.mark.parametrize("kind", ["blob", "tree", "commit"])
def test_S2_a_tip_that_a_power_cut_emptied_is_told_and_the_commit_before_it_comes_back(kind: str, place: Place) -> None:
    """Without durability; what a cut leaves of a durable write is replayed in `test_replay.py`."""
    place.git("config", "jit.durability", "fast")
    before = place.tip()
    place.works("create", "Unsynced")
    tip = str(place.tip())
    new = [
        oid
        for oid in damage.objects_of_tip(place.common)
        if oid not in damage.objects_of_tip(place.common, before or "")
    ]
    (hit,) = [oid for oid in new if place.git("cat-file", "-t", oid) == kind][:1]
    damage.empty(damage.loose(place.common, hit))
    assert (state(place), troubles(place)["object_corrupt"]["subject"]) == ("unhealthy", hit)
    recovers(place)
    assert place.git("rev-parse", f"{REF}~1") == before
    assert titles(place) == ALL
    if kind != "commit":
        assert place.git("rev-parse", f"refs/jit/lost/{tip}") == tip


# --- S3, S4: the disk changed something -----------------------------------------------------------------------


def test_S3_no_damaged_object_is_believed_and_none_stops_the_next_write(shop: Workshop) -> None:
    """Each object of the tip in turn, each way in which a file can be bad in turn."""
    objects = damage.objects_of_tip(shop.start("tracker").common)
    for at, oid in enumerate(objects):
        with shop.case() as place:
            store = place.open()
            good = store.backend.read(Oid(oid))
            file = damage.loose(place.common, oid)
            content = file.read_bytes()
            file.unlink()  # it may be a hard link
            file.write_bytes(content)
            damage.DAMAGES[at % len(damage.DAMAGES)](file)
            found = troubles(place, "--deep")["object_corrupt"]
            assert found["subject"] == oid
            for words in (("list",), ("show", "0001"), ("show", "0006"), ("log",)):
                done = place.run(*words, "--json")
                assert done.status in {0, 3, 128}, done
                if done.status == 128:
                    assert word_of(done) in {"object_corrupt", "issue_corrupt"}
            store.backend.write([good], store._chosen.durability)
            assert store.backend.read(Oid(oid)) == good
            store.close()
            assert titles(place) == STARTED
            lives(place)


POSITIONS = 100


def test_S4_a_bit_that_turned_in_a_pack_never_passes_for_content(shop: Workshop) -> None:
    chance = random.Random("S4")
    with shop.case() as place:
        place.works("bundle")
        store = place.open()
        oids = [Oid(line.split()[0]) for line in place.git("rev-list", "--objects", "--all").splitlines()]
        wanted = dict(zip(oids, store.backend.read_many(oids), strict=True))
        store.close()
        pack = damage.repack(place.common)
        content = pack.read_bytes()
        noticed = 0
        for turn in range(POSITIONS):
            damage.flip_bit(pack, chance.randrange(12 * 8, len(content) * 8))
            store = place.open()
            found = list(store.backend.read_many(oids))
            store.close()
            assert all(each in {oid, wanted[oid]} for oid, each in zip(oids, found, strict=True))
            noticed += any(not isinstance(each, Object) for each in found)
            if turn % 40 == 0 and noticed:
                _heals(place)
            damage.overwrite(pack, content)
        assert noticed > POSITIONS * 0.9


def test_S4_a_bundle_takes_the_place_of_the_very_pack_that_is_damaged(place: Place) -> None:
    """They have one name, for a pack is named after what it holds."""
    place.works("bundle")
    (bundle,) = (place.common / "jit" / "backup").glob("*.bundle")
    shutil.rmtree(place.common / "objects")
    (place.common / "objects").mkdir()
    damage.git(place.common, "index-pack", "--stdin", stdin=bundle.read_bytes().partition(b"\n\n")[2])
    (pack,) = (place.common / "objects" / "pack").glob("*.pack")
    damage.overwrite(pack, pack.read_bytes()[:-200] + bytes(200))
    recovers(place)
    assert titles(place) == ALL
    place.git("fsck", "--strict")


def _heals(place: Place) -> None:
    """From a bundle, in a copy: what can be read afterwards is everything."""
    with workshop() as shop:
        other = place.copy(shop.new_path())
        assert {"object_corrupt", "closure_broken"} & troubles(other, "--deep").keys()
        assert titles(other) <= STARTED
        recovers(other)
        assert titles(other) == ALL


# --- S5 to S10: a machine that does not play along ------------------------------------------------------------


class FailingSync(Watched):
    """Sync number `at` fails: the kernel has thrown the pages away, and says so once (fsyncgate)."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at

    def step(self, name: str, path: str | None) -> None:
        if name == "fsync" and self.names[name] == self.at:
            raise OSError(errno.EIO, os.strerror(errno.EIO))


@pytest.mark.parametrize("name", ["ENOSPC", "EDQUOT"])
def test_S5_a_full_disk_is_told_and_the_next_write_works_when_there_is_room(name: str, shop: Workshop) -> None:
    said = _said_at_every_call(shop, getattr(errno, name), for_ever=True)
    assert said >= {"disk_full"}
    assert said <= {"disk_full", "unknown", "done"}


def test_S6_a_failing_sync_is_never_acknowledged(shop: Workshop) -> None:
    """Unknown once the reference has moved, and only then."""
    said: list[tuple[str, bool]] = []
    for at in range(1, 100):
        answer = next(filter(None, (_said_when_sync_fails(shop, at) for _ in range(TRIES))), None)
        if answer is None:
            break
        said.append(answer)
    assert len(said) > 10
    assert set(said) == {("write_failed", False), ("unknown", True)}


TRIES = 4
"""How often a sync is waited for. How many a write makes is chance: two of its objects may share a new directory."""


def _said_when_sync_fails(shop: Workshop, at: int) -> tuple[str, bool] | None:
    """What a write said whose sync number `at` failed, and whether the reference moved; None if it made fewer."""
    with shop.case() as place:
        before = place.tip()
        system = FailingSync(at)
        done = place.run(*CREATE.words, "--json", system=system)
        if system.names["fsync"] < at:
            return None
        assert outcome(place, CREATE, before, done) is None, at
        moved = place.tip() != before
        objects = [] if moved else damage.objects_of_tip(place.common)
        assert all(damage.loose(place.common, oid).exists() for oid in objects)
        assert goes_on(place, CREATE) is None
        return word_of(done), moved


EACH = 2
"""Every so many calls is made to fail here; `python -m tests.faults.sweep --all` goes through them all."""


def _said_at_every_call(shop: Workshop, code: int, *, for_ever: bool = False) -> set[str]:
    """Make calls of a write fail in turn; in one word each, what the command said. Nothing is lost."""
    said = set()
    for at in range(1 + code % EACH, 200, EACH):
        with shop.case() as place:
            before = place.tip()
            system = Failing(at, code, for_ever=for_ever)
            done = place.run(*CREATE.words, "--json", system=system)
            if not system.fired:
                break
            assert outcome(place, CREATE, before, done) is None, at
            said.add(word_of(done))
            assert goes_on(place, CREATE) is None
    return said


def test_S7_a_place_that_may_not_be_written_is_read_and_its_mode_left_alone(place: Place) -> None:
    with read_only(place.common):
        assert len(outside(place, "list").out.splitlines()) == len(STARTED)
        done = outside(place, "create", "No", "--json")
        modes = {path.stat().st_mode & 0o222 for path in place.common.rglob("*")}
    error = json.loads(done.out)["error"]
    assert (error["code"], done.status, modes) == ("not_writable", 128, {0})
    lives(place)


def test_S7_a_repository_of_somebody_else_is_not_opened_and_not_declared_safe(place: Place) -> None:
    config = (place.common / "config").read_bytes()
    place.environ["GIT_TEST_ASSUME_DIFFERENT_OWNER"] = "1"  # git's own way to play somebody else
    for words in (("list",), ("create", "No")):
        error = refused(place, "repo_not_trusted", 128, *words)
        assert "safe.directory" in error["hint"]
    assert (place.common / "config").read_bytes() == config
    assert not list(place.path.glob(".gitconfig"))
    del place.environ["GIT_TEST_ASSUME_DIFFERENT_OWNER"]
    lives(place)


def test_S8_one_directory_that_sudo_left_behind_is_named(place: Place) -> None:
    """As root one is given away; without that right one of root's takes its place."""
    directory = place.common / "objects" / "zz"
    if os.geteuid() == 0:
        directory.mkdir()
        os.chown(directory, 12345, 12345)
    else:
        directory.symlink_to("/proc")
    (code,) = troubles(place).keys() & {"owner_mixed", "not_writable"}
    found = troubles(place)[code]
    assert (found["subject"], "ls -l" in found["hint"]) == ("objects/zz", True)
    owner = directory.stat().st_uid
    place.works("doctor", "--fix", "--json") if code == "owner_mixed" else None
    assert directory.stat().st_uid == owner, "nobody is given anything unasked"
    lives(place)


@pytest.mark.parametrize("name", ["EMFILE", "ENOMEM"])
def test_S9_no_descriptor_or_no_memory_is_told_and_nothing_half_written(name: str, shop: Workshop) -> None:
    said = _said_at_every_call(shop, getattr(errno, name))
    assert said <= {"write_failed", "lock_io", "unknown", "done"}
    assert said & {"write_failed", "lock_io"}


@pytest.mark.parametrize("most", [5, 6, 8])
def test_S9_a_process_of_few_descriptors_works_or_says_so(most: int, place: Place) -> None:
    before = place.tip()
    done = outside(place, "create", "Few", "--json", before=few_descriptors(most))
    assert outcome(place, CREATE, before, done) is None
    lives(place)


@pytest.mark.parametrize("mib", [24, 32, 48])
def test_S10_a_process_that_memory_runs_out_for_is_as_good_as_killed(mib: int, place: Place) -> None:
    before = place.tip()
    outside(place, "create", "Starved", before=little_memory(mib))
    assert outcome(place, CREATE, before, Done(UNKNOWN, "", "")) is None
    lives(place)


def test_S10_sudden_deaths_lose_nothing(tmp_path: Path) -> None:
    found = storm(["kills", "--kills=24", "--writers=2", "--life-ms=30", "--durability=full", "--seed=10"], tmp_path)
    assert found.good, found
    assert found.kills == 24


# --- S11 to S16: what kind of repository it is ----------------------------------------------------------------


def written_by(place: Place, *words: str) -> tuple[int, int]:
    """How many loose objects a command writes, and their bytes."""

    def loose() -> dict[Path, int]:
        return {path: path.stat().st_size for path in (place.common / "objects").glob("??/*")}

    before = loose()
    place.works(*words)
    new = loose().items() - before.items()
    return len(new), sum(size for _, size in new)


@pytest.mark.parametrize("count", [800])
def test_S11_a_change_costs_the_same_in_a_large_repository(count: int, shop: Workshop) -> None:
    """10,000 and 100,000 issues, and times: `make bench`. Here is counted what grows with the number of issues."""
    small, large = make_empty(shop.new_path()), make_empty(shop.new_path())
    costs = []
    for place, issues in ((small, 100), (large, count)):
        place.works("init")
        for start in range(0, issues, 500):
            place.works("issue", "create-many", "-", stdin=plan(min(500, issues - start)))
        costs.append(written_by(place, "create", "One more"))
    (objects, few), (same, more) = costs
    assert objects == same == 5, "commit, root, issues/, issues/10/, the issue"
    assert more < few + count * 40 // 256 + 256 * 40, "one shard and the directory of shards"
    assert len(outside(large, "list", before=little_memory(400)).out.splitlines()) == 50
    assert str(count + 1) in troubles_evidence(large, "index")


def troubles_evidence(place: Place, part: str) -> str:
    parts = json.loads(place.works("doctor", "--json"))["data"]["parts"]
    return str(next(each["evidence"] for each in parts if each["name"] == part))


@pytest.mark.parametrize("extension", ["frotz", "refstorage=reftable", "objectformat=sha1024", "compatobjectformat=x"])
def test_S12_a_format_that_nobody_here_knows_is_refused_untouched(extension: str, place: Place) -> None:
    key, _, value = extension.partition("=")
    config = (place.common / "config").read_bytes()
    place.git("config", "core.repositoryFormatVersion", "1")
    place.git("config", f"extensions.{key}", value or "true")
    for words in (("list",), ("create", "No"), ("health",)):
        refused(place, "repo_format_unsupported", 128, *words)
    (place.common / "config").write_bytes(config)
    lives(place)


@pytest.mark.parametrize("format", ["sha256", "partial"])
def test_S12_a_format_that_only_git_knows_works_through_git(format: str, shop: Workshop) -> None:
    place = make_empty(shop.new_path())
    if format == "sha256":
        subprocess.run(["rm", "-rf", str(place.common)], check=True)
        subprocess.run(["git", "init", "-q", "--object-format=sha256", str(place.path)], check=True)
        for key, value in PERSON:
            place.git("config", key, value)
    else:
        place.git("config", "core.repositoryFormatVersion", "1")
        place.git("config", "extensions.partialClone", "origin")
    for words in (("init",), ("create", "Works"), ("undo",), ("redo",)):
        done = outside(place, *words)
        assert done.status == 0, done
    assert outside(place, "list").out.split("\t")[-2:-1] == ["Works"]
    assert outside(place, "health").out == "healthy\n"


def test_S13_borrowed_objects_that_disappear_are_told_with_where_they_were(place: Place, shop: Workshop) -> None:
    lender = shop.new_path()
    lender.mkdir()
    (place.common / "objects").rename(lender / "objects")
    (place.common / "objects" / "info").mkdir(parents=True)
    (place.common / "objects" / "info" / "alternates").write_text(f"{lender}/objects\n")
    lives(place)
    tip = place.tip()
    (place.common / "jit" / "index.sqlite").unlink()
    (lender / "objects").rename(lender / "moved")
    error = refused(place, "object_missing", 128, "create", "No")
    assert str(lender / "objects") in error["message"]
    assert state(place) == "unhealthy"
    (lender / "moved").rename(lender / "objects")
    assert place.tip() == tip
    lives(place)


def test_S14_a_disk_that_other_machines_write_to_is_told(place: Place) -> None:
    """No such one can be mounted here: the kind is read from the machine's table, its meaning is looked up."""
    store = place.open()
    clone = store.survey()
    disk = look_at_disk(store.layout)
    store.close()
    said = subprocess.run(["stat", "-f", "-c", "%T", place.path], capture_output=True, text=True, check=True)
    assert disk is not None
    assert clone is not None
    assert clone.disk is not None
    assert disk.kind[:4] in said.stdout
    assert not disk.network
    for kind in ("nfs4", "cifs", "9p", "fuse.sshfs"):
        assert kind in NETWORK
        there = replace(clone, disk=replace(clone.disk, kind=kind, network=kind in NETWORK))
        (found,) = check_clone(there)
        assert (found.code, kind in found.message) == ("network_filesystem", True)


def test_S15_an_index_of_rubbish_is_never_the_truth(place: Place) -> None:
    """Cut off, or with one or many other bytes: the right answer; else it is told, or found by `doctor --deep`."""
    chance = random.Random("S15")
    wanted = place.works("query", "all", "--json")
    index = place.common / "jit" / "index.sqlite"
    content = index.read_bytes()
    right = 0
    for turn in range(90):
        data = bytearray(content)[: chance.randrange(len(content)) if turn % 3 == 0 else None]
        for _ in range((0, 1, 40)[turn % 3]):
            data[chance.randrange(len(data))] = chance.randrange(256)
        index.write_bytes(data)
        done = place.run("query", "all", "--json")
        right += done.out == wanted
        if done.status:
            assert (done.status, done.error["code"]) == (6, "index_inconsistency")
        elif done.out != wanted:
            assert "index_inconsistent" in troubles(place, "--deep")
            place.works("doctor", "--deep", "--fix")
        assert place.works("query", "all", "--json") == wanted, turn
    assert right > 85


def test_S15_what_an_index_makes_up_is_not_written(place: Place) -> None:
    """The documents in it are changed, in the same length: a write takes them from the commit."""
    import sqlite3

    with sqlite3.connect(place.common / "jit" / "index.sqlite") as index:
        index.execute("UPDATE bodies SET data = CAST(replace(CAST(data AS TEXT), 'Foundation', 'Fundament.') AS BLOB)")
    index.close()
    place.works("update", "0001", "--priority", "high")
    changed = place.git("diff", "--unified=0", f"{REF}~1", REF)
    lines = [line for line in changed.splitlines() if line[0] in "+-" and line[:3] not in {"+++", "---"}]
    assert lines == ['-  "priority": "normal",', '+  "priority": "high",']


FORK = """
import os, sys
from git_jit.model import Actor, Issue, IssueId, Message, Timestamp
from git_jit.store.repository import Repository
from git_jit.view import Plan
import pygit2

AT = Timestamp("2026-11-21T09:00:00.000000Z")
path = sys.argv[1]
with_git = Repository.open(path, os.environ)
assert with_git.backend.name == "libgit2", with_git.backend.name
with_git.tip()

def write(prefix):
    for n in range(8):
        id = IssueId(f"{prefix}{n:x}".ljust(32, "a"))
        store = Repository.open(path, os.environ)
        plan = Plan(issues={id: Issue(id=id, title="forked", created_at=AT)})
        said = Message(op="create", subject="create", actor=Actor("agent:fork"), request=str(id), at=AT)
        while True:
            try:
                store.commit(plan, base=store.tip(), message=said)
                break
            except Exception as error:
                if getattr(error, "code", "") != "ref_conflict":
                    print(repr(error), flush=True)
                    os._exit(1)
        store.close()
    os._exit(0)

children = []
for prefix in "bcd":
    pid = os.fork()
    if pid == 0:
        write(prefix)
    children.append(pid)
sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children))
"""


def test_S16_forks_after_libgit2_was_loaded_are_in_nobodys_way(place: Place) -> None:
    """Two children of one libgit2 invent the same temporary names; ours are given by no library."""
    done = subprocess.run(
        [sys.executable, "-c", FORK, str(place.path)], cwd=ROOT, env=place.environ, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, b""), done.stderr.decode()
    assert len([line for line in place.works("list", "--limit", "0").splitlines() if "forked" in line]) == 24
    lives(place)
