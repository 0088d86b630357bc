"""What every test stands on: a scrubbed environment, fixed time, and hypothesis profiles."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from itertools import count
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


LEAKS = ("GIT_", "JIT_", "GITJIT_", "XDG_", "LC_", "PRE_COMMIT", "SUDO_")
LEAKING = frozenset(
    {"NO_COLOR", "COLUMNS", "LINES", "EDITOR", "VISUAL", "PAGER", "LESS", "EMAIL", "LANG", "LANGUAGE", "SSH_ASKPASS"}
    | {"PYTHONDONTWRITEBYTECODE"}  # without .pyc files every process that a test starts takes twice as long
)
WANTED = frozenset({"JIT_REAL_DATA", "JIT_HYPOTHESIS", "JIT_INSTALL_TEST"})
"""What the person who runs the tests tells them."""
PERSON = "[user]\n\tname = Ada Lovelace\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n"


@pytest.fixture(scope="session", autouse=True)
def clean_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Iterator[Path]]:
    """No variable of the outer git, and no configuration of the person who runs the tests, leaks in: not into a test,
    and not into what a module shares. The value is homes without end, for one test each.
    """
    homes = _homes(tmp_path_factory.mktemp("homes"))
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ.keys() - WANTED:
            if name.startswith(LEAKS) or name in LEAKING:
                patch.delenv(name)
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.setenv("TZ", "UTC")
        patch.setenv("LC_ALL", "C.UTF-8")
        _move(patch, next(homes))
        yield homes


@pytest.fixture(scope="session", autouse=True)
def signals_as_at_login() -> None:
    """What a shell starts in the background, or `nohup`, ignores signals, and so would all that it starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def own_home(clean_environment: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test writes into its home is nobody else's."""
    _move(monkeypatch, next(clean_environment))


def _homes(directory: Path) -> Iterator[Path]:
    for number in count():
        home = directory / str(number)
        home.mkdir()
        (home / ".gitconfig").write_text(PERSON)
        yield home


def _move(patch: pytest.MonkeyPatch, home: Path) -> None:
    patch.setenv("HOME", str(home))
    patch.setenv("XDG_CONFIG_HOME", str(home / ".config"))


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
