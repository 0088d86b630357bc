"""Section 2.16 of the catalogue: what lies where an issue names a file of the code."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.documenting import of, refused, write
from tests.program import Repo, ids

UNFIT = [
    ("../outside.md", "document_outside", 4),
    ("/etc/passwd", "document_outside", 4),
    ("docs/../../x", "document_outside", 4),
    (".git/config", "document_outside", 4),
    ("away/outside.md", "document_outside", 4),
    ("later/outside.md", "document_outside", 4),
    ("docs", "document_unfit", 4),
    (".", "document_unfit", 4),
    ("link.md", "document_unfit", 4),
    ("inside/plan.md", "document_unfit", 4),
    ("sub", "document_unfit", 4),
    ("sub/x.md", "document_unfit", 4),
    ("docs/plan.md/x", "document_unfit", 4),
    ("untracked.md", "document_untracked", 3),
    ("Docs/Plan.md", "document_untracked", 3),
    ("gone.md", "document_untracked", 3),
    ("pipe", "document_untracked", 3),
    ("", "invalid_value", 4),
    ("x" * 5000, "invalid_value", 4),
]


def test_F1_what_is_no_file_of_the_code_is_refused_with_a_way_on(coded: Repo) -> None:
    """Why, in words, is in `tests/store/test_codepaths.py`."""
    (coded.path.parent / "outside").mkdir()
    (coded.path.parent / "outside/outside.md").write_text("secret")
    for name, goal in (("away", "../outside"), ("inside", "docs"), ("link.md", "docs/plan.md")):
        (coded.path / name).symlink_to(goal)
    coded.git("add", "--all")
    coded.git("update-index", "--add", "--cacheinfo", f"160000,{coded.git('rev-parse', 'HEAD')},sub")
    coded.git("commit", "-q", "-m", "links")
    (coded.path / "later").symlink_to("../outside")
    (coded.path / "untracked.md").write_text("x")
    os.mkfifo(coded.path / "pipe")
    a = ids(coded)["A"]
    for path, code, status in UNFIT:
        refused(coded, code, status, "doc", "add", a, path)
    for verb in ("list", "show", "check", "archive", "history", "diff"):
        refused(coded, "document_outside", 4, "doc", verb, "../outside.md")


def test_F2_a_document_that_became_a_link_shows_nothing_of_what_it_leads_to(coded: Repo, tmp_path: Path) -> None:
    """Somebody swaps the file in the working tree: nothing of what it leads to is shown."""
    a = ids(coded)["A"]
    coded.works("doc", "add", a, "docs/plan.md")
    (tmp_path / "secret").write_text("secret")
    (coded.path / "docs/plan.md").unlink()
    (coded.path / "docs/plan.md").symlink_to(tmp_path / "secret")
    refused(coded, "file_not_plain", 4, "doc", "show", a)
    done = coded.jit("doc", "check")
    assert (done.status, "document_unreadable" in done.out) == (1, True)
    refused(coded, "move_blocked", 4, "doc", "archive", a)


NAMES = ["-x.md", "--help", "a b.md", " a ", "caf\u00e9.md", "\u6587.md", "*.md", "a'b\".md", "#1", "beef"]


def test_F3_odd_names_are_names(coded: Repo) -> None:
    a, text = ids(coded)["A"], "# x\n\n[y](docs/plan.md)\n"
    write(coded, dict.fromkeys(NAMES, text))
    coded.works("doc", "add", a, "--", *NAMES)
    assert of(coded, "A") == sorted(NAMES)
    assert coded.works("doc", "check", a).err == "10 files, 6 links: 0 faults\n"
    for name in ("-x.md", "*.md", "beef"):
        assert [line.split("\t")[2] for line in coded.works("doc", "list", "--", f"./{name}").out.splitlines()] == [
            name
        ]
        assert coded.works("doc", "show", a, "--", name).out == text
        assert "write" in coded.works("doc", "history", a, "--", name).out
    coded.works("doc", "archive", a)
    assert of(coded, "A") == [f"docs/archive/{name}" for name in sorted(NAMES)]
    assert {path.name for path in (coded.path / "docs/archive").iterdir()} == set(NAMES)
    assert coded.works("doc", "check", a).status == 0
    coded.works("doc", "rm", a, "--", *(f"docs/archive/{name}" for name in NAMES))
    assert of(coded, "A") == []


def test_F3_names_that_cannot_be_told_are_refused(coded: Repo) -> None:
    a = ids(coded)["A"]
    for name in ("a\nb.md", "a\x1b[31m.md", "a\u202eb.md", "a\tb"):
        write(coded, {name: "x"})
        error = refused(coded, "invalid_value", 4, "doc", "add", a, name)
        assert error["details"]["field"] == "path"
        assert error["hint"] == "git mv gives the file another name"


def test_F4_paths_that_no_command_would_take_are_told_and_lead_nowhere(coded: Repo) -> None:
    """Not by a command of ours: paths that no command would take are told, and can be removed."""
    a = ids(coded)["A"]
    document = json.loads(coded.blob(a))
    evil = ["../../etc/passwd", "/etc/passwd", "a\nb", "x\x1b[31m", "-rf", "docs/", ""]
    named = [{"path": path, "commit": commit, "label": None, "type": None}
             for path in evil[:-1] for commit in (None, "--output=x", "f" * 40)]  # fmt: skip
    coded.plant({coded.path_of(a): json.dumps({**document, "documents": named}).encode()})
    done = coded.jit("doc", "check")
    assert done.status == 1
    assert "\x1b" not in done.out
    assert coded.works("doc", "list").out.count("\n") == 3 * len(evil[:-1])
    for path in evil[:2]:
        refused(coded, "document_untracked", 3, "doc", "show", a, path)
    coded.works("doc", "rm", a, "../../etc/passwd")
    refused(coded, "archive_refused", 4, "doc", "archive", a)
    assert not (coded.path / "x").exists()


@pytest.mark.parametrize("moment", ["before the index", "after the index", "after the files"])
def test_F5_archiving_that_was_killed_goes_on(moment: str, coded: Repo, tmp_path: Path) -> None:
    """`kill -9` from within git, or before the issues change; the same command does the rest."""
    a = ids(coded)["A"]
    coded.works("doc", "add", a, "docs/plan.md")
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    real = subprocess.run(["sh", "-c", "command -v git"], capture_output=True, text=True, check=True).stdout.strip()
    kill = {
        "before the index": '*" --index-info"*) kill -9 $PPID;;',
        "after the index": f'*" --index-info"*) {real} "$@"; kill -9 $PPID; exit;;',
        "after the files": f'*" update-index -q --refresh"*) {real} "$@"; kill -9 $PPID; exit;;',
    }[moment]
    fake.write_text(f'#!/bin/sh\ncase " $*" in {kill} esac\nexec {real} "$@"\n')
    fake.chmod(0o755)
    killed = coded.jit("doc", "archive", a, env={**coded.env, "PATH": f"{fake.parent}:{coded.env['PATH']}"})
    assert killed.status == -9
    coded.works("doc", "archive", a)
    assert of(coded, "A") == ["docs/archive/plan.md"]
    assert coded.git("status", "--porcelain", "--no-renames").splitlines() == [
        'A  "docs/archive/img/a b.png"', "A  docs/archive/plan.md", "M  docs/design.md",
        'D  "docs/img/a b.png"', "D  docs/plan.md",
    ]  # fmt: skip
    assert not list(coded.path.rglob("*.git-jit-unfinished"))
