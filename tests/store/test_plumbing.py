"""What only the plumbing back end does; the common promise is in `test_backend`."""

import os
from pathlib import Path

import pytest

from git_jit.model import Oid
from git_jit.store import FormatUnsupported, MissingObject, RefConflict, WriteFailed
from git_jit.store.backend import Durability
from git_jit.store.plumbing import CatFile, NotTrusted, Plumbing, confirm
from tests.store.gitrepo import ADA, REF, Place, git, ordinary, unborn

FOREIGN = {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
"""The variable by which git's own tests make it believe that a repository is somebody else's."""


def plumbing(place: Place) -> Plumbing:
    return Plumbing(place.layout, place.environ)


def test_confirm(tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    layout = place.layout
    assert confirm(layout, place.environ) is layout
    with pytest.raises(NotTrusted) as refused:
        plumbing(Place(tmp_path, FOREIGN))
    assert refused.value.message == (
        f"'{tmp_path}/.git' belongs to another user (uid {os.getuid()}), and git does not trust it"
    )
    assert refused.value.hint == "if you do, see safe.directory in `git help config`"


def test_a_foreign_repository_that_the_user_trusts(tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    place.git("config", "--global", "safe.directory", str(tmp_path))
    foreign = Place(tmp_path, FOREIGN)
    assert not foreign.layout.trusted
    assert confirm(foreign.layout, foreign.environ).trusted
    backend = plumbing(foreign)
    assert backend.ref("HEAD") == place.git("rev-parse", "HEAD")
    backend.close()


def test_a_bare_repository_met_by_walking(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", ".")
    place = Place(tmp_path)
    assert confirm(place.layout, place.environ).trusted
    git(tmp_path, "config", "--global", "safe.bareRepository", "explicit")
    with pytest.raises(NotTrusted) as refused:
        confirm(place.layout, place.environ)
    assert "unless it is named" in refused.value.message
    assert Place(tmp_path, {"GIT_DIR": "."}).layout.trusted


def test_a_format_that_git_does_not_know(tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    head = Oid(place.git("rev-parse", "HEAD"))
    (tmp_path / ".git" / "config").write_text("[core]\n\trepositoryFormatVersion = 1\n[extensions]\n\tnewThing = yes\n")
    backend = plumbing(place)
    for ask in (lambda: backend.ref(REF), lambda: backend.read(head), lambda: list(backend.read_many([head]))):
        with pytest.raises(FormatUnsupported):
            ask()
    with pytest.raises(FormatUnsupported):
        backend.write([place.blob(b"x")], Durability.FULL)
    backend.close()


def test_git_in_full(tmp_path: Path) -> None:
    """The committer's time is the one given; without one it is git's own."""
    place = unborn(tmp_path)
    backend = plumbing(place)
    objects = place.commit(b"x")
    backend.write(objects, Durability.FULL)
    backend.swap(REF, objects[-1].oid, None, committer="Bö <b@c> 1700000000 +0130", message="jit: a\n  b\t c")
    backend.swap("refs/jit/other", objects[-1].oid, None, committer="Bö <b@c>", message="")
    entry = backend.reflog(REF)[0]
    assert (entry.committer, entry.message) == ("Bö <b@c> 1700000000 +0130", "jit: a b c")
    assert backend.reflog("refs/jit/other")[0].message == "jit"
    backend.close()


def test_other_failures_of_a_swap(tmp_path: Path) -> None:
    """Neither a lost race nor a lock: typed, with git's words kept, and the reference where it was."""
    place = ordinary(tmp_path)
    backend = plumbing(place)
    objects = place.commit(b"x")
    with pytest.raises(WriteFailed) as nothing:
        backend.swap(REF, objects[-1].oid, None, committer=ADA, message="jit: x")
    assert objects[-1].oid in str(nothing.value.details["stderr"])
    backend.write(objects, Durability.FULL)
    backend.swap(f"{REF}/below", objects[-1].oid, None, committer=ADA, message="jit: x")
    with pytest.raises(WriteFailed):
        backend.swap(REF, objects[-1].oid, None, committer=ADA, message="jit: x")
    hook = tmp_path / ".git" / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho >&2 nobody moves; exit 1\n")
    hook.chmod(0o755)
    with pytest.raises(WriteFailed) as refused:
        backend.swap("refs/jit/new", objects[-1].oid, None, committer=ADA, message="jit: x")
    assert "nobody moves" in str(refused.value.details["stderr"])
    assert backend.refs("refs/jit/") == {f"{REF}/below": objects[-1].oid}
    backend.close()


def test_packed_refs_locked(tmp_path: Path) -> None:
    """A reference that is packed only can be moved all the same; only removing it needs the packed file."""
    place = ordinary(tmp_path)
    backend = plumbing(place)
    objects = place.commit(b"x")
    backend.write(objects, Durability.FAST)
    backend.swap(REF, objects[-1].oid, None, committer=ADA, message="jit: x")
    place.git("pack-refs", "--all", "--prune")
    (tmp_path / ".git" / "packed-refs.lock").touch()
    head = backend.ref("HEAD")
    assert head
    backend.swap(REF, head, objects[-1].oid, committer=ADA, message="jit: y")
    with pytest.raises(RefConflict):
        backend.swap(REF, head, None, committer=ADA, message="jit: z")
    assert backend.ref(REF) == head
    backend.close()


def test_cat_file_sees_what_comes_later(tmp_path: Path) -> None:
    """One lasting process, and objects that others write, pack and prune around it."""
    place = ordinary(tmp_path)
    cat = CatFile(place.layout, place.environ)
    blobs = [place.blob(b"%d" % n) for n in range(3)]
    for blob in blobs:
        with pytest.raises(MissingObject):
            cat.read(blob.oid)
        place.git("hash-object", "-w", "--stdin", input=blob.data)
        assert cat.read(blob.oid) == blob
    place.git("update-ref", "refs/keep/0", blobs[0].oid)
    place.git("gc", "-q", "--prune=now")
    assert [cat.exists(blob.oid) for blob in blobs] == [True, False, False]
    assert cat.read(blobs[0].oid) == blobs[0]
    cat.close()
    cat.close()
    assert cat.read(blobs[0].oid) == blobs[0]
    cat.close()


def test_cat_file_is_killed(tmp_path: Path) -> None:
    """The out-of-memory killer takes it; the next question starts another."""
    place = ordinary(tmp_path)
    head = place.git("rev-parse", "HEAD")
    backend = plumbing(place)
    first = backend.ref("HEAD")
    assert first == head
    cat = CatFile(place.layout, place.environ)
    found = cat.read(first)
    assert cat._pipe is not None
    os.kill(cat._pipe._pid, 9)
    assert list(cat.read_many([first, first]))[-1] == found
    assert cat.read(first) == found
    cat.close()
    backend.close()
