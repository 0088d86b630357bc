"""What every test stands on: a scrubbed environment, fixed time, and hypothesis profiles."""

import json
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import documenting
from tests.program import PLAN, Repo, make_repo

settings.register_profile(
    "ci", deadline=None, derandomize=True, max_examples=100, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("deep", deadline=None, max_examples=5000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("JIT_HYPOTHESIS", "ci"))


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No variable of the outer git, and no configuration of the person who runs the tests, leaks in."""
    for name in list(os.environ):
        if name.startswith(("GIT_", "JIT_", "GITJIT_")) and name not in {"JIT_REAL_DATA", "JIT_HYPOTHESIS"}:
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Ada Lovelace\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n"
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory that is in no repository."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    return tmp_path


@pytest.fixture(scope="session")
def three_issues(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with three issues, `B` waiting for `A`, made by the real program; copied for each test."""
    base = tmp_path_factory.mktemp("three-issues")
    repo = make_repo(base, base)
    repo.works("init")
    repo.works("issue", "create-many", "-", stdin=json.dumps(PLAN).encode())
    return base


@pytest.fixture
def repo(three_issues: Path, tmp_path: Path) -> Repo:
    """The program in a repository of its own, with the issues `A`, `B` and `C`."""
    shutil.copytree(three_issues, tmp_path / "repo")
    return Repo(tmp_path / "repo")


@pytest.fixture
def coded(repo: Repo) -> Repo:
    """Code beside the issues: two pages and a picture."""
    documenting.write(
        repo,
        {"docs/plan.md": documenting.PLAN, "docs/design.md": "# Goals\n\n[plan](plan.md)\n", "docs/img/a b.png": "png"},
    )
    return repo
