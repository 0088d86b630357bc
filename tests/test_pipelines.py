"""The file that a host runs: its text, and its script in a real clone of a real host."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from git_jit.hosts import Kind
from git_jit.pipelines import GITHUB, GITLAB, NoPipeline, pipeline
from tests.program import Repo, ids, make_repo

NOTHING = "0" * 40


@pytest.mark.parametrize(("kind", "path"), [(Kind.GITHUB, GITHUB), (Kind.GITEA, GITHUB), (Kind.GITLAB, GITLAB)])
def test_each_host_finds_its_file(kind: Kind, path: str) -> None:
    assert pipeline(kind, "jit/issues")[0] == path


def test_the_workflow_runs_for_pushes_and_pull_requests_and_may_only_read() -> None:
    text = pipeline(Kind.GITHUB, "jit/issues")[1].decode()
    assert re.search(r'push:\n    branches: \["jit/\*\*"\]\n  pull_request:\n    branches: \["jit/issues"\]\n', text)
    assert "permissions:\n  contents: read\n" in text
    assert "persist-credentials: false" in text
    assert '    branches: ["tickets"]' in pipeline(Kind.GITHUB, "tickets")[1].decode()


@pytest.mark.parametrize("kind", Kind)
def test_nothing_foreign_is_part_of_a_script(kind: Kind) -> None:
    """What a host fills in stands above the script, as values of variables."""
    text = pipeline(kind, "jit/issues")[1].decode()
    script = text[text.index('case "$BEFORE"') :]
    assert "${{" not in script
    assert all(f'"${name}' in script for name in ("BEFORE", "BRANCH", "HEAD"))


def test_a_branch_that_would_mean_something_else_is_refused() -> None:
    with pytest.raises(NoPipeline, match="has a name that no file of a pipeline can hold"):
        pipeline(Kind.GITHUB, 'jit/"$(id)"')


def script(repo: Repo) -> str:
    """The lines that GitHub would give to bash."""
    text = repo.git("show", f"origin/jit/issues:{GITHUB}")
    return "\n".join(line.strip() for line in text.partition("        run: |\n")[2].splitlines())


def run(repo: Repo, tmp_path: Path, **variables: str) -> tuple[int, str, str]:
    summary = tmp_path / "summary.md"
    summary.write_text("")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**repo.env, **variables, "ISSUES": "jit/issues", "PATH": path, "GITHUB_STEP_SUMMARY": str(summary)}
    done = subprocess.run(
        ["bash", "-e", "-c", script(repo)], cwd=repo.path, env=env, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, summary.read_text()


def test_the_script_judges_what_was_pushed_and_what_is_proposed(tmp_path: Path) -> None:
    host, ada, runner = (tmp_path / name for name in ("host", "ada", "runner"))
    Repo(tmp_path).git("init", "-q", "--bare", str(host))
    ada.mkdir()
    writer = make_repo(ada, tmp_path)
    writer.git("remote", "add", "origin", str(host))
    published = writer.works("init", "--publish", "--template", "minimal")
    assert re.fullmatch(
        r"issues are kept here now \(\w{10}\)\npublished \w{10} on 'origin' as jit/issues\n", published.out
    )
    first = writer.git("rev-parse", "refs/jit/issues")
    writer.works("create", "Door")
    writer.works("create", "Wall")
    door, wall = ids(writer)["Door"], ids(writer)["Wall"]
    writer.works("sync")
    second = writer.git("rev-parse", "refs/jit/issues")
    assert writer.works("validate").status == 0  # the file is nobody's concern
    writer.works("dep", "add", wall, "--on", door)
    proposal = writer.works("propose", "Walls", "--json").data["head"]
    blob = writer.blob(door).replace(b'"dependencies": []', f'"dependencies": [\n    "{wall}"\n  ]'.encode())
    writer.plant({writer.path_of(door): blob})
    bad = writer.git("rev-parse", "refs/jit/issues")
    writer.git("push", "-q", "origin", f"{bad}:refs/heads/jit/proposals/x/bad")
    Repo(tmp_path).git("clone", "-q", "--no-checkout", str(host), str(runner))  # nobody is configured there
    here = Repo(runner, {**writer.env, "HOME": str(runner)})

    assert run(here, tmp_path, BRANCH="jit/issues", BEFORE=NOTHING, HEAD=first)[0] == 0
    pushed = run(here, tmp_path, BRANCH="jit/issues", BEFORE=first, HEAD=second)
    proposed = run(here, tmp_path, BRANCH="a proposal", BEFORE="", HEAD=proposal)
    refused = run(here, tmp_path, BRANCH="jit/proposals/x/bad", BEFORE=NOTHING, HEAD=bad)

    assert (pushed[0], pushed[2].splitlines()[2]) == (0, "**2 issues: 2 created**")
    assert (proposed[0], "+dep" in proposed[1]) == (0, True)
    assert refused[0] == 5
    path, line = re.findall(r"^::error file=(\S+),line=(\d+),title=cycle::", refused[1], re.MULTILINE)[0]
    shown = writer.git("show", f"{bad}:{path}").splitlines()[int(line) - 1].strip()
    assert (path, shown) in {(writer.path_of(door), f'"{wall}"'), (writer.path_of(wall), f'"{door}"')}
    assert refused[2].startswith("### ❌ 1 error")


def test_publishing_again_changes_nothing(tmp_path: Path) -> None:
    host, ada = tmp_path / "host", tmp_path / "ada"
    Repo(tmp_path).git("init", "-q", "--bare", str(host))
    ada.mkdir()
    writer = make_repo(ada, tmp_path)
    writer.refused("remote_unknown", 3, "init", "--publish")
    assert writer.git("for-each-ref", "refs/jit") == ""
    writer.git("remote", "add", "origin", str(host))
    first = writer.works("init", "--publish", "--host", "gitlab", "--json").data
    second = writer.works("init", "--publish", "--host", "gitlab", "--json").data
    assert (first["pipeline"], first["branch"], first["commit"]) == (GITLAB, "jit/issues", second["commit"])
    assert second["begun"] is None
    assert Repo(host, writer.env).git("rev-parse", "refs/heads/jit/issues") == first["commit"]
    writer.refused("usage", 129, "init", "--host", "gitlab")
