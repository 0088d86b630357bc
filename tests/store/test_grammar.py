"""What a tree of the issues may look like, entry by entry."""

import pytest

from git_jit.model import Oid
from git_jit.store.backend import Kind
from git_jit.store.grammar import DEEPEST, Misfit, misfits
from git_jit.store.tree import make
from tests.store.making import Objects, issue

FILE = Oid("f" * 40)


def put(objects: Objects, *entries: tuple[bytes, bytes, Oid]) -> Oid:
    """A tree of these bytes, in this order."""
    data = b"".join(b"%s %s\0%s" % (mode, name, bytes.fromhex(oid)) for mode, name, oid in entries)
    tree = make(Kind.TREE, data, "sha1")
    objects.stored[tree.oid] = tree
    return tree.oid


def found(*entries: tuple[bytes, bytes, Oid]) -> list[Misfit]:
    objects = Objects()
    return list(misfits(objects, None, put(objects, *entries)))


def test_what_we_write_fits() -> None:
    from git_jit.store import commits
    from git_jit.view import Plan

    objects = Objects()
    one = issue()
    objects.commit(Plan(issues={one.id: one}))
    assert objects.tip
    assert list(misfits(objects, None, commits.parse(objects.stored[objects.tip]).tree)) == []


@pytest.mark.parametrize(
    ("mode", "name", "path", "why"),
    [
        (b"100644", b"..", "..", "has a name that leads elsewhere"),
        (b"40000", b".", ".", "has a name that leads elsewhere"),
        (b"40000", b".GIT", ".GIT", "has a name that leads elsewhere"),
        (b"40000", b".git. ", ".git. ", "has a name that leads elsewhere"),
        (b"100644", b"GIT~1", "GIT~1", "has a name that leads elsewhere"),
        (b"100644", b"", "", "has a name that leads elsewhere"),
        (b"100644", b"a/b", "a\\udc2fb", "has a name that is no plain text"),
        (b"100644", b"a\\b", "a\\b", "has a name that is no plain text"),
        (b"100644", b"a:b", "a:b", "has a name that is no plain text"),
        (b"100644", b"\x1b[31m", "\\x1b[31m", "has a name that is no plain text"),
        (b"100644", b"\xff", "\\udcff", "has a name that is no plain text"),
        (b"100644", b"a" * 256, "a" * 256, "has a name of more than 255 bytes"),
        (b"120000", b"link", "link", "is a symbolic link; only plain files may be there"),
        (b"160000", b"module", "module", "is a submodule; only plain files may be there"),
        (b"100755", b"run", "run", "is an executable file; only plain files may be there"),
        (b"100600", b"odd", "odd", "is of mode 100600; only plain files may be there"),
        (b"040000", b"old", "old", "is a directory of mode 040000"),
    ],
)
def test_what_no_tree_of_issues_has(mode: bytes, name: bytes, path: str, why: str) -> None:
    assert found((mode, name, FILE)) == [Misfit(path, why)]


def test_entries_are_unique_and_in_order() -> None:
    assert found((b"100644", b"b", FILE), (b"100644", b"a", FILE)) == [
        Misfit("/", "is not sorted as git sorts", orderly=True)
    ]
    assert found((b"100644", b"a", FILE), (b"100644", b"a", FILE)) == [Misfit("a", "is there more than once")]
    assert found((b"100644", b"a", Oid("0" * 40))) == [Misfit("a", "names no object")]


def test_a_tree_ends_somewhere() -> None:
    objects = Objects()
    oid = put(objects, (b"100644", b"x", FILE))
    for _ in range(DEEPEST):
        oid = put(objects, (b"40000", b"d", oid))
    assert [m.why for m in misfits(objects, None, oid)] == [f"lies deeper than {DEEPEST} directories"]


def test_what_is_not_there_or_no_tree_is_told() -> None:
    assert [m.path for m in found((b"40000", b"gone", Oid("e" * 40)))] == ["gone/"]
    objects = Objects()
    cut = make(Kind.TREE, b"100644 a\0short", "sha1")
    objects.stored[cut.oid] = cut
    assert [m.why.partition(":")[0] for m in misfits(objects, None, cut.oid)] == ["cannot be read"]


def test_what_was_there_before_is_not_read_again() -> None:
    objects = Objects()
    same = put(objects, (b"100644", b"x", FILE))
    old = put(objects, (b"40000", b"a", same), (b"40000", b"b", same))
    new = put(objects, (b"40000", b"a", same), (b"100644", b"z", FILE))
    objects.reads.clear()
    assert list(misfits(objects, old, new)) == []
    assert sorted(objects.reads) == sorted([old, new])
