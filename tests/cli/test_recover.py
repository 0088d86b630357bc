"""`recover` and `bundle` as commands, in a real repository."""

import io
from pathlib import Path

import pytest

from git_jit.cli.program import run
from git_jit.store.repository import Repository
from tests.cli.console import Console, FakeGit, Result
from tests.store.gitrepo import Place, ordinary

REF = "refs/jit/issues"


class Shell:
    """Command lines in a real repository; each opens it anew."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.console = Console(git=FakeGit())

    def __call__(self, *words: str, stdin: bytes = b"", terminal: bool = False) -> Result:
        out, err = io.StringIO(), io.StringIO()
        self.console.terminal = terminal
        app = self.console.app(out, err, stdin)
        app.cwd = str(self.place.cwd)
        app.open_store = self.opened
        app.init_store = lambda config, message: self.opened().init(config, message)
        return Result(run(words, app), out.getvalue(), err.getvalue())

    def opened(self) -> Repository:
        return Repository.open(str(self.place.cwd), self.place.environ, loaded=())

    def tip(self) -> str:
        return self.place.git("rev-parse", REF)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(ordinary(tmp_path))
    for words in (["init"], ["create", "one"], ["create", "two"]):
        assert shell(*words).status == 0
    return shell


def test_nothing_is_wrong(shell: Shell) -> None:
    assert shell("recover") == Result(0, "nothing is wrong\n", "")
    assert shell("recover", "--apply") == Result(0, "nothing is wrong\n", "")


def test_a_lost_reference_is_shown_and_comes_back_when_asked(shell: Shell) -> None:
    tip = shell.tip()
    shell.place.git("update-ref", "-d", REF)
    seen = shell("recover")
    assert seen.status == 0
    head, first, *_ = seen.out.splitlines()
    assert head == "the reference is missing"
    assert first.split("\t")[0] == tip[:10]
    assert first.split("\t")[2:] == ["2", "2", "3", "whole", "+0 -0", "high-water"]
    assert seen.err == "hint: 'git jit recover --apply' brings it back\n"
    assert shell("list").status == 128, "nothing was changed"
    would = shell("recover", "--apply", "--dry-run")
    assert would.out.startswith(f"would bring back: {tip[:10]} create: ")
    assert shell("list").status == 128
    done = shell("recover", "--apply")
    assert done.out == would.out.replace("would bring back", "brought back")
    assert shell.tip() == tip


def test_on_a_terminal_it_asks(shell: Shell) -> None:
    tip = shell.tip()
    shell.place.git("update-ref", "-d", REF)
    for answer in (b"\n", b"n\n", b""):
        assert "bring it back? [y/N]" in shell("recover", stdin=answer, terminal=True).err
        assert shell("list").status == 128
    assert "brought back" in shell("recover", stdin=b"y\n", terminal=True).out
    assert shell.tip() == tip


def test_json_has_everything(shell: Shell) -> None:
    tip = shell.tip()
    shell.place.git("update-ref", "-d", REF)
    data = shell("recover", "--apply", "--json").data
    assert (data["trouble"], data["chosen"], data["applied"]["commit"]) == ("missing", tip, tip)
    assert data["candidates"][0] | {"time": 0} == {
        "commit": tip,
        "sources": ["high-water"],
        "witnessed": True,
        "set_aside": False,
        "time": 0,
        "subject": data["candidates"][0]["subject"],
        "issues": 2,
        "readable": 2,
        "commits": 3,
        "closure": "whole",
        "damaged": [],
        "ahead": 0,
        "behind": 0,
        "beyond_best": 0,
    }


def test_two_histories_are_the_honest_no(shell: Shell) -> None:
    shell.place.git("update-ref", REF, f"{REF}~1")
    made = shell.place.git("commit-tree", f"{REF}^{{tree}}", "-p", REF, "-m", "by hand")
    shell.place.git("update-ref", REF, made)
    refused = shell("recover", "--apply")
    assert refused.status == 1
    assert "each hold what the other has not" in refused.err
    assert shell("recover", "--list").status == 0
    accepted = shell("recover", "--accept-present")
    assert accepted.out.startswith("the present is taken for right; what it led to before is 'refs/jit/lost/")
    assert shell("create", "three").status == 0


def test_one_issue_comes_back(shell: Shell) -> None:
    (id,) = [row["id"] for row in shell("list", "--json").data if row["title"] == "one"]
    assert shell("update", id, "--title", "changed").status == 0
    assert shell("recover", "--issue", id, "--from", "HEAD~1").status == 0
    assert {row["title"] for row in shell("list", "--json").data} == {"one", "two"}


@pytest.mark.parametrize(
    "words", [["--list", "--apply"], ["--accept-present", "--issue", "1234"], ["--from", "HEAD"]], ids=" ".join
)
def test_options_of_different_kinds_are_refused(shell: Shell, words: list[str]) -> None:
    refused = shell("recover", *words, "--json")
    assert (refused.status, refused.error["code"]) == (129, "one_at_a_time")


def test_a_bundle_goes_out_and_comes_back(shell: Shell) -> None:
    assert shell("bundle", "--list").err == "there are no bundles here\n"
    made = shell("bundle", "out.bundle").out.strip()
    assert Path(made) == shell.place.cwd / "out.bundle"
    assert shell("bundle", "--json").data["tip"] == shell.tip()
    (listed,) = shell("bundle", "--list", "--json").data
    tip = shell.tip()
    for name in (REF, "refs/jit/backup/anchor-0"):
        shell.place.git("update-ref", "-d", name)
    for name in (".git/jit/high-water", listed["path"]):
        (shell.place.cwd / name).unlink()
    shell.place.git("gc", "-q", "--prune=now")
    assert shell("recover", "--apply").status != 0
    assert shell("recover", "--apply", "--from-bundle", "out.bundle").status == 0
    assert shell.tip() == tip
    assert shell("recover", "--from-bundle", "none", "--json").error["code"] == "bundle_missing"


def test_a_rewound_reference_is_refused_with_a_hint(shell: Shell) -> None:
    shell.place.git("update-ref", REF, f"{REF}~1")
    refused = shell("create", "three", "--json")
    assert (refused.status, refused.error["code"]) == (128, "ref_rewound")
    assert "git jit recover --list" in refused.error["hint"]
    assert shell("list").status == 0, "reading goes on"
