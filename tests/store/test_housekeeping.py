"""What follows a write: it spares the next command work, and never fails this one."""

import subprocess
import sys
from pathlib import Path

from tests.store.gitrepo import Place
from tests.store.trackers import odd, opened, packs, put, started, title


def test_a_broken_index_fails_no_command(place: Place) -> None:
    store = started(place)
    index = Path(place.layout.common_dir, "jit", "index.sqlite")
    index.unlink()
    index.mkdir()
    put(store, "published all the same")
    assert title(opened(place)) == "published all the same"


def test_the_index_is_refreshed_from_what_was_just_read_and_written(place: Place) -> None:
    store = started(place)
    put(store, "before")
    spy = odd(store)
    spy.after = spy.asked.clear
    put(store, "after", 2)
    assert spy.asked == set()
    assert title(store) == "after"


def test_many_writes_ask_git_to_tidy_up_and_do_not_wait(place: Place) -> None:
    store = started(place)
    directory = Path(place.layout.objects_dir, "17")
    directory.mkdir(exist_ok=True)
    for n in range(30):
        (directory / f"{n:038x}").touch()
    put(store, "one")
    assert Path(place.layout.common_dir, "jit", "maintenance").exists()


def test_the_pack_that_a_killed_writer_kept_is_let_go(place: Place) -> None:
    store = started(place)
    code = (
        "import os, signal, sys; from git_jit.store.gitobjects import index_pack;"
        "from git_jit.store.layout import discover; from git_jit.store.backend import Durability;"
        "from tests.store.gitrepo import Place; from pathlib import Path; place = Place(Path(sys.argv[1]));"
        "index_pack(place.layout, place.environ, [place.blob(b'bulk')], Durability.FAST); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(place.cwd)], cwd=Path(__file__).parents[2], check=False)
    by_hand = Path(place.layout.objects_dir, "pack", "mine.keep")
    by_hand.write_text("kept by hand")
    assert packs(place).count(".keep") == 2
    put(store, "one")
    assert packs(place).count(".keep") == 1
    assert by_hand.exists()
