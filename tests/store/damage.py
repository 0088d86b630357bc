"""Ways to damage a clone on purpose, one function each, and a small healthy clone to damage."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from git_jit.config import Config
from git_jit.model import IssueId, Message, Oid
from git_jit.store.backend import Durability
from git_jit.store.backends import BackendName
from git_jit.store.breaker import _TABLE
from git_jit.store.holder import this_process
from git_jit.store.keeps import MARK
from git_jit.store.leftout import LeftOut, remember
from git_jit.store.repository import Repository
from git_jit.view import Plan
from tests.store.gitrepo import REF, Place, ordinary
from tests.store.making import issue, message
from tests.store.trackers import OPEN

LONG_AGO = time.time() - 400 * 86_400
"""Before any machine that runs this was started."""
LOCK = f"{REF}.lock"


def store_in(place: Place, *, backend: BackendName = "auto") -> Repository:
    """A store that `conftest` closes after a test of the store; others close it themselves."""
    OPEN.append(Repository.open(str(place.cwd), place.environ, backend=backend, durability=Durability.FAST))
    return OPEN[-1]


def healthy(base: Path, writes: int = 3, *, shape: Callable[[Path], Place] = ordinary) -> Place:
    """A clone with issues, made by the program itself."""
    place = shape(base)
    store = store_in(place)
    try:
        store.init(Config(), now(message(subject="init: begin")))
        for number in range(writes):
            write(store, number)
    finally:
        store.close()
    return place


def now(said: Message) -> Message:
    """The same message at this moment."""
    from git_jit.cli.world import now as this_moment
    from git_jit.record import replace

    return replace(said, at=this_moment())


def write(store: Repository, number: int) -> Oid:
    new = issue(id=IssueId(f"{number:02x}" * 16), title=f"issue {number}")
    return store.commit(Plan(issues={new.id: new}), base=store.tip(), message=now(message(second=number)))


def dead_process() -> str:
    """The record of a process that has ended."""
    code = "from git_jit.store.holder import this_process; print(this_process().encode().decode(), end='')"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


# --- damage ---------------------------------------------------------------------------------------------


def common(place: Place) -> Path:
    return Path(place.layout.common_dir)


def tip(place: Place) -> Oid:
    return Oid(place.git("rev-parse", REF))


def loose_ref(place: Place) -> None:
    place.git("pack-refs", "--all")
    (common(place) / REF).parent.mkdir(parents=True, exist_ok=True)
    (common(place) / REF).write_text("")


def garbage_ref(place: Place) -> None:
    (common(place) / REF).write_text("dead\n")


def deleted_ref(place: Place) -> None:
    place.git("update-ref", "-d", REF)


def dangling_ref(place: Place) -> None:
    (common(place) / REF).write_text("1" * 40 + "\n")


def rewound_ref(place: Place) -> None:
    place.git("update-ref", REF, f"{REF}~2")


def truncated_commit(place: Place) -> None:
    overwrite(place.loose(tip(place)), b"")


def missing_commit(place: Place) -> None:
    place.loose(tip(place)).unlink()


def missing_tree(place: Place) -> None:
    place.loose(Oid(place.git("rev-parse", f"{REF}^{{tree}}"))).unlink()


def truncated_blob(place: Place) -> None:
    """Of the issue that the last commit changed."""
    changed = place.git("diff-tree", "-r", "--name-only", "--no-commit-id", REF).splitlines()[0]
    path = place.loose(Oid(place.git("rev-parse", f"{REF}:{changed}")))
    overwrite(path, path.read_bytes()[:-5])


def old_blob(place: Place) -> None:
    """Of an issue that an earlier commit made: only reading everything can tell."""
    first = place.git("ls-tree", "-r", "--name-only", REF, "issues/").splitlines()[0]
    overwrite(place.loose(Oid(place.git("rev-parse", f"{REF}:{first}"))), b"x")


def parent_commit(place: Place) -> None:
    place.loose(Oid(place.git("rev-parse", f"{REF}~1"))).unlink()


def no_reflog(place: Place) -> None:
    (common(place) / "logs" / REF).unlink()


def emptied_reflog(place: Place) -> None:
    (common(place) / "logs" / REF).write_text("")


def wiped_reflog(place: Place) -> None:
    """What is said on the command line is stronger than any setting."""
    place.git("reflog", "expire", "--expire=now", "--all")


def reflog_elsewhere(place: Place) -> None:
    path = common(place) / "logs" / REF
    path.write_text("".join(line + "\n" for line in path.read_text().splitlines()[:-1]))


def unprotected_reflog(place: Place) -> None:
    (common(place) / "jit" / "config").write_text("")


def no_anchors(place: Place) -> None:
    for name in place.git("for-each-ref", "--format=%(refname)", "refs/jit/backup").split():
        place.git("update-ref", "-d", name)


def orphaned_lock(place: Place) -> None:
    """What a writer leaves that is killed between lock and rename."""
    intent = common(place) / "jit" / f"intent.{REF.replace('/', '%2F')}"
    intent.write_text("1" * 40 + "\n")
    (common(place) / LOCK).hardlink_to(intent)
    (common(place) / "jit" / "lock").write_text(dead_process())


def foreign_lock(place: Place) -> None:
    path = common(place) / LOCK
    path.write_text("1" * 40 + "\n")
    os.utime(path, (LONG_AGO, LONG_AGO))


def unfinished_object(place: Place) -> None:
    (Path(place.layout.objects_dir) / "tmp_obj_jit_0123456789ab_4194000_1").write_bytes(b"half")


def old_unfinished_object(place: Place) -> None:
    path = Path(place.layout.objects_dir) / "pack" / "tmp_pack_abcdef"
    path.write_bytes(b"half a pack")
    os.utime(path, (LONG_AGO, LONG_AGO))


def orphaned_keep(place: Place) -> None:
    (Path(place.layout.objects_dir) / "pack" / "pack-1.keep").write_text(MARK + dead_process())


def keep_of_an_earlier_start(place: Place) -> None:
    record = this_process()._replace(boot="an-earlier-one").encode().decode()
    (Path(place.layout.objects_dir) / "pack" / "pack-1.keep").write_text(MARK + record)


def garbage_index(place: Place) -> None:
    (common(place) / "jit" / "index.sqlite").write_bytes(b"this is no database, of any kind" * 40)


def lying_index(place: Place) -> None:
    import sqlite3

    with sqlite3.connect(common(place) / "jit" / "index.sqlite") as connection:
        connection.execute("UPDATE issues SET oid = ?", ("1" * 40,))


def forgetful_index(place: Place) -> None:
    """One fact of one issue is gone: nothing but a comparison of everything shows it."""
    import sqlite3

    with sqlite3.connect(common(place) / "jit" / "index.sqlite") as connection:
        connection.execute("UPDATE issues SET title = 'another' WHERE id LIKE '02%'")


def unreached_hook(place: Place) -> None:
    path = common(place) / "hooks" / "post-merge"
    path.parent.mkdir(exist_ok=True)
    path.write_text('#!/bin/sh\nexec git jit hook run post-merge "$@"\n')
    path.chmod(0o755)
    place.git("config", "core.hooksPath", ".githooks")


def hook_without_x(place: Place) -> None:
    path = common(place) / "hooks" / "post-merge"
    path.parent.mkdir(exist_ok=True)
    path.write_text('#!/bin/sh\nexec git jit hook run post-merge "$@"\n')
    path.chmod(0o644)


def fast(place: Place) -> None:
    place.git("config", "jit.durability", "fast")


def overwriting_fetch(place: Place) -> None:
    place.git("remote", "add", "hub", "/nowhere/hub.git")
    place.git("config", "--add", "remote.hub.fetch", "+refs/jit/*:refs/jit/*")


def mirror_push(place: Place) -> None:
    place.git("remote", "add", "--mirror=push", "hub", "/nowhere/hub.git")


def refused_file(place: Place) -> None:
    place.git("remote", "add", "bad", str(place.cwd))
    remember(place.layout.common_dir, [LeftOut("bad", "issues/x", "is not where the tracker keeps anything")])


def resting_remote(place: Place) -> None:
    """As five failures in a row leave it."""
    import sqlite3
    from contextlib import closing

    place.git("remote", "add", "hub", "/nowhere/hub.git")
    with closing(sqlite3.connect(common(place) / "jit" / "breakers.sqlite")) as file:
        file.execute(_TABLE)
        file.execute("INSERT INTO breaker VALUES ('hub 1', 'hub', 'open', 5, ?, NULL)", (time.time() - 5,))
        file.execute("INSERT INTO breaker VALUES ('old 1', 'old', 'open', 5, ?, NULL)", (LONG_AGO,))
        file.commit()


def future_commit(place: Place) -> None:
    """As a machine whose clock is ten days ahead would write it."""
    seconds = int(time.time()) + 10 * 86_400
    environ = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in
               (("NAME", "A"), ("EMAIL", "a@b"), ("DATE", f"{seconds} +0000"))}  # fmt: skip
    made = Place(place.cwd, {**place.env, **environ}).git("commit-tree", "-p", REF, "-m", "tick", f"{REF}^{{tree}}")
    place.git("update-ref", "--create-reflog", REF, made)


def broken_rules(place: Place) -> None:
    commit_file(place, "config.json", b"{}")


def newer_rules(place: Place) -> None:
    commit_file(place, "config.json", b'{"schema":999}')


def commit_file(place: Place, path: str, data: bytes) -> None:
    """A commit that no program of ours made."""
    blob = place.git("hash-object", "-w", "--stdin", input=data)
    index = str(place.cwd / "index.tmp")
    inside = Place(place.cwd, {**place.env, "GIT_INDEX_FILE": index})
    inside.git("read-tree", REF)
    inside.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
    made = place.git("commit-tree", "-p", REF, "-m", "by hand", inside.git("write-tree"))
    place.git("update-ref", "--create-reflog", REF, made)
    Path(index).unlink()


def overwrite(path: Path, data: bytes) -> None:
    """Objects are read-only files."""
    path.chmod(0o644)
    path.write_bytes(data)


FAULTS: tuple[tuple[Callable[[Place], None], str], ...] = (
    (loose_ref, "ref_corrupt"),
    (garbage_ref, "ref_corrupt"),
    (deleted_ref, "ref_missing"),
    (dangling_ref, "closure_broken"),
    (rewound_ref, "ref_rewound"),
    (truncated_commit, "object_corrupt"),
    (missing_commit, "closure_broken"),
    (missing_tree, "closure_broken"),
    (truncated_blob, "object_corrupt"),
    (parent_commit, "closure_broken"),
    (no_reflog, "reflog_missing"),
    (emptied_reflog, "reflog_gap"),
    (wiped_reflog, "reflog_gap"),
    (reflog_elsewhere, "reflog_gap"),
    (unprotected_reflog, "reflog_unprotected"),
    (no_anchors, "anchor_missing"),
    (orphaned_lock, "orphaned_lock"),
    (foreign_lock, "foreign_lock"),
    (unfinished_object, "orphaned_temp"),
    (old_unfinished_object, "orphaned_temp"),
    (orphaned_keep, "orphaned_keep"),
    (keep_of_an_earlier_start, "orphaned_keep"),
    (garbage_index, "index_inconsistent"),
    (lying_index, "index_inconsistent"),
    (unreached_hook, "hooks_unreached"),
    (hook_without_x, "hooks_unreached"),
    (fast, "durability_fast"),
    (overwriting_fetch, "refspec_overwrites"),
    (mirror_push, "refspec_overwrites"),
    (resting_remote, "breaker_open"),
    (refused_file, "left_out"),
    (future_commit, "clock_ahead"),
    (broken_rules, "config_invalid"),
    (newer_rules, "schema_unknown"),
)
"""Each fault with the code that must name it, at the first cheap look."""
DEEP_FAULTS: tuple[tuple[Callable[[Place], None], str], ...] = (
    (old_blob, "object_corrupt"),
    (forgetful_index, "index_inconsistent"),
)
"""What only `deep` can see."""
