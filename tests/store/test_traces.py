"""Signs of issues: each of them alone keeps a lost reference from being taken for a new repository."""

from collections.abc import Callable
from pathlib import Path

import pytest

from git_jit.store import NotInitialised, RefMissing
from git_jit.store.traces import nothing_here, traces
from tests.store.damage import common
from tests.store.gitrepo import REF, Place, ordinary
from tests.store.trackers import opened, put, started


def bare_of_signs(tmp_path: Path) -> tuple[Place, str]:
    """A repository with the objects of a tracker, in which nothing says so; and the tip that it had."""
    place = ordinary(tmp_path)
    store = started(place)
    tip = put(store, "one")
    store.close()
    for name in place.git("for-each-ref", "--format=%(refname)", "refs/jit").split():
        place.git("update-ref", "-d", name)
    (common(place) / "jit/high-water").unlink()
    (common(place) / "jit/config").unlink()
    return place, tip


def refs(name: str) -> Callable[[Place, str], object]:
    return lambda place, tip: place.git("update-ref", name, tip)


def mark(place: Place, tip: str) -> None:
    (common(place) / "jit/high-water").write_text(f"{tip} 1 0 {REF}\n")


def settings(place: Place, tip: str) -> None:
    (common(place) / "jit/config").write_text("[gc]\n")


def log(place: Place, tip: str, old: str = "1" * 40) -> None:
    path = common(place) / "logs" / REF
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{old} {tip} A <a@b> 1790000000 +0000\tsaid\n")


SIGNS: list[tuple[Callable[[Place, str], object], str]] = [
    (refs("refs/remotes/origin/jit/issues"), "refs/remotes/origin/jit/issues"),
    (refs("refs/jit/backup/anchor-3"), "refs/jit/backup/anchor-3"),
    (refs("refs/jit/lost/x"), "refs/jit/lost/x"),
    (refs("refs/heads/jit/issues"), "refs/heads/jit/issues"),
    (mark, "the published commit TIP"),
    (settings, "COMMON/jit/config"),
    (log, "refs/jit/issues@{0}"),
]


@pytest.mark.parametrize(("sign", "named"), SIGNS, ids=[named for _, named in SIGNS])
def test_r6_each_sign_alone_says_that_there_were_issues(
    tmp_path: Path, sign: Callable[[Place, str], object], named: str
) -> None:
    place, tip = bare_of_signs(tmp_path)
    sign(place, tip)
    store = opened(place)
    named = named.replace("TIP", tip[:10]).replace("COMMON", str(common(place)))
    assert traces(store) == [named]
    error = nothing_here(store)
    assert (type(error), error.message, error.details) == (
        RefMissing,
        f"'{REF}' is missing, but '{named}' shows that there are issues",
        {"ref": REF, "found": [named]},
    )


def test_without_any_sign_there_is_nothing(tmp_path: Path) -> None:
    place, tip = bare_of_signs(tmp_path)
    for no_sign in (refs("refs/remotes/origin/main"), refs("refs/heads/jit/other")):
        no_sign(place, tip)
    log(place, tip, old="0" * 40)  # of an 'init' that was killed before the reference was there
    store = opened(place)
    assert traces(store) == []
    assert isinstance(nothing_here(store), NotInitialised)
