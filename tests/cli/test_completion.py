"""What Tab offers, and that the scripts are scripts."""

import io
import shutil
import subprocess
from pathlib import Path

import pytest

from git_jit.cli.completion import SCRIPTS, complete
from tests.cli.console import Console
from tests.cli.sharing import prepared
from tests.cli.test_program import failing


def offered(console: Console, *words: str) -> list[str]:
    out = io.StringIO()
    assert complete(console.app(out, io.StringIO()), words) == 0
    return out.getvalue().splitlines()


def test_commands(jit: Console) -> None:
    assert offered(jit, "re") == [
        "ready\tList what can be worked on now, most urgent first.",
        "reopen\tTake finished issues up again.",
        "redo\tTake back your latest undo.",
        "resolve\tDecide what a merge could not.",
        "recover\tFind what was lost, and bring it back.",
    ]
    assert offered(jit, "dep", "t") == ["tree\tShow what an issue waits for, level below level."]
    assert [line.partition("\t")[0] for line in offered(jit, "help", "iss")] == ["issue"]


def test_ids(house: Console) -> None:
    assert offered(house, "show", "") == ["02abcde\tbacklog Paint the wall", "01abcde\tready Repair the door"]
    assert offered(house, "issue", "view", "02") == ["02abcde\tbacklog Paint the wall"]
    assert offered(house, "show", "03ab") == ["03abcde\tdone Mend the roof"]
    assert offered(house, "show", "03abcdef0") == ["03abcdef0\tdone Mend the roof"]
    assert offered(house, "dep", "add", "01ab", "--on", "02") == ["02abcde\tbacklog Paint the wall"]


def test_values(house: Console) -> None:
    assert offered(house, "list", "--state", "re") == ["ready\t", "rejected\t"]
    assert offered(house, "create", "-p", "h") == ["high\t"]
    assert offered(house, "list", "-l", "part") == ["part:door\t1 issue"]
    assert offered(house, "update", "01ab", "-a", "") == ["me\tyourself", "none\tnobody", "agent:worker-1\t1 issue"]
    assert offered(house, "completion", "z") == ["zsh\t"]
    assert offered(house, "export", "--format", "js") == ["json\t", "jsonl\t"]
    assert offered(house, "graph", "critical-path", "--by", "") == ["count\t", "estimate\t"]
    assert offered(house, "close", "--force", "02") == ["02abcde\tbacklog Paint the wall"]
    assert offered(house, "query", "saved", "") == []


def test_options(jit: Console) -> None:
    assert offered(jit, "close", "--rea") == ["--reason\tWhy; kept in history."]
    assert offered(jit, "issue", "bulk-delete", "--e") == ["--expect\tHow many will be deleted."]


def test_a_tab_never_fails() -> None:
    assert offered(failing(ZeroDivisionError()), "show", "") == []
    assert offered(Console(), "nothing", "at", "all") == []
    assert offered(Console()) != []


def test_the_kinds_and_templates_offered_are_those_there_are(jit: Console) -> None:
    from git_jit import schemas
    from git_jit.templates import TEMPLATES

    assert [line.strip() for line in offered(jit, "schema", "")] == list(schemas.KINDS)
    assert [line.strip() for line in offered(jit, "init", "--template", "")] == list(TEMPLATES)
    assert all(name in jit.ok("init", "-h") for name in TEMPLATES)


@pytest.mark.parametrize("shell", SCRIPTS)
def test_scripts_are_printed_and_parse(jit: Console, shell: str, tmp_path: Path) -> None:
    script = jit.ok("completion", shell)
    assert script == SCRIPTS[shell]
    if shutil.which(shell):
        path = tmp_path / "script"
        path.write_text(script)
        subprocess.run([shell, "-n", path], check=True)


def test_bash_completes(tmp_path: Path) -> None:
    """The function for `git-jit` alone, in a real bash, with a `git-jit` that tells what it was asked."""
    fake = tmp_path / "git-jit"
    fake.write_text('#!/bin/sh\nshift 2\nfor w; do printf "%s\\tmeaning\\n" "<$w>"; done\n')
    fake.chmod(0o755)
    test = (
        f"PATH={tmp_path}:$PATH\n{SCRIPTS['bash']}\n"
        'COMP_WORDS=(git-jit show 01); COMP_CWORD=2; _git_jit_alone; echo "${COMPREPLY[@]}"\n'
        'words=(git jit show 01); cword=3; __gitcomp_nl() { echo $1; }; git() { shift; git-jit "$@"; }; _git_jit\n'
        "words=(git -C . jit x); cword=4; _git_jit\n"
    )
    done = subprocess.run(["bash", "-c", test], capture_output=True, text=True, check=True)
    assert done.stdout == "<show> <01>\n<show> <01>\n<x>\n"


def test_documents_as_they_are_written_from_here(house: Console) -> None:
    console = prepared(house, "doc show")
    assert offered(console, "doc", "show", "docs") == ["docs/plan.md\t1 issue"]
    console.cwd += "/docs"
    assert offered(console, "doc", "archive", "p") == ["plan.md\t1 issue"]
    assert offered(house, "doc", "show", "01") == ["01abcde\tready Repair the door"]
