"""Bundles: the issues in one file, which survives the repository when it is copied elsewhere.

A bundle is git's own format: `git clone`, `git fetch` and `git bundle verify` read it. Ours hold the issues' reference
and its anchors, whole, without prerequisites. They are written under another name, verified, and then renamed.

To look into a bundle without changing the repository its objects are unpacked beside it (`annex`), and git is told to
look there too.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from git_jit.errors import Fatal, NotFound, Refused
from git_jit.model import Oid, Timestamp
from git_jit.record import record, replace
from git_jit.rescue import Bundle
from git_jit.store.anchors import PREFIX
from git_jit.store.backend import Backend
from git_jit.store.highwater import Site
from git_jit.store.layout import Layout
from git_jit.store.process import MAX_STDERR, failure, run
from git_jit.store.quarantine import set_aside
from git_jit.store.system import System, make_directories, sync_path, write_error

KEPT: Final = 4
"""Bundles kept at the default place: a month of weekly ones."""
SUFFIX: Final = ".bundle"


class BundleMissing(NotFound):
    """There is no such file."""

    code = "bundle_missing"


class BundleInvalid(Refused):
    """The file is no bundle, or one that needs commits which are not here."""

    code = "bundle_invalid"


class BundleFailed(Fatal):
    """The bundle was written, but git cannot read it back; it was removed."""

    code = "bundle_failed"


@record
class Wide:
    """A repository with the objects of bundles at hand."""

    layout: Layout
    backend: Backend
    ref: str
    environ: Mapping[str, str]
    stores: tuple[str, ...]
    """Where the objects of the bundles are, unpacked."""


def directory(common_dir: str) -> str:
    """Where bundles go by themselves."""
    return f"{common_dir}/jit/backup"


def listed(site: Site) -> list[Bundle]:
    """The bundles at the default place, newest name first."""
    place = directory(site.layout.common_dir)
    with suppress(OSError):
        names = sorted((name for name in os.listdir(place) if name.endswith(SUFFIX)), reverse=True)
        return [_described(site, f"{place}/{name}") for name in names]
    return []


def create(site: Site, path: str | None, at: Timestamp) -> Bundle:
    """Write the issues and their anchors into one file. Without a path: to the default place, of which the oldest
    files beyond four are removed.

    Raises `DiskFull`, `NotWritable`, `WriteFailed`, `GitFailed` and `BundleFailed`; then there is no new file.
    """
    target = path or f"{directory(site.layout.common_dir)}/issues-{at[:19].replace(':', '')}{SUFFIX}"
    draft = f"{target}.{os.getpid()}.tmp"
    try:
        make_directories(System(), os.path.dirname(target))
        _write(site, draft)
        sync_path(System(), draft)
        os.replace(draft, target)
        sync_path(System(), os.path.dirname(target))
    except OSError as error:
        raise write_error(error, f"write the bundle '{target}'") from error
    finally:
        with suppress(OSError):
            os.unlink(draft)
    if path is None:
        _forget_old(site)
    return _described(site, target)


def _write(site: Site, path: str) -> None:
    refs = [site.ref, *site.backend.refs(PREFIX)]
    done = run(site.layout, ["bundle", "create", "--quiet", path, *refs], environ=site.environ)
    if done.status:
        raise failure(done, "writing a bundle")
    checked = run(site.layout, ["bundle", "verify", "--quiet", path], environ=site.environ)
    if checked.status:
        raise BundleFailed(
            "the bundle cannot be read back",
            hint="'git jit doctor' looks for damage; the issues themselves are untouched",
            details={"stderr": checked.err[:MAX_STDERR]},
        )


def _forget_old(site: Site) -> None:
    for bundle in listed(site)[KEPT:]:
        with suppress(OSError):
            os.unlink(bundle.path)


def _described(site: Site, path: str) -> Bundle:
    try:
        size = os.stat(path).st_size
    except OSError:
        size = 0
    heads = read_heads(site, path)
    return Bundle(path=path, size=size, tip=heads.get(site.ref) or next(iter(heads.values()), None))


def read_heads(site: Site, path: str) -> dict[str, Oid]:
    """What the bundle names, by reference; nothing for what is no bundle."""
    done = run(site.layout, ["bundle", "list-heads", path], environ=site.environ)
    lines = done.out.decode("utf-8", "surrogateescape").split("\n")  # not splitlines: see `Files`
    pairs = (line.partition(" ") for line in lines)
    return {name: Oid(oid) for oid, _, name in pairs if name} if done.status == 0 else {}


def require(site: Site, path: str) -> dict[str, Oid]:
    """The same for a bundle that a user named. Raises `BundleMissing` or `BundleInvalid`."""
    if not os.path.isfile(path):
        raise BundleMissing(f"there is no file '{path}'", hint="'git jit bundle --list' shows those made here")
    heads = read_heads(site, path)
    if not heads:
        raise BundleInvalid(f"'{path}' is not a bundle", hint="'git jit bundle --list' shows those made here")
    return heads


@contextmanager
def annex(site: Site, paths: Sequence[str]) -> Iterator[Wide]:
    """The repository as if it held the objects of these bundles. Nothing is written into it."""
    from shutil import rmtree
    from tempfile import mkdtemp

    from git_jit.store.plumbing import Plumbing

    base = f"{site.layout.common_dir}/jit"
    make_directories(System(), base)
    place = mkdtemp(prefix="annex.", dir=base)
    try:
        stores = [_unpacked(site, path, f"{place}/{number}") for number, path in enumerate(paths)]
        # The bundles first: where the repository's own pack is damaged in an object's header, git believes that one.
        borrowed = (site.layout.objects_dir, *site.layout.alternates, *stores[1:])
        layout = replace(site.layout, objects_dir=stores[0], alternates=borrowed)
        environ = {**site.environ, "GIT_OBJECT_DIRECTORY": stores[0]}
        backend = Plumbing(layout, environ)
        try:
            yield Wide(layout, backend, site.ref, environ, tuple(stores))
        finally:
            backend.close()
    finally:
        rmtree(place, ignore_errors=True)


def take_in(site: Site, wide: Wide) -> None:
    """Give the repository the packs of the bundles, as git does with what a push brought: the index of each comes
    last, for it is what makes a pack seen. Raises errors of the disk.
    """
    target = f"{site.layout.objects_dir}/pack"
    try:
        make_directories(System(), target)
        for store in wide.stores:
            names = sorted(os.listdir(f"{store}/pack"), key=lambda name: name.endswith(".idx"))
            for name in names:
                _give(site, f"{store}/pack/{name}", f"{target}/{name}")
        sync_path(System(), target)
    except OSError as error:
        raise write_error(error, "take in the objects of a bundle") from error


def _give(site: Site, source: str, target: str) -> None:
    from filecmp import cmp

    if os.path.exists(target):  # packs are named after what they hold: the same, or the very one that is damaged
        if cmp(source, target, shallow=False):
            return
        set_aside(site, target)
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except OSError:  # another file system, or one without links
        from shutil import copy2

        copy2(source, f"{target}.tmp")
        sync_path(System(), f"{target}.tmp")
        os.rename(f"{target}.tmp", target)


def _unpacked(site: Site, path: str, place: str) -> str:
    """The bundle's objects in an object store of their own.

    First without the repository's own objects in sight, for git refuses a copy of one that is damaged here. And not
    by 'git bundle unbundle', which stops at references that lead to missing objects.
    """
    environ = {**site.environ, "GIT_OBJECT_DIRECTORY": place}
    pack = _pack_in(path)
    for borrowed in ((), (site.layout.objects_dir,)):
        os.makedirs(place, exist_ok=True)
        layout = replace(site.layout, objects_dir=place, alternates=(*site.layout.alternates, *borrowed))
        done = run(layout, ["index-pack", "--stdin", "--fix-thin"], environ=environ, input=pack)
        if done.status == 0:
            return place
    raise BundleInvalid(
        f"'{path}' cannot be unpacked here: {done.err.splitlines()[0] if done.err else 'git gives no reason'}",
        hint="'git bundle verify' tells whether it is damaged, or needs commits that are not here",
        details={"path": path, "stderr": done.err[:MAX_STDERR]},
    )


def _pack_in(path: str) -> bytes:
    """What follows the header of a bundle: lines, then an empty one (gitformat-bundle(5))."""
    try:
        with open(path, "rb") as file:
            return file.read().partition(b"\n\n")[2]
    except OSError as error:
        raise write_error(error, f"read the bundle '{path}'") from error
