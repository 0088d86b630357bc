"""What was seen of remotes: the names, the note, and that nothing is read twice to learn that nothing moved."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.config import Config
from git_jit.model import Oid
from git_jit.store import UnusableSetting
from git_jit.store.repository import Repository
from git_jit.store.tracking import Noted, news, note, read_noted, settle, sharing
from tests.store.gitrepo import Place, git, ordinary
from tests.store.making import message

TRACKING = "refs/remotes/origin/jit/issues"
ORIGIN = {"remote.origin.url": ("x",)}


def test_names_of_references() -> None:
    usual = sharing(ORIGIN)
    assert (usual.publish, usual.tracking("origin")) == ("refs/heads/jit/issues", TRACKING)
    assert usual.incoming("origin") == "refs/jit-in/origin/jit/issues"
    hidden = sharing({**ORIGIN, "jit.publishref": ("refs/jit/issues",)})
    assert (hidden.publish, hidden.tracking("origin")) == ("refs/jit/issues", TRACKING)


@pytest.mark.parametrize(
    ("remotes", "said", "expected"),
    [
        ([], None, None),
        (["hub"], None, "hub"),
        (["hub", "origin"], None, "origin"),
        (["a", "b"], None, None),
        (["a", "b"], "b", "b"),
    ],
)
def test_the_remote_that_is_synced_with(remotes: list[str], said: str | None, expected: str | None) -> None:
    entries = {f"remote.{name}.url": ("x",) for name in remotes} | ({"jit.remote": (said,)} if said else {})
    assert sharing(entries).remote == expected


@pytest.mark.parametrize("name", ["jit/issues", "refs/heads/a..b", "refs/heads/", "-x"])
def test_a_name_that_cannot_be_meant(name: str) -> None:
    with pytest.raises(UnusableSetting):
        sharing({"jit.publishref": (name,)})


OIDS = st.none() | st.text("0123456789abcdef", min_size=40, max_size=40).map(Oid)
REFS = st.text(st.characters(exclude_characters="\n\r", exclude_categories=("Cs", "Cc")), min_size=1)


@given(OIDS, OIDS, st.sampled_from(["-", "loose", "1:2:3"]), REFS)
def test_a_line_of_the_note_is_read_as_it_was_written(seen: Oid, taken: Oid, stamp: str, ref: str) -> None:
    noted = Noted(seen, taken, stamp)
    assert Noted.parse(noted.encode(ref)) == (ref, noted)


@given(st.text())
def test_whatever_the_note_says_it_is_read(text: str) -> None:
    found = Noted.parse(text)
    assert found is None or found[1].encode(found[0]) == text


def test_a_note_that_is_torn_counts_as_far_as_it_is_whole(tmp_path: Path) -> None:
    common = str(tmp_path)
    note(common, "refs/remotes/a/x", Noted(Oid("a" * 40)))
    note(common, "refs/remotes/b/x", Noted(None, Oid("b" * 40)))
    path = tmp_path / "jit" / "remotes"
    path.write_text(path.read_text()[:-3])
    assert read_noted(common) == {"refs/remotes/a/x": Noted(Oid("a" * 40))}


@dataclass
class Watched:
    """A back end that counts the references that are looked up."""

    real: Repository
    looked: list[str] = field(default_factory=list)

    def ref(self, name: str) -> Oid | None:
        self.looked.append(name)
        return self.real.backend.ref(name)


class Site:
    def __init__(self, store: Repository) -> None:
        self.layout, self.ref, self.environ = store.layout, store.ref, store.environ
        self.backend = Watched(store)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    found = ordinary(tmp_path)
    found.git("remote", "add", "origin", "nowhere")
    return found


def begun(place: Place) -> Repository:
    store = Repository.open(str(place.cwd), place.environ)
    store.init(Config(), message(subject="init"))
    return store


def test_a_packed_reference_is_looked_up_once(place: Place) -> None:
    store = begun(place)
    site, shared = Site(store), sharing(store.config)
    place.git("update-ref", TRACKING, "HEAD")
    place.git("pack-refs", "--all")
    found = news(site, shared)  # type: ignore[arg-type]
    assert found is not None
    settle(site, TRACKING, taken=found.tip)  # type: ignore[arg-type]
    assert news(site, shared) is None  # type: ignore[arg-type]
    site.backend.looked.clear()
    for _ in range(3):
        assert news(site, shared) is None  # type: ignore[arg-type]
    assert site.backend.looked == [], "the file of all packed references is not read again"
    place.git("update-ref", "refs/heads/other", "HEAD")
    place.git("pack-refs", "--all")
    assert news(site, shared) is None  # type: ignore[arg-type]
    assert site.backend.looked == [TRACKING], "it changed, so it was read once more"
    store.close()


def test_a_reference_that_is_not_there_is_looked_for_once(place: Place) -> None:
    store = begun(place)
    site, shared = Site(store), sharing(store.config)
    place.git("pack-refs", "--all")
    for _ in range(3):
        assert news(site, shared) is None  # type: ignore[arg-type]
    assert site.backend.looked == [TRACKING]
    store.close()


def test_one_that_moves_is_news_until_it_is_settled(place: Place) -> None:
    store = begun(place)
    site, shared = Site(store), sharing(store.config)
    for _ in range(2):
        git(place.cwd, "commit", "-q", "--allow-empty", "-m", "more")
        place.git("update-ref", TRACKING, "HEAD")
        found = news(site, shared)  # type: ignore[arg-type]
        assert found is not None
        assert found.tip == place.git("rev-parse", "HEAD")
        settle(site, TRACKING, taken=found.tip, seen=found.tip)  # type: ignore[arg-type]
        assert news(site, shared) is None  # type: ignore[arg-type]
        assert news(site, shared) is None  # type: ignore[arg-type]
        after = Path(store.layout.common_dir, "jit", "remotes")
        inode = after.stat().st_ino
        assert news(site, shared) is None  # type: ignore[arg-type]
        assert after.stat().st_ino == inode, "looking writes nothing when nothing is new"
    store.close()
