"""A snapshot is the same bytes each time, brings back every document, and is refused whole when anything is wrong."""

import io
import json
import os
import tarfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from git_jit.config import Config
from git_jit.model import Comment, CommentId, Document, IssueId, Message, Oid
from git_jit.ops import issues
from git_jit.ops.edit import Patch
from git_jit.ops.exports import TargetExists, TargetNotWritable
from git_jit.ops.imports import SourceMissing
from git_jit.ops.snapshot_manifest import MANIFEST, SnapshotInvalid, SnapshotNewer
from git_jit.ops.snapshots import DocumentsInTheWay, Fetch, SnapshotImport, export_snapshot, import_snapshot, verify
from git_jit.store import archive, issue_path
from git_jit.view import Plan
from tests.gates import Clone, person, start
from tests.ops.test_exports import valid_plans
from tests.ops.world import World

CODE = Oid("c" * 40)
OLD = Oid("d" * 40)
PAGE = Document(path="docs/plan.md")
PINNED = Document(path="docs/plan.md", commit="dddd")
NOTHING = io.BytesIO()


def fetch(document: Document) -> tuple[Oid, bytes] | str:
    """A code of two commits."""
    if not document.path.startswith("docs/"):
        return "is not in the code"
    return (OLD, b"the old plan\n") if document.commit else (CODE, b"the plan\n")


def tracker() -> World:
    """Two issues, one with a comment and documents, in a tracker with rules."""
    world = World()
    begin(world, Config(stale_days=3))
    issues.create(world.store, world.caller(), issues.Draft(title="one", description="Lines\nof text"))
    one = IssueId("0001" + "0" * 28)
    issues.create(world.store, world.caller(), issues.Draft(title="two", depends_on=(one,)))
    issues.update(world.store, world.caller(), [one], Patch(add_documents=(PAGE, PINNED, Document(path="gone.md"))))
    caller = world.caller()
    remark = Comment(id=CommentId("01J" + "0" * 23), issue=one, author=caller.actor, created_at=caller.now, body="Hm\n")
    message = Message(op="comment", subject="comment", actor=caller.actor, request="r", at=caller.now)
    with world.store.view() as view:
        world.store.commit(Plan(comments={(one, remark.id): remark}), base=view.base, message=message)
    return world


def begin(world: World, config: Config | None = None) -> None:
    message = Message(op="init", subject="init", actor=world.caller().actor, request="i", at=world.caller().now)
    world.store.commit(Plan(config=config or Config()), base=None, message=message)


def out(world: World, path: Path, fetch: Fetch = fetch, at: str | None = None) -> Path:
    with world.store.view(at) as view:
        export_snapshot(view, str(path), fetch)
    return path


def bring(world: World, path: Path, **options: Any) -> SnapshotImport:
    return import_snapshot(world.store, world.caller(), str(path), NOTHING, **options)


def files(world: World) -> dict[str, bytes]:
    with world.store.view() as view:
        found = world.store.compare(None, view.base or "")
        return {change.path: world.store.blob_at(view.base or "", change.path) or b"" for change in found}


def summary(world: World) -> tuple[int, dict[str, bytes]]:
    return len(list(world.store.history())), files(world)


# --- out and in again ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["s", "s.tar", "s.tar.gz", "s.tgz"])
def test_what_goes_out_comes_in_byte_by_byte(name: str, tmp_path: Path) -> None:
    here, there = tracker(), World()
    begin(there)
    done = bring(there, out(here, tmp_path / name))
    assert files(there) == files(here)
    assert (len(done.report.created), done.report.comments, done.report.config) == (2, 1, True)
    again = bring(there, tmp_path / name)
    assert (again.report.commit, len(again.report.unchanged)) == (None, 2)
    assert len(list(there.store.history())) == 2


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(plan=valid_plans())
def test_any_tracker_comes_back_the_same(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> None:
    here, there = World(), World()
    begin(here)
    begin(there)
    caller = here.caller()
    message = Message(op="x", subject="x", actor=caller.actor, request="x", at=caller.now)
    with here.store.view() as view:
        here.store.commit(plan, base=view.base, message=message)
    bring(there, out(here, tmp_path_factory.mktemp("s") / "s.tar.gz"))
    assert files(there) == files(here)


def test_the_same_commit_gives_the_same_bytes(tmp_path: Path) -> None:
    world = tracker()
    tip = next(world.store.history()).oid
    first = out(world, tmp_path / "a.tar.gz").read_bytes()
    issues.create(world.store, world.caller(), issues.Draft(title="three"))
    os.umask(os.umask(0o077))
    assert out(world, tmp_path / "b.tar.gz", at=tip).read_bytes() == first
    assert out(world, tmp_path / "c.tar.gz").read_bytes() != first
    with tarfile.open(tmp_path / "a.tar.gz") as tar:
        assert next(m.name for m in tar) == MANIFEST
        assert {(m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode) for m in tar} == {(0, 0, 0, "", "", 0o644)}


def test_the_manifest_says_what_is_there_and_what_is_not(tmp_path: Path) -> None:
    world = tracker()
    base = out(world, tmp_path / "s")
    found = json.loads((base / MANIFEST).read_text())
    assert found["counts"] == {"issues": 2, "comments": 1, "gates": 0, "documents": 2}
    assert found["revision"] == next(world.store.history()).oid
    assert found["documents"] == [
        {"path": "docs/plan.md", "commit": None, "at": CODE, "file": f"documents/{CODE}/docs/plan.md"},
        {"path": "docs/plan.md", "commit": "dddd", "at": OLD, "file": f"documents/{OLD}/docs/plan.md"},
    ]
    assert found["left_out"] == [{"path": "gone.md", "reason": "is not in the code"}]
    listed = {str(path.relative_to(base)) for path in base.rglob("*") if path.is_file()}
    assert listed == {MANIFEST, *found["files"]}
    assert verify(str(base), NOTHING).to_json() == found


def test_a_snapshot_from_standard_input(tmp_path: Path) -> None:
    there = World()
    begin(there)
    data = io.BytesIO(out(tracker(), tmp_path / "s.tar.gz").read_bytes())
    done = import_snapshot(there.store, there.caller(), "-", data)
    assert len(done.report.created) == 2


def test_nothing_is_written_by_a_dry_run_or_over_something(tmp_path: Path) -> None:
    world = tracker()
    path = out(world, tmp_path / "s.tar")
    before = path.read_bytes()
    for target in (path, tmp_path):
        with pytest.raises(TargetExists):
            out(world, target)
    with pytest.raises(TargetNotWritable):
        out(world, tmp_path / "no/where.tar")
    (tmp_path / "link.tar").symlink_to("nowhere")
    with pytest.raises(TargetExists):
        out(world, tmp_path / "link.tar")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["link.tar", "s.tar"]
    assert path.read_bytes() == before
    there = World()
    begin(there)
    state = summary(there)
    assert bring(there, path, dry_run=True, into=str(tmp_path / "out")).report.dry_run
    assert (summary(there), (tmp_path / "out").exists()) == (state, False)


def test_what_differs_here_stays_unless_the_source_is_preferred(tmp_path: Path) -> None:
    here, there = tracker(), World()
    begin(there)
    path = out(here, tmp_path / "s.tar")
    bring(there, path)
    with there.store.view() as view:
        one = view.ids()[0]
    issues.update(there.store, there.caller(), [one], Patch(title="Mine"))
    assert bring(there, path).report.remarks.tallies()["differs-here"].count == 1
    assert files(there) != files(here)
    bring(there, path, prefer_source=True)
    assert files(there) == files(here)


# --- documents ---------------------------------------------------------------------------------------------------


def test_documents_are_written_only_where_one_says_and_never_over_a_file(tmp_path: Path) -> None:
    there = World()
    begin(there)
    path = out(tracker(), tmp_path / "s.tar.gz")
    assert bring(there, path).written == ()
    into = tmp_path / "into"
    assert bring(there, path, into=str(into)).written == (f"{OLD}/docs/plan.md", "docs/plan.md")
    assert (into / "docs/plan.md").read_bytes() == b"the plan\n"
    assert bring(there, path, into=str(into)).written == ()
    (into / OLD / "docs/plan.md").unlink()
    (into / "docs/plan.md").write_bytes(b"mine\n")
    state = summary(there)
    with pytest.raises(DocumentsInTheWay):
        bring(there, path, into=str(into))
    assert (summary(there), (into / OLD / "docs/plan.md").exists()) == (state, False)


def test_documents_go_through_no_link(tmp_path: Path) -> None:
    there = World()
    begin(there)
    path = out(tracker(), tmp_path / "s.tar.gz")
    (tmp_path / "into").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "into/docs").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TargetNotWritable):
        bring(there, path, into=str(tmp_path / "into"))
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_documents_come_from_the_code_as_it_is_committed(tmp_path: Path) -> None:
    ada = start(tmp_path / "ada", tmp_path / "home")
    ada.commit(**{"plan.md": "first\n"})
    first = ada.git("rev-parse", "HEAD")
    ada.commit(**{"plan.md": "second\n"})
    (ada.path / "plan.md").write_text("not committed\n")
    (ada.path / "link.md").symlink_to("plan.md")
    one = ada.ok("create", "A").strip()
    ada.ok("doc", "add", one, "plan.md")
    ada.ok("doc", "add", one, "plan.md", "--commit", first)
    ada.ok("snapshot", "export", "-o", "s")
    second = ada.git("rev-parse", "HEAD")
    base = ada.path / "s/documents"
    assert (base / first / "plan.md").read_text() == "first\n"
    assert (base / second / "plan.md").read_text() == "second\n"
    ada.ok("snapshot", "export", "-o", "t", "--code-at", first)
    assert [one.name for one in (ada.path / "t/documents").iterdir()] == [first]
    assert ada("snapshot", "export", "-o", "u", "--code-at", "nothing").status == 3
    bob = Clone(tmp_path / "bob", tmp_path / "bob-home", "bob")
    bob.path.mkdir()
    bob.git("init", "-q")
    person(bob)
    bob.ok("init", "--template", "minimal")
    bob.ok("snapshot", "import", str(ada.path / "s"), "--documents", "docs")
    assert (bob.path / "docs/plan.md").read_text() == "second\n"
    assert bob.git("rev-parse", "refs/jit/issues:issues") == ada.git("rev-parse", "refs/jit/issues:issues")


# --- what is refused ---------------------------------------------------------------------------------------------

Members = dict[str, bytes]


def listed(members: Members, **changes: object) -> Members:
    """`members` with a manifest that fits them."""
    announced = {name: {"size": len(data), "sha256": archive.sha256(data)} for name, data in members.items()}
    areas = [name.partition("/")[0] for name in members]
    manifest = {
        "format": "git-jit-snapshot", "version": 1, "revision": None, "filter": None, "documents": [], "left_out": [],
        "counts": {area: areas.count(area) for area in ("issues", "comments", "gates", "documents")},
        "files": announced, **changes,
    }  # fmt: skip
    return {MANIFEST: json.dumps(manifest).encode(), **members}


def members(tmp_path: Path) -> Members:
    base = out(tracker(), tmp_path / "good")
    found = {str(path.relative_to(base)): path.read_bytes() for path in base.rglob("*") if path.is_file()}
    return {MANIFEST: found.pop(MANIFEST), **dict(sorted(found.items()))}


def packed(path: Path, contents: Members, *more: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, data in contents.items():
            tar.addfile(about(name, size=len(data)), io.BytesIO(data))
        for info, data in more:
            tar.addfile(info, io.BytesIO(data))
    return path


def about(name: str, **attributes: Any) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for key, value in attributes.items():
        setattr(info, key, value)
    return info


def without(name: str) -> Callable[[Members], Members]:
    return lambda found: {key: data for key, data in found.items() if key != name}


def altered(found: Members) -> Members:
    return {**found, "config.json": found["config.json"].replace(b"3", b"4")}


def manifest(change: Callable[[dict[str, Any]], object]) -> Callable[[Members], Members]:
    def make(found: Members) -> Members:
        value = json.loads(found[MANIFEST])
        change(value)
        return {**found, MANIFEST: json.dumps(value).encode()}

    return make


def put(name: str, data: bytes = b"x") -> Callable[[Members], Members]:
    """One more file, which the manifest lists."""

    def make(found: Members) -> Members:
        rest = without(MANIFEST)(found)
        return listed({**rest, name: data})

    return make


WRONG: Mapping[str, Callable[[Members], Members]] = {
    "missing": without("config.json"),
    "extra": lambda found: {**found, "issues/aa/more.json": b"{}"},
    "altered": altered,
    "longer": lambda found: {**found, "config.json": found["config.json"] + b" "},
    "no manifest": without(MANIFEST),
    "manifest not first": lambda found: dict(reversed(found.items())),
    "manifest is no json": lambda found: {**found, MANIFEST: b"{"},
    "manifest is deep": lambda found: {**found, MANIFEST: b"[" * 100_000},
    "manifest is a list": lambda found: {**found, MANIFEST: b"[]"},
    "manifest says twice": lambda found: {**found, MANIFEST: found[MANIFEST].replace(b"{", b'{"version": 1,', 1)},
    "another format": manifest(lambda value: value.update(format="tar")),
    "another count": manifest(lambda value: value["counts"].update(issues=7)),
    "no files": manifest(lambda value: value.pop("files")),
    "size of text": manifest(lambda value: value["files"]["config.json"].update(size="9")),
    "size below nothing": manifest(lambda value: value["files"]["config.json"].update(size=-1)),
    "no checksum": manifest(lambda value: value["files"]["config.json"].update(sha256="0")),
    "revision with escapes": manifest(lambda value: value.update(revision="\x1b[31m")),
    "document elsewhere": manifest(lambda value: value["documents"][0].update(path="../../x")),
    "document not listed": manifest(lambda value: value["documents"][0].update(at="e" * 40)),
    "oversized": manifest(lambda value: value["files"]["config.json"].update(size=3 << 20)),
    "upwards": put("../x"),
    "upwards below": put("issues/../../x"),
    "absolute": put("/tmp/x"),
    "document upwards": put(f"documents/{CODE}/../../../x"),
    "document of git": put(f"documents/{CODE}/.GIT/hooks/post-checkout"),
    "document with escapes": put(f"documents/{CODE}/\x1b[2J"),
    "document of nothing": put("documents/x/y"),
    "document with a backslash": put(f"documents/{CODE}/..\\x"),
    "nowhere": put("hooks/post-checkout"),
    "odd issue": put("issues/aa/x.json"),
    "not an issue": put(issue_path("a" * 32), b"{}"),  # type: ignore[arg-type]
}  # fmt: skip


@pytest.mark.parametrize("kind", ["tar", "directory"])
@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_as_it_says_is_refused_whole(name: str, kind: str, tmp_path: Path) -> None:
    found = WRONG[name](members(tmp_path))
    if kind == "tar":
        path = packed(tmp_path / "bad.tar.gz", found)
    elif name == "manifest not first" or any(".." in key or key.startswith("/") or "\\" in key for key in found):
        pytest.skip("no directory can be like that")
    else:
        path = tmp_path / "bad"
        for key, data in found.items():
            (path / key).parent.mkdir(parents=True, exist_ok=True)
            (path / key).write_bytes(data)
    refused(path, tmp_path)


def refused(path: Path, tmp_path: Path) -> None:
    there = World()
    begin(there)
    before, around = summary(there), sorted(tmp_path.rglob("*"))
    with pytest.raises(Exception) as caught:
        bring(there, path, into=str(tmp_path / "into"))
    assert caught.value.code in {"snapshot_invalid", "import_malformed"}, caught.value  # type: ignore[attr-defined]
    assert (summary(there), sorted(tmp_path.rglob("*"))) == (before, around)


LINK = {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}
MORE: Mapping[str, list[tuple[tarfile.TarInfo, bytes]]] = {
    "symbolic link": [(about("issues/aa/link.json", **LINK), b"")],
    "link in place of a file": [(about("config.json", **LINK), b"")],
    "hard link": [(about("issues/aa/hard.json", type=tarfile.LNKTYPE, linkname="config.json"), b"")],
    "device": [(about("issues/aa/null", type=tarfile.CHRTYPE, devmajor=1, devminor=3), b"")],
    "pipe": [(about("issues/aa/pipe", type=tarfile.FIFOTYPE), b"")],
    "directory": [(about("issues", type=tarfile.DIRTYPE), b"")],
    "twice": [(about("config.json", size=2), b"{}")],
    "upwards": [(about("../../x", size=1), b"x")],
}


@pytest.mark.parametrize("name", MORE)
def test_an_archive_holds_plain_files_that_are_listed(name: str, tmp_path: Path) -> None:
    found = members(tmp_path)
    if name == "link in place of a file":
        found.pop("config.json")
    refused(packed(tmp_path / "bad.tar.gz", found, *MORE[name]), tmp_path)


def test_a_link_is_no_empty_file(tmp_path: Path) -> None:
    name = f"documents/{CODE}/empty"
    found = put(name, b"")(members(tmp_path))
    assert verify(str(packed(tmp_path / "good.tar.gz", found)), NOTHING).files[name].size == 0
    del found[name]
    refused(packed(tmp_path / "bad.tar.gz", found, (about(name, **LINK), b"")), tmp_path)


class Endless(io.RawIOBase):
    """A tar file whose first header announces 8 GiB of further headers."""

    def __init__(self) -> None:
        self.given = 0
        self._begin = about("x", type=tarfile.XHDTYPE, size=8 << 30).tobuf(tarfile.GNU_FORMAT)

    def read(self, size: int = -1) -> bytes:
        assert self.given < archive.MAX_LIST + 2 * archive.SLACK, "far too much was read"
        data = self._begin[self.given : self.given + size].ljust(size, b"x")
        self.given += size
        return data


def test_no_more_is_read_than_was_announced() -> None:
    with pytest.raises(SnapshotInvalid):
        verify("-", Endless())  # type: ignore[arg-type]


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """A gigabyte of nothing in a megabyte: before the list, behind it, and in a header of tar."""
    import gzip

    zeros = bytes(1 << 20)
    for number, start_with in enumerate((b"", packed_bytes(tmp_path))):
        with gzip.open(tmp_path / f"bomb{number}.tar.gz", "wb", compresslevel=1) as file:
            file.write(start_with)
            for _ in range(128):
                file.write(zeros)
        path = tmp_path / f"bomb{number}.tar.gz"
        if start_with:
            assert verify(str(path), NOTHING).counts["issues"] == 2  # tar ends where two blocks are empty
        else:
            refused(path, tmp_path)
    header = about("manifest.json", size=1 << 30)
    (tmp_path / "header.tar").write_bytes(header.tobuf() + zeros)
    refused(tmp_path / "header.tar", tmp_path)
    long_name = about("x", type=tarfile.XHDTYPE, size=200 << 20).tobuf()
    with gzip.open(tmp_path / "pax.tar.gz", "wb", compresslevel=1) as file:
        file.write(long_name)
        for _ in range(200):
            file.write(zeros)
    refused(tmp_path / "pax.tar.gz", tmp_path)


def test_what_no_list_announces_is_not_unpacked_either(tmp_path: Path) -> None:
    large = (about("issues/aa/x.json", size=3 << 20), bytes(3 << 20))
    with pytest.raises(SnapshotInvalid, match="unpacks to more than its manifest announces"):
        verify(str(packed(tmp_path / "more.tar.gz", members(tmp_path), large)), NOTHING)


def packed_bytes(tmp_path: Path) -> bytes:
    out(tracker(), tmp_path / "plain.tar")
    return (tmp_path / "plain.tar").read_bytes()


def test_a_file_that_is_cut_off_or_none_is_refused(tmp_path: Path) -> None:
    whole = out(tracker(), tmp_path / "s.tar.gz").read_bytes()
    for number, data in enumerate(
        (b"", b"\x1f\x8b", b"hello", whole[:-200], whole[:100], whole[:40] + b"x" + whole[41:])
    ):
        (tmp_path / f"{number}.tar.gz").write_bytes(data)
        refused(tmp_path / f"{number}.tar.gz", tmp_path)
    with pytest.raises(SourceMissing):
        verify(str(tmp_path / "nothing"), NOTHING)


@cache
def good() -> bytes:
    with TemporaryDirectory() as place:
        return out(tracker(), Path(place) / "good.tar").read_bytes()


def begins(data: bytes) -> list[int]:
    """Where the headers of files are."""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return [member.offset for member in tar]


@pytest.mark.parametrize("ending", [".tar", ".tar.gz"])
def test_wherever_it_is_cut_off_nothing_but_that_is_said(ending: str, tmp_path: Path) -> None:
    """A download that broke off, in a header, in a file, or in the list."""
    whole = out(tracker(), tmp_path / f"s{ending}").read_bytes()
    end = len(whole.rstrip(b"\0")) - 200  # the nothing at the end of a tar file may be cut off
    for length in range(0, end, end // 60):
        with pytest.raises(SnapshotInvalid):
            verify("-", io.BytesIO(whole[:length]))


@pytest.mark.parametrize(
    ("type_", "size"),
    [
        (tarfile.REGTYPE, b"\x80" + b"\0" * 3 + b"\x10" + b"\0" * 7),  # 2^60 bytes, by base-256 of GNU tar
        (tarfile.REGTYPE, b"\xff" * 12),  # -1
        (tarfile.REGTYPE, b"77777777777\0"),
        (b"Z", b"77777777777\0"),
        (tarfile.GNUTYPE_SPARSE, b"00000000000\0"),
        (tarfile.XHDTYPE, b"00000100000\0"),  # 32 KiB of headers
    ],
)
def test_a_header_that_lies_about_a_size_is_not_followed(type_: bytes, size: bytes) -> None:
    header = bytearray(about("x", type=type_).tobuf(tarfile.GNU_FORMAT))
    header[124:136] = size
    header[482] = 1  # of a sparse file: more headers follow
    header[148:156] = b"%06o\0 " % (sum(header) - sum(header[148:156]) + 8 * 0x20)
    for place in begins(good())[:2]:  # instead of the list, and behind it
        with pytest.raises(SnapshotInvalid):
            verify("-", io.BytesIO(good()[:place] + header + b"1" * 40_000))


def test_headers_about_headers_come_to_an_end() -> None:
    """tarfile looks for what a header is about by calling itself."""
    one = about("x", type=tarfile.XHDTYPE, size=0).tobuf(tarfile.GNU_FORMAT)
    with pytest.raises(SnapshotInvalid):
        verify("-", io.BytesIO(one * 2000))


WHERE = st.sampled_from([*range(124, 136), 156, 157, *range(257, 263), 482])
"""Size, kind, name of a link, and what says whether more headers follow."""


@settings(max_examples=100)
@given(st.data())
def test_any_damage_is_a_refusal_or_does_not_matter(data: st.DataObject) -> None:
    """Bytes of headers are other ones and their checksums right, and no error of a library comes through."""
    damaged = bytearray(good())
    at = data.draw(st.sampled_from(begins(good())))
    odd = st.sampled_from(b"\0 07LKxgSDV1234\xff\x80")
    for place, value in data.draw(st.lists(st.tuples(WHERE, odd), min_size=1, max_size=4)):
        damaged[at + place] = value
    block = damaged[at : at + 512]
    damaged[at + 148 : at + 156] = b"%06o\0 " % (sum(block) - sum(block[148:156]) + 8 * 0x20)
    with suppress(SnapshotInvalid):
        verify("-", io.BytesIO(bytes(damaged)))


def test_one_of_a_later_version_says_so(tmp_path: Path) -> None:
    newer = manifest(lambda value: value.update(version=2))(members(tmp_path))
    with pytest.raises(SnapshotNewer):
        verify(str(packed(tmp_path / "n.tar.gz", newer)), NOTHING)


def test_problems_are_counted_and_some_are_named(tmp_path: Path) -> None:
    found = members(tmp_path)
    extra = {f"issues/aa/{number}.json": b"{}" for number in range(50)}
    with pytest.raises(SnapshotInvalid) as caught:
        verify(str(packed(tmp_path / "m.tar.gz", {**found, **extra})), NOTHING)
    problems = caught.value.details["problems"]
    assert (len(problems), caught.value.details["count"]) == (20, 50)  # type: ignore[arg-type]
    assert caught.value.message == "'issues/aa/0.json' is not in the manifest, and 49 more like it"
