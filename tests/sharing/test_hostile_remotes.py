"""What somebody pushed who means no good: left out and told, and never in the way of the rest."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from git_jit.model import IssueId, Priority
from git_jit.ops.sync import How, Synced
from git_jit.ops.validation import validate
from git_jit.store import issue_path
from tests.faults.test_catalogue_hostile import LARGE, UNCLEAR, raw_tree
from tests.sharing.team import BRANCH, REF, Clone, Team, copied, run, started


class Attack:
    """Ada and Mallory have three issues each. Mallory publishes something, together with a sound change of `wall`."""

    def __init__(self, team: Team, clones: list[Clone], issues: list[IssueId]) -> None:
        self.team = team
        self.ada, self.mallory = clones
        self.door, self.wall, self.roof = issues
        self.before = self.ada.issue(self.door)

    def document(self, **fields: object) -> bytes:
        blob = self.mallory.git("cat-file", "blob", f"{REF}:{issue_path(self.door)}")
        return json.dumps({**json.loads(blob), **fields}, indent=2, sort_keys=True).encode() + b"\n"

    def plants(self, files: dict[str, bytes | None]) -> None:
        self.publishes(self.mallory.plant({**files, **self.sound()}))

    def sound(self) -> dict[str, bytes | None]:
        blob = self.mallory.git("cat-file", "blob", f"{REF}:{issue_path(self.wall)}")
        return {issue_path(self.wall): blob.replace('"Wall"', '"High wall"').encode() + b"\n"}

    def plants_entries(self, entries: Sequence[tuple[bytes, bytes, str]], at: str = "") -> None:
        """Entries in front of the proper ones of the root, or of the directory `at`, in any order and of any name."""
        sound = self.mallory.plant(self.sound())
        tree = self._with(f"{sound}^{{tree}}", at.split("/") if at else [], entries)
        self.publishes(self.mallory.git("commit-tree", tree, "-p", REF, "-m", "by hand"))

    def _with(self, tree: str, way: list[str], entries: Sequence[tuple[bytes, bytes, str]]) -> str:
        proper = []
        for line in self.mallory.git("ls-tree", tree).splitlines():
            head, _, name = line.partition("\t")
            mode, _, oid = head.split()
            if way and name == way[0]:
                oid = self._with(oid, way[1:], entries)
            proper.append((mode.lstrip("0").encode(), name.encode(), oid))
        words = ("hash-object", "-t", "tree", "-w", "--literally", "--stdin")
        return self.mallory.git(*words, input=raw_tree([*(() if way else entries), *proper]))

    def publishes(self, commit: str) -> None:
        self.mallory.git("push", "-q", "--force", "origin", f"{commit}:{BRANCH}")

    def comes_to_nothing(self, *paths: str) -> Synced:
        """Ada syncs: `door` is as it was, the sound change is there, what is left out is named, all of it is shared."""
        files = sorted(path.name for path in self.ada.path.iterdir())
        done = self.ada.sync()
        assert done.taken is not None
        assert [one.path for one in done.taken.left_out] == [*paths]
        assert self.ada.issue(self.door) == self.before
        assert self.ada.issue(self.wall).title == "High wall"
        assert self.team.published == self.ada.tip
        assert files == sorted(path.name for path in self.ada.path.iterdir())
        assert is_sound(self.ada)
        eve = self.team.clone("eve")
        assert eve.sync().taken is not None
        assert eve.tip == self.ada.tip
        return done


def is_sound(clone: Clone) -> bool:
    """Whether the tree has nothing but plain files with plain names, each a document."""
    for line in clone.git("ls-tree", "-r", "-t", "-z", REF).split("\0")[:-1]:
        head, _, path = line.partition("\t")
        mode, kind, _ = head.split()
        if mode not in {"100644", "040000"} or not path.isprintable() or {"..", ".git", ""} & set(path.split("/")):
            return False
        if kind == "blob" and path.endswith(".json"):
            json.loads(clone.git("cat-file", "blob", f"{REF}:{path}"))
    return True


@pytest.fixture(scope="module")
def peace(tmp_path_factory: pytest.TempPathFactory) -> tuple[Team, list[Clone], list[IssueId]]:
    made, (ada, mallory) = started(tmp_path_factory.mktemp("peace"), "ada", "mallory")
    issues = [ada.create(title) for title in ("Door", "Wall", "Roof")]
    ada.sync()
    mallory.sync()
    return made, [ada, mallory], issues


@pytest.fixture
def attack(peace: tuple[Team, list[Clone], list[IssueId]], tmp_path: Path) -> Attack:
    made, clones, issues = peace
    moved, copies = copied(made, clones, tmp_path / "war")
    return Attack(moved, copies, issues)


BOMBS = [name for name in LARGE if name.startswith("nested") or "10 MB" in name]
"""The others take git itself seconds to pack, and are beyond the same limit."""


@pytest.mark.parametrize("name", [*BOMBS, *UNCLEAR])
def test_D1_D2_documents_that_cannot_be_read(name: str, attack: Attack) -> None:
    bad = UNCLEAR[name] if name in UNCLEAR else LARGE[name]
    attack.plants({issue_path(attack.door): bad if isinstance(bad, bytes) else bad()})
    attack.comes_to_nothing(issue_path(attack.door))


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "\x1b[31mred\x1b]0;owned\x07"},
        {"id": "d" * 32},
        {"estimate": 2**63},
        {"state": "owned"},
        {"labels": ["a:b", "a:b\x1b[2J"]},
        {"dependencies": ["../../etc/passwd"]},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_D6_documents_that_break_their_schema(fields: dict[str, object], attack: Attack) -> None:
    attack.plants({issue_path(attack.door): attack.document(**fields)})
    attack.comes_to_nothing(issue_path(attack.door))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (b"..", ".."),
        (b".git", ".git"),
        (b".GIT", ".GIT"),
        (b"\xff\xfe", "\\udcff\\udcfe"),
        (b"\x1b[31m", "\\x1b[31m"),
        (b"a\\b", "a\\b"),
    ],
)
def test_D3_names_that_lead_elsewhere(name: bytes, told: str, attack: Attack) -> None:
    blob = attack.mallory.git("hash-object", "-w", "--stdin", input=b"../../../etc/passwd")
    attack.plants_entries([(b"100644", name, blob)])
    attack.comes_to_nothing(told)


@pytest.mark.parametrize("mode", [b"120000", b"160000", b"100755"])
@pytest.mark.parametrize("at", ["", "issues"])
def test_D3_links_submodules_and_programs(mode: bytes, at: str, attack: Attack) -> None:
    oid = attack.mallory.git("hash-object", "-w", "--stdin", input=b"/etc/passwd")
    oid = attack.mallory.git("rev-parse", REF) if mode == b"160000" else oid
    attack.plants_entries([(mode, b"!evil", oid)], at)
    attack.comes_to_nothing(f"{at}/!evil".lstrip("/"))


def test_D3_an_issue_that_became_a_link(attack: Attack) -> None:
    attack.plants({})
    path = issue_path(attack.door)
    env = {**attack.mallory.env, "GIT_INDEX_FILE": str(attack.mallory.path / ".git" / "by-hand")}
    blob = attack.mallory.git("hash-object", "-w", "--stdin", input=b"/etc/passwd")
    run(attack.mallory.path, "update-index", "--cacheinfo", f"120000,{blob},{path}", env=env)
    tree = run(attack.mallory.path, "write-tree", env=env)
    attack.publishes(attack.mallory.git("commit-tree", tree, "-p", REF, "-m", "by hand"))
    attack.comes_to_nothing(path)


def test_D3_a_name_that_is_there_twice(attack: Attack) -> None:
    empty = attack.mallory.git("hash-object", "-w", "-t", "tree", "--stdin")
    attack.plants_entries([(b"40000", b"issues", empty)])
    done = attack.ada.sync()
    assert done.taken is not None
    assert ("issues", "is there more than once") in [(one.path, one.why) for one in done.taken.left_out]
    assert attack.ada.titles() == ["Door", "Roof", "Wall"]
    assert is_sound(attack.ada)


def test_D4_trees_without_end(attack: Attack) -> None:
    tree = attack.mallory.git("hash-object", "-w", "-t", "tree", "--stdin")
    for _ in range(100):
        tree = attack.mallory.git(
            "hash-object", "-w", "-t", "tree", "--stdin", input=raw_tree([(b"40000", b"a", tree)])
        )
    attack.plants_entries([(b"40000", b"deep", tree)])
    done = attack.ada.sync()
    assert done.taken is not None
    assert attack.ada.issue(attack.wall).title == "High wall"
    assert is_sound(attack.ada)


def test_D5_a_commit_that_lies_about_its_time(attack: Attack) -> None:
    """Its clock says the year 2100: it must not win every merge until then, nor set ours ahead."""
    commit = attack.mallory.plant({issue_path(attack.door): attack.document(title="Mine for ever")})
    data = attack.mallory.git("cat-file", "commit", commit) + "\n\nJit-Op: update\nJit-Clock: 4102444800000.0.ffffff\n"
    attack.publishes(attack.mallory.git("hash-object", "-t", "commit", "-w", "--stdin", input=data.encode()))
    attack.ada.update(attack.door, title="The door")
    done = attack.ada.sync()
    assert done.taken is not None
    assert any("more than a day ahead" in warning for warning in done.taken.warnings)
    clock = attack.ada.git("log", "-1", "--format=%(trailers:key=Jit-Clock,valueonly)", REF)
    assert int(clock.split(".")[0]) < 1_795_200_000_000


def test_D5_trailers_that_are_forged_are_text(attack: Attack) -> None:
    commit = attack.mallory.plant(attack.sound())
    data = attack.mallory.git("cat-file", "commit", commit)
    data += "\n\x1b[31mJit-Op: delete\nJit-Actor: human:ada\nJit-Clock: -1.x.y\nJit-Request: ../../x\n"
    attack.publishes(
        attack.mallory.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", input=data.encode())
    )
    done = attack.ada.sync()
    assert done.taken is not None
    assert done.taken.how is How.FORWARDED
    assert attack.ada.issue(attack.wall).title == "High wall"


def test_D7_what_looks_like_a_setting_or_a_hook_is_data(attack: Attack, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    before = attack.ada.git("config", "--list", "--local")
    attack.plants(
        {
            "hooks/pre-commit": f"#!/bin/sh\ntouch {canary}\n".encode(),
            ".gitattributes": b"* filter=evil diff=evil merge=evil\n",
            "config": f"[core]\n\tpager = touch {canary}\n".encode(),
        }
    )
    attack.comes_to_nothing()
    assert not canary.exists()
    after = attack.ada.git("config", "--list", "--local")
    assert set(after.splitlines()) - set(before.splitlines()) <= {"include.path=jit/config"}


def test_rules_of_a_newer_version_stop_this_program(attack: Attack) -> None:
    from git_jit.codec import SchemaNewer

    rules = json.loads(attack.mallory.git("cat-file", "blob", f"{REF}:config.json"))
    attack.plants({"config.json": json.dumps({**rules, "schema": 99}).encode()})
    before = attack.ada.tip
    with pytest.raises(SchemaNewer):
        attack.ada.sync()
    assert attack.ada.tip == before


def test_an_issue_of_a_newer_version_waits_for_a_newer_program(attack: Attack) -> None:
    newer = attack.document(schema=99, shape="round")
    attack.plants({issue_path(attack.door): newer})
    done = attack.ada.sync()
    assert done.taken is not None
    assert done.taken.left_out == ()
    assert attack.ada.git("cat-file", "blob", f"{REF}:{issue_path(attack.door)}").encode() + b"\n" == newer


@pytest.mark.parametrize("busy", [False, True])
def test_the_same_whether_something_was_done_here_or_not(busy: bool, attack: Attack) -> None:
    if busy:
        attack.ada.update(attack.roof, priority=Priority.HIGH)
    attack.plants({issue_path(attack.door): b"{", issue_path(IssueId("e" * 32)): b"<xml/>"})
    attack.comes_to_nothing(*sorted([issue_path(attack.door), issue_path(IssueId("e" * 32))]))
    assert attack.ada.issue(attack.roof).priority is (Priority.HIGH if busy else Priority.NORMAL)


def test_a_fresh_clone_of_a_hostile_host_begins_with_the_rest(attack: Attack) -> None:
    attack.plants({issue_path(attack.door): b"{"})
    eve = attack.team.clone("eve")
    done = eve.sync()
    assert done.taken is not None
    assert [one.path for one in done.taken.left_out] == [issue_path(attack.door)]
    assert eve.titles() == ["High wall", "Roof"]
    assert attack.team.published == eve.tip
    attack.ada.sync()
    assert attack.ada.tip == eve.tip


def test_what_was_left_out_is_a_finding_until_somebody_has_looked(attack: Attack) -> None:
    attack.plants({issue_path(attack.door): b"{"})
    attack.ada.sync()
    (found,) = [f for f in validate(attack.ada.store).findings if f.code == "left_out"]
    assert found.subject == "origin"
    assert found.message.startswith(f"sent '{issue_path(attack.door)}', which was left out: cannot be read")
    assert attack.ada.store.mend("forget_left_out") == "forgot 1 file that did not come in"
    assert "left_out" not in {f.code for f in validate(attack.ada.store).findings}
