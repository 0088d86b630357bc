"""Objects are read once, blobs as often as they are asked for, and what is known not at all."""

from git_jit.model import Oid
from git_jit.store.backend import Kind
from git_jit.store.remembering import Remembering
from git_jit.store.tree import make
from tests.store.making import Objects


def test_trees_and_commits_are_read_once_and_what_is_known_never() -> None:
    objects = Objects()
    tree, commit, blob = (make(kind, b"x", "sha1") for kind in (Kind.TREE, Kind.COMMIT, Kind.BLOB))
    known = make(Kind.BLOB, b"known", "sha1")
    objects.stored = {object.oid: object for object in (tree, commit, blob)}
    remembering = Remembering(objects, {known.oid: known})
    absent = Oid("f" * 40)
    wanted = [tree.oid, known.oid, absent, blob.oid, commit.oid]
    for _ in range(2):
        assert list(remembering.read_many(wanted)) == [tree, known, absent, blob, commit]
    assert [remembering.read(object.oid) for object in (tree, known, commit)] == [tree, known, commit]
    assert objects.reads == [tree.oid, absent, blob.oid, commit.oid, absent, blob.oid]
