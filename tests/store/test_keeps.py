"""Kept packs: released by their owner, swept only with proof of its death."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from git_jit.store.backend import Durability
from git_jit.store.gitobjects import index_pack
from git_jit.store.holder import this_process
from git_jit.store.keeps import MARK, KeptPack, making, owner_record, sweep_keeps
from tests.store.gitrepo import Place, ordinary


def keep(place: Place, name: str, text: str) -> Path:
    path = Path(place.layout.objects_dir, "pack", f"{name}.keep")
    path.write_text(text)
    return path


def record_of_a_dead_process() -> str:
    code = "from git_jit.store.keeps import owner_record; print(owner_record())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_release_removes_exactly_its_own(tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    first = index_pack(place.layout, place.environ, [place.blob(b"1")], Durability.FULL)
    second = index_pack(place.layout, place.environ, [place.blob(b"2")], Durability.FULL)
    assert isinstance(first, KeptPack)
    assert isinstance(second, KeptPack)
    assert Path(first.path).read_text().strip() == owner_record()
    first.release()
    assert (Path(first.path).exists(), Path(second.path).exists()) == (False, True)

    Path(second.path).write_text("somebody else keeps it now\n")
    second.release()
    assert Path(second.path).exists()


def test_sweeping(tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    me = this_process()
    live = index_pack(place.layout, place.environ, [place.blob(b"live")], Durability.FAST)
    assert isinstance(live, KeptPack)
    stays = {
        "foreign": "",
        "foreign-text": "kept by hand\n",
        "damaged": f"{MARK}nonsense\n",
        "parent": MARK + me._replace(pid=os.getppid(), start="").encode().decode(),
        "container": MARK + me._replace(pid=2**22 - 1, space="pid:[1]").encode().decode(),
        "machine": MARK + me._replace(boot="other", host="elsewhere").encode().decode(),
        "init": MARK + me._replace(pid=1, start="0").encode().decode(),
    }
    goes = {
        "dead": record_of_a_dead_process(),
        "reused": MARK + me._replace(pid=os.getppid(), start="1").encode().decode(),
        "earlier-boot": MARK + me._replace(boot="other").encode().decode(),
        "forgotten": MARK + me.encode().decode(),
    }
    kept = [keep(place, name, text) for name, text in stays.items()]
    gone = [keep(place, name, text) for name, text in goes.items()]
    assert sweep_keeps(place.layout) == sorted(map(str, gone))
    assert [path.exists() for path in (*kept, Path(live.path))] == [True] * (len(kept) + 1)
    assert not any(path.exists() for path in gone)
    live.release()
    assert sweep_keeps(place.layout) == []


def test_a_pack_that_is_being_made_is_not_swept_by_another_thread(tmp_path: Path) -> None:
    """Between git, which writes the file, and us, who learn its name from git, it is nobody's yet."""
    place = ordinary(tmp_path)
    index_pack(place.layout, place.environ, [place.blob(b"any")], Durability.FAST)
    new = keep(place, "pack-new", owner_record())
    with making():
        assert sweep_keeps(place.layout) == []
    assert sweep_keeps(place.layout) == [str(new)]


def test_nothing_to_sweep(tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    Path(place.layout.objects_dir, "pack").rmdir()
    assert sweep_keeps(place.layout) == []


@pytest.mark.parametrize("durability", list(Durability))
def test_the_same_pack_twice(durability: Durability, tmp_path: Path) -> None:
    """git keeps the `.keep` that is there; as it is ours too, either release ends it."""
    place = ordinary(tmp_path)
    objects = [place.blob(b"same")]
    first = index_pack(place.layout, place.environ, objects, durability)
    second = index_pack(place.layout, place.environ, objects, durability)
    second.release()
    first.release()
    assert list(Path(place.layout.objects_dir, "pack").glob("*.keep")) == []
