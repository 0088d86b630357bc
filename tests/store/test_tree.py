"""Trees against git itself, against a plain dictionary, and against hostile bytes."""

import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.model import Oid
from git_jit.store import CorruptObject, MissingObject, tree
from git_jit.store.backend import Kind, Object
from git_jit.store.tree import Entry, TreeChange


class Heap:
    """Objects in a dictionary, and how many were read."""

    def __init__(self, object_format: str = "sha1") -> None:
        self.object_format = object_format
        self.objects: dict[Oid, Object] = {}
        self.reads = 0

    def put(self, objects: Iterable[Object]) -> None:
        self.objects |= {object.oid: object for object in objects}

    def read(self, oid: Oid) -> Object:
        self.reads += 1
        if oid not in self.objects:
            raise MissingObject(f"object '{oid}' is missing")
        return self.objects[oid]

    def read_many(self, oids: Iterable[Oid]) -> Iterator[Object | Oid]:
        for oid in oids:
            self.reads += 1
            yield self.objects.get(oid, oid)

    def plant(self, entries: Iterable[Entry]) -> Oid:
        made = tree.make(Kind.TREE, tree.encode(entries), self.object_format)
        self.put([made])
        return made.oid

    def grow(self, files: Mapping[str, bytes]) -> Oid:
        root, objects = tree.splice(self, None, files)
        self.put(objects)
        return root

    def files(self, root: Oid | None) -> dict[str, bytes]:
        return {c.path: self.objects[c.new].data for c in tree.diff(self, None, root) if c.new}


names = st.sampled_from(["a", "b", "a.b", "a-b", "a0", "é", "issues", "x.json"])
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
contents = st.binary(max_size=3)


def without_clashes(files: dict[str, bytes]) -> dict[str, bytes]:
    """Leave out what lies below another file."""
    return {path: data for path, data in files.items() if not any(path.startswith(f"{other}/") for other in files)}


forests = st.dictionaries(paths, contents, max_size=12).map(without_clashes)


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_git_gives_objects_the_same_names(tmp_path: Path, object_format: str) -> None:
    subprocess.run(["git", "init", "-q", f"--object-format={object_format}", str(tmp_path)], check=True)
    files = {"a": b"1", "a.b/c": b"2", "a-b": b"", "a0/x/y": b"3", "é/ü": b"4"}
    for path, data in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    subprocess.run(["git", "-C", str(tmp_path), "add", "."], check=True)
    done = subprocess.run(["git", "-C", str(tmp_path), "write-tree"], check=True, capture_output=True, text=True)
    assert Heap(object_format).grow(files) == done.stdout.strip()


@given(forests)
def test_what_is_planted_is_found(files: dict[str, bytes]) -> None:
    heap = Heap()
    root = heap.grow(files)
    assert heap.files(root) == files
    for path, data in files.items():
        entry = tree.lookup(heap, root, path)
        assert entry == Entry("100644", path.rpartition("/")[2], tree.object_id(Kind.BLOB, data))
    assert tree.lookup(heap, root, "nowhere/at/all") is None


@given(forests, st.dictionaries(paths, st.none() | contents, max_size=6))
def test_splicing_is_editing_a_dictionary(files: dict[str, bytes], edits: dict[str, bytes | None]) -> None:
    written = {path for path, data in edits.items() if data is not None}
    edits = {p: d for p, d in edits.items() if not any(p.startswith(f"{q}/") or q.startswith(f"{p}/") for q in edits)}
    expected = {
        path: data
        for path, data in files.items()
        if not any(path == e or path.startswith(f"{e}/") or (e in written and e.startswith(f"{path}/")) for e in edits)
    }
    expected |= {path: data for path, data in edits.items() if data is not None}
    heap = Heap()
    root, objects = tree.splice(heap, heap.grow(files), edits)
    heap.put(objects)
    assert heap.files(root) == expected
    assert root == heap.grow(expected), "a tree has one shape, however it came about"


@given(forests, forests)
def test_diff_names_exactly_what_differs(before: dict[str, bytes], after: dict[str, bytes]) -> None:
    heap = Heap()
    old, new = heap.grow(before), heap.grow(after)
    found = {c.path: (c.old, c.new) for c in tree.diff(heap, old, new)}

    def oid(files: dict[str, bytes], path: str) -> Oid | None:
        return tree.object_id(Kind.BLOB, files[path]) if path in files else None

    expected = {
        p: (oid(before, p), oid(after, p)) for p in before.keys() | after.keys() if before.get(p) != after.get(p)
    }
    assert found == expected


@given(forests)
def test_parse_is_the_inverse_of_encode(files: dict[str, bytes]) -> None:
    heap = Heap()
    heap.grow(files)
    for object in heap.objects.values():
        if object.kind is Kind.TREE:
            assert tree.encode(tree.parse(object.data)) == object.data


def test_one_change_among_many_reads_only_its_own_directories() -> None:
    heap = Heap()
    root = heap.grow({f"issues/{i:02x}/{i:02x}{j:02}.json": b"%d" % j for i in range(256) for j in range(4)})
    heap.reads = 0
    new, objects = tree.splice(heap, root, {"issues/7f/7f01.json": b"new"})
    assert (heap.reads, [object.kind.value for object in objects]) == (3, ["blob", "tree", "tree", "tree"])
    heap.put(objects)
    heap.reads = 0
    assert [change.path for change in tree.diff(heap, root, new)] == ["issues/7f/7f01.json"]
    assert heap.reads == 6


def test_an_edit_that_changes_nothing_makes_no_objects() -> None:
    heap = Heap()
    root = heap.grow({"a/b": b"1", "c": b"2"})
    assert tree.splice(heap, root, {"a/b": b"1", "nowhere/x": None, "c/below/a/file": None}) == (root, [])


def test_the_last_deletion_leaves_the_empty_tree() -> None:
    heap = Heap()
    root, objects = tree.splice(heap, heap.grow({"a/b/c": b"1"}), {"a/b/c": None})
    assert [(object.kind, object.data) for object in objects] == [(Kind.TREE, b"")]
    assert root == "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


@pytest.mark.parametrize("path", ["", "a//b", "../x", "a/../b", ".", ".git/config", "a/.GIT", "/a", "a/", "a\0b"])
def test_paths_that_no_tracker_writes_are_refused(path: str) -> None:
    with pytest.raises(ValueError, match="is not a path of the tracker"):
        tree.splice(Heap(), None, {path: b""})


@pytest.mark.parametrize("edits", [{"a": b"", "a/b": b""}, {"a/b": b"", "a": b""}])
def test_a_path_cannot_be_a_file_and_a_directory(edits: dict[str, bytes | None]) -> None:
    with pytest.raises(ValueError, match="'a"):
        tree.splice(Heap(), None, edits)


BLOB = tree.object_id(Kind.BLOB, b"")
ODD = [
    Entry("120000", "link", BLOB),
    Entry("160000", "module", BLOB),
    Entry("100755", "tool", BLOB),
    Entry("0", "zero", BLOB),
    Entry("100644", "..", BLOB),
    Entry("100644", ".git", BLOB),
    Entry("100644", "", BLOB),
    Entry("100644", "\udc2f\udc2fetc\udc2fpasswd", BLOB),
    Entry("100644", "issues\udc2f00", BLOB),
    Entry("100644", "bad\udcff\x1bname", BLOB),
]


def test_odd_entries_survive_an_edit_beside_them() -> None:
    heap = Heap()
    root = heap.plant([*ODD, *ODD])
    new, objects = tree.splice(heap, root, {"issues/00/x.json": b"1"})
    heap.put(objects)
    after = tree.parse(heap.objects[new].data)
    assert sorted(entry for entry in after if entry.name != "issues") == sorted([*ODD, *ODD])


def test_an_odd_entry_can_be_deleted() -> None:
    heap = Heap()
    root, objects = tree.splice(heap, heap.plant(ODD), dict.fromkeys(entry.name for entry in ODD))
    heap.put(objects)
    assert heap.files(root) == {}


def test_a_name_with_a_slash_is_never_a_path() -> None:
    heap = Heap()
    root = heap.plant([Entry("100644", "issues\udc2f00", BLOB)])
    assert heap.objects[root].data.startswith(b"100644 issues/00\0")
    assert tree.lookup(heap, root, "issues/00") is None
    assert [change.path for change in tree.diff(heap, None, root)] == ["issues\udc2f00"]


def test_a_file_that_becomes_a_directory_is_two_changes() -> None:
    heap = Heap()
    old, new = heap.grow({"a": b"1"}), heap.grow({"a/b": b"2"})
    one, two = tree.object_id(Kind.BLOB, b"1"), tree.object_id(Kind.BLOB, b"2")
    assert sorted(tree.diff(heap, old, new)) == [TreeChange("a", one, None), TreeChange("a/b", None, two)]


def test_a_mode_alone_is_a_change() -> None:
    heap = Heap()
    old, new = heap.plant([Entry("100644", "a", BLOB)]), heap.plant([Entry("120000", "a", BLOB)])
    assert list(tree.diff(heap, old, new)) == [TreeChange("a", BLOB, BLOB, "120000")]


def test_a_bottomless_tree_is_not_followed_to_its_end() -> None:
    heap = Heap()
    root = heap.plant([Entry("100644", "x", BLOB)])
    for _ in range(1000):
        root = heap.plant([Entry("40000", "d", root)])
    heap.reads = 0
    (change,) = tree.diff(heap, None, root)
    assert (change.path, change.mode, heap.reads) == ("/".join("d" * tree.MAX_DEPTH), "40000", tree.MAX_DEPTH)


@given(st.binary(max_size=80))
def test_any_bytes_parse_or_are_corrupt(data: bytes) -> None:
    try:
        entries = tree.parse(data)
    except CorruptObject:
        return
    assert sorted(tree.encode(entries)) == sorted(data)


def test_a_blob_in_the_place_of_a_tree_is_corruption() -> None:
    heap = Heap()
    blob = tree.make(Kind.BLOB, b"", "sha1")
    heap.put([blob])
    root = heap.plant([Entry("40000", "d", blob.oid)])
    with pytest.raises(CorruptObject, match="is a blob, not a tree"):
        list(tree.diff(heap, None, root))
    with pytest.raises(CorruptObject, match="is a blob, not a tree"):
        tree.lookup(heap, root, "d/x")


def test_a_missing_subtree_is_named() -> None:
    heap = Heap()
    root = heap.plant([Entry("40000", "d", BLOB)])
    with pytest.raises(MissingObject, match=BLOB):
        list(tree.diff(heap, None, root))
