"""Secrets put into every place that a command sees, errors of every family provoked, and then everything searched.

What a person typed or wrote into an issue is theirs to see; what they may not find is a secret in a log, in the store of
errors, in the report of a bug, in a trailer, in the arguments of a process we start, or a credential in a message.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from git_jit import errors
from git_jit.errors import JitError
from git_jit.scrub import credentials
from tests.canaries import canaries
from tests.program import Repo, make_repo

CAGE = canaries()
DRIVER = """
import sys
from git_jit import errors
from git_jit.cli.program import run
from git_jit.cli.world import real_app

family, place, *words = sys.argv[1:]
text = open(place).read()

def fail():
    if family == "Bug":
        raise RuntimeError(text)
    if family == "InvalidValue":
        raise errors.InvalidValue("title", text)
    kind = getattr(errors, family)
    raise kind(text, hint=text, details={"stderr": text, "more": [{"url": text}]})

app = real_app()
app.open_store = fail
status = run(words, app)
sys.stdout.flush()
sys.exit(status)
"""
"""The real program, with a store that fails in a chosen way."""
SHIM = """#!/bin/sh
printf '%s\\n' "$@" >> "$ARGUMENTS"
exec {git} "$@"
"""
FAMILIES = sorted(
    name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, JitError)
)  # fmt: skip


@pytest.fixture(params=["sha1", "sha256"])
def repo(request: pytest.FixtureRequest, tmp_path: Path) -> Repo:
    """A repository with canaries in its remotes, and in the environment of who works in it.

    In one with SHA-256 everything goes through git's own commands.
    """
    path, tools, temporary = tmp_path / "project", tmp_path / "tools", tmp_path / "temporary"
    for directory in (path, tools, temporary):
        directory.mkdir()
    subprocess.run(["git", "init", "-q", f"--object-format={request.param}", str(path)], check=True)
    made = make_repo(path, tmp_path)
    for number, canary in enumerate(CAGE):
        made.git("config", f"remote.r{number}.url", canary.text)
        made.env[f"CANARY_{number}"] = canary.text
    shim = tools / "git"
    shim.write_text(SHIM.format(git=shutil.which("git")))
    shim.chmod(0o755)
    made.env |= {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "ARGUMENTS": str(tmp_path / "arguments"),
        "TMPDIR": str(temporary),
        "JIT_LOG": "debug",
        "USER": "adalovelace",
    }
    return made


def test_no_canary_is_found_anywhere(repo: Repo, tmp_path: Path) -> None:
    said = _work(repo) + _fail(repo, tmp_path)

    places = {str(path): path.read_bytes() for path in (repo.path / ".git/jit").rglob("*") if path.is_file()}
    kept = {place: data for place, data in places.items() if "errors" in place or "/log/" in place}
    assert any(place.endswith("errors.sqlite") for place in kept)
    assert sum("/bug-" in place for place in kept) == 2
    assert b'"event":"process.start"' in kept[str(repo.path / ".git/jit/log/git-jit.log")]
    assert len(json.loads(repo.works("errors", "list", "--json", "--limit", "0").out)["data"]) >= 5
    kept |= {str(path): path.read_bytes() for path in (tmp_path / "temporary").rglob("*") if path.is_file()}
    kept["trailers"] = repo.git("log", "--format=%(trailers)", "refs/jit/issues").encode()
    kept["arguments"] = (tmp_path / "arguments").read_bytes()
    assert b"Jit-Request: " in kept["trailers"]
    assert b"rev-list" in kept["arguments"]
    found = [
        f"{canary.name} in {place}" for place, data in kept.items() for canary in CAGE if canary.secret.encode() in data
    ]
    assert found == []

    evident = [canary for canary in CAGE if canary.secret not in credentials(canary.text)]
    assert len(evident) >= 40
    assert [canary.name for canary in evident if canary.secret in said] == []


def _work(repo: Repo) -> str:
    """Every day's commands on issues full of secrets, some of them with mistakes; what they say about mistakes."""
    body = "\n".join(canary.text for canary in CAGE)
    repo.works("init", "--template", "minimal")
    id = repo.works("create", CAGE[0].text, "--body-file", "-", stdin=body.encode()).out.strip()
    repo.works("comment", id, CAGE[1].text)
    repo.works("update", id, "--title", CAGE[2].text, "-l", "part:door")
    repo.works("issue", "history", id)
    repo.works("list", "--at", "~1")
    for _ in range(3):
        for words in (
            ["show", CAGE[3].text],
            ["list", "--sort", CAGE[4].text],
            [CAGE[5].text],
            ["list", CAGE[6].text],
        ):
            assert repo.jit(*words).status != 0
    return ""


def _fail(repo: Repo, tmp_path: Path) -> str:
    """Errors of every family and a bug, as text and as JSON; everything that was said."""
    cage = tmp_path / "cage"
    said = ""
    for part, some in (("one", CAGE[::2]), ("two", CAGE[1::2])):
        cage.write_text("\n".join(canary.text for canary in some))
        for family in [*FAMILIES, "Bug"] if part == "one" else ["Fatal", "NetworkError", "Bug"]:
            more = ["--json"] if part == "one" else []
            said += _run(repo, family, str(cage), "list", *more)
    return said


def _run(repo: Repo, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, *words], cwd=repo.path, env=repo.env, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr
