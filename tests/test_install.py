"""`install.sh` on a machine of fakes: git, python and pip are shell scripts, on a PATH that has nothing else.

The real thing needs a package index and ten seconds or more: `make install-test`.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = ("sh", "dirname", "sed", "cat", "sort", "mktemp", "rm", "rmdir", "mkdir", "ln", "mv", "chmod", "cp")

GIT = "#!/bin/sh\ncase $1 in --version) echo 'git version {}' ;; *) exec git-jit \"$@\" ;; esac\n"
OLD_PYTHON = "#!/bin/sh\ncase $1 in --version) echo 'Python 3.10.9' ;; *) exit 1 ;; esac\n"
PYTHON = """\
#!/bin/sh
# Makes environments and installs the fake git-jit. A file 'broken' in the home lets pip fail half-way.
case "$*" in
    --version) echo 'Python 3.12.0' ;;
    *'import importlib'*) echo "$0" ;;
    '-m venv '*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
    '-m pip install '*) cp "$JIT_FAKE" "$(dirname "$0")/git-jit"; [ ! -e "$HOME/broken" ] || exit 1 ;;
    *) exit 9 ;;
esac
"""
PYTHON_WITHOUT_ENSUREPIP = PYTHON.replace(
    """*'import importlib'*) echo "$0" ;;""", """*'venv ensurepip') exit 1 ;; *'import importlib'*) echo "$0" ;;"""
)
JIT = """\
#!/bin/sh
case "$*" in
    --version) echo 'git-jit version 1.2.3' ;;
    'completion '*) echo "# $2" ;;
    'jit demo') echo 'the demo' ;;
    *) exit 9 ;;
esac
"""

INSTALLING = "installing into {prefix} (Python 3.12.0)\ninstalled: git-jit version 1.2.3\n"
PATH_NOTE = """\
note: {prefix}/bin is not on your PATH, so git cannot find git-jit yet; add this line to your shell's start-up file:
    export PATH="{prefix}/bin:$PATH"
"""
REMOVED = "removed git jit from {prefix}; your repositories and their issues are untouched\n"


@dataclass(frozen=True)
class Machine:
    """`root/bin` is the PATH, `root/home` the home and where the script is run."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "home"

    def has(self, name: str, script: str) -> None:
        path = self.root / "bin" / name
        path.write_text(script)
        path.chmod(0o755)

    def lacks(self, name: str) -> None:
        (self.root / "bin" / name).unlink()

    def run(self, *words: str, first_on_path: str = "", **environ: str | None) -> tuple[int, str, str]:
        """Status, standard output and standard error of `install.sh`; the machine's root is written as nothing."""
        path = ":".join(filter(None, [first_on_path, str(self.root / "bin")]))
        usual = {"PATH": path, "HOME": str(self.home), "TMPDIR": str(self.root / "tmp"), "JIT_FAKE": f"{self.root}/jit"}
        done = subprocess.run(
            ["sh", str(ROOT / "install.sh"), *words],
            cwd=self.home,
            env={name: value for name, value in (usual | environ).items() if value is not None},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        out, err = (text.replace(str(self.root), "") for text in (done.stdout, done.stderr))
        return done.returncode, out, err

    def tree(self) -> list[str]:
        """Everything in the home and among temporary files."""
        found = [path for top in ("home", "tmp") for path in (self.root / top).rglob("*")]
        return sorted(str(path.relative_to(self.root)) for path in found)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Everything that an install needs."""
    for name in ("bin", "home", "tmp"):
        (tmp_path / name).mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (tmp_path / "bin" / tool).symlink_to(found)
    made = Machine(tmp_path)
    made.has("git", GIT.format("2.43.0"))
    made.has("python3", PYTHON)
    (tmp_path / "jit").write_text(JIT)
    (tmp_path / "jit").chmod(0o755)
    return made


# --- installing -----------------------------------------------------------------------------------------


def test_what_is_installed_and_that_uninstall_leaves_what_was_there(machine: Machine) -> None:
    (machine.home / ".local" / "share" / "man").mkdir(parents=True)  # empty, and not ours
    before = machine.tree()

    status, out, err = machine.run()

    assert (status, err) == (0, "")
    assert out == (INSTALLING + PATH_NOTE).format(prefix="/home/.local")
    new = [path.removeprefix("home/.local/") for path in machine.tree() if path not in before]
    environment = next(path.name for path in (machine.home / ".local/share/git-jit").glob("env-*"))
    assert new == [
        "bin",
        "bin/git-jit",
        "share/bash-completion",
        "share/bash-completion/completions",
        "share/bash-completion/completions/git-jit",
        "share/fish",
        "share/fish/vendor_completions.d",
        "share/fish/vendor_completions.d/git-jit.fish",
        "share/git-jit",
        f"share/git-jit/{environment}",
        f"share/git-jit/{environment}/bin",
        f"share/git-jit/{environment}/bin/git-jit",
        f"share/git-jit/{environment}/bin/python",
        "share/git-jit/manifest",
        "share/man/man1",
        "share/man/man1/git-jit-query.1",
        "share/man/man1/git-jit.1",
        "share/man/man7",
        "share/man/man7/gitjit-query.7",
        "share/zsh",
        "share/zsh/site-functions",
        "share/zsh/site-functions/_git-jit",
    ]
    assert (machine.home / ".local/share/zsh/site-functions/_git-jit").read_text() == "# zsh\n"

    assert machine.run("--uninstall") == (0, REMOVED.format(prefix="/home/.local"), "")
    assert machine.tree() == before


def test_a_second_install_replaces_the_first_and_is_uninstalled_as_one(machine: Machine) -> None:
    before = machine.tree()
    machine.run()
    first = machine.tree()
    environment = (machine.home / ".local/bin/git-jit").resolve()

    assert machine.run()[0] == 0

    assert (machine.home / ".local/bin/git-jit").resolve() != environment
    assert not environment.exists()
    assert len(machine.tree()) == len(first)
    machine.run("--uninstall")
    assert machine.tree() == before


def test_uninstall_keeps_what_somebody_else_put_beside_it(machine: Machine) -> None:
    machine.run()
    (machine.home / ".local/bin/mine").write_text("")
    machine.run("--uninstall")
    assert machine.tree() == ["home/.local", "home/.local/bin", "home/.local/bin/mine"]


def test_uninstalling_nothing_is_no_failure(machine: Machine) -> None:
    told = "nothing to remove: git jit is not installed below /home/.local\n"
    assert machine.run("--uninstall") == (0, told, "")
    assert machine.tree() == []


@pytest.mark.parametrize("words", [["--prefix", "./my tools/"], ["--prefix=my tools"]])
def test_a_prefix_may_be_relative_and_have_spaces(machine: Machine, words: list[str]) -> None:
    status, out, err = machine.run(*words, HOME=None)
    assert (status, err) == (0, "")
    assert out == (INSTALLING + PATH_NOTE).format(prefix="/home/my tools")
    assert (machine.home / "my tools/bin/git-jit").exists()
    assert machine.run(*words, "--uninstall", HOME=None)[0] == 0
    assert machine.tree() == []


def test_nothing_is_said_about_a_path_that_has_it(machine: Machine) -> None:
    status, out, _ = machine.run(first_on_path=str(machine.home / ".local/bin"))
    assert (status, out) == (0, INSTALLING.format(prefix="/home/.local"))


def test_another_git_jit_that_comes_first_is_told(machine: Machine) -> None:
    machine.has("git-jit", JIT)
    behind = f"{machine.root}/bin:{machine.home}/.local/bin"
    status, out, _ = machine.run(PATH=behind)
    note = "note: 'git jit' runs /bin/git-jit, which comes before /home/.local/bin on your PATH\n"
    assert (status, out) == (0, INSTALLING.format(prefix="/home/.local") + note)


def test_the_demo_runs_what_was_installed(machine: Machine) -> None:
    status, out, err = machine.run("--demo", first_on_path=str(machine.home / ".local/bin"))
    next_step = "\nNow for one of your own: change into a git repository and run: git jit init\n"
    assert (status, err) == (0, "")
    assert out == INSTALLING.format(prefix="/home/.local") + "\nthe demo\n" + next_step


# --- failing --------------------------------------------------------------------------------------------


def test_a_first_install_that_fails_leaves_nothing(machine: Machine) -> None:
    (machine.home / "broken").write_text("")
    status, out, err = machine.run()
    assert (status, out) == (1, "installing into /home/.local (Python 3.12.0)\n")
    assert err == "install.sh: the install failed; nothing of it was left\n"
    assert machine.tree() == ["home/broken"]


def test_an_update_that_fails_leaves_the_old_version(machine: Machine) -> None:
    machine.run()
    before = machine.tree()
    (machine.home / "broken").write_text("")
    status, _, err = machine.run()
    assert (status, err) == (1, "install.sh: the install failed; the version that was there still is\n")
    assert machine.tree() == sorted([*before, "home/broken"])
    assert (machine.home / ".local/bin/git-jit").exists()


def test_a_git_jit_of_other_origin_is_not_touched(machine: Machine) -> None:
    theirs = machine.home / ".local/bin/git-jit"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("theirs")
    status, out, err = machine.run()
    assert (status, out) == (1, "")
    assert err == (
        "install.sh: /home/.local/bin/git-jit is there already, and no install of this script put it there\n"
        "hint: choose another place with --prefix DIR\n"
    )
    assert theirs.read_text() == "theirs"


UPGRADE_GIT = "hint: upgrade git with your system's package manager\n"
PYTHON_HINTS = (
    "hint: Debian, Ubuntu: apt install python3 python3-venv; Fedora: dnf install python3; macOS: brew install python\n"
    "hint: or name one: PYTHON=/path/to/python3 ./install.sh\n"
)


@pytest.mark.parametrize(
    ("version", "found"), [("2.30.2", "2.30"), ("1.99.1 (Apple Git-3)", "1.99"), ("next", "git version next")]
)
def test_an_old_git_is_refused(machine: Machine, version: str, found: str) -> None:
    machine.has("git", GIT.format(version))
    told = f"install.sh: git 2.34 or newer is needed; found: {found}\n{UPGRADE_GIT}"
    assert machine.run() == (1, "", told)
    assert machine.tree() == []


@pytest.mark.parametrize("version", ["2.34.0", "2.50.1 (Apple Git-155)", "2.51.0.windows.1", "3.0.0-rc1"])
def test_a_new_git_will_do(machine: Machine, version: str) -> None:
    machine.has("git", GIT.format(version))
    assert machine.run()[0] == 0


def test_without_git(machine: Machine) -> None:
    machine.lacks("git")
    told = "install.sh: git 2.34 or newer is needed; none was found\nhint: install git with your system's package manager\n"
    assert machine.run() == (1, "", told)


def test_without_python(machine: Machine) -> None:
    machine.lacks("python3")
    told = f"install.sh: Python 3.11 or newer is needed; found: no python3\n{PYTHON_HINTS}"
    assert machine.run() == (1, "", told)


def test_old_pythons_are_refused_and_passed_over(machine: Machine) -> None:
    machine.has("python3", OLD_PYTHON)
    machine.has("python", OLD_PYTHON)
    told = f"install.sh: Python 3.11 or newer is needed; found: Python 3.10.9\n{PYTHON_HINTS}"
    assert machine.run() == (1, "", told)
    machine.has("python3.12", PYTHON)
    assert machine.run()[0] == 0


def test_a_python_that_was_named_is_the_only_one_tried(machine: Machine) -> None:
    machine.has("python3.9", OLD_PYTHON)
    told = f"install.sh: Python 3.11 or newer is needed; found: Python 3.10.9\n{PYTHON_HINTS}"
    assert machine.run(PYTHON="python3.9") == (1, "", told)


def test_a_python_without_ensurepip_is_named(machine: Machine) -> None:
    machine.has("python3", PYTHON_WITHOUT_ENSUREPIP)
    told = (
        "install.sh: /bin/python3 cannot make environments: its modules 'venv' and 'ensurepip' are missing\n"
        "hint: Debian, Ubuntu: apt install python3-venv; or install uv\n"
        "hint: or name another one: PYTHON=/path/to/python3 ./install.sh\n"
    )
    assert machine.run() == (1, "", told)
    machine.has("python3.11", PYTHON)
    assert machine.run()[0] == 0, "another one that can is taken"


# --- the command line -----------------------------------------------------------------------------------


def test_help(machine: Machine) -> None:
    status, out, err = machine.run("--help")
    assert (status, err) == (0, "")
    assert out.startswith("Install git jit for one user, try it, test it, or take it away again. Needs no root.\n")
    for word in ("--demo", "--test", "--uninstall", "--prefix DIR", "PYTHON="):
        assert word in out
    assert out.endswith("else venv and pip.\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--prefix"], "--prefix needs a directory\n"),
        (["--prefix", ""], "--prefix needs a directory\n"),
        (["--uninstal"], "unknown option: --uninstal\nhint: ./install.sh --help lists the options\n"),
        (["now"], "unknown option: now\nhint: ./install.sh --help lists the options\n"),
        (["--prefix="], "unknown option: --prefix=\nhint: ./install.sh --help lists the options\n"),
    ],
)
def test_a_mistake_installs_nothing(machine: Machine, words: list[str], told: str) -> None:
    assert machine.run(*words) == (1, "", f"install.sh: {told}")
    assert machine.tree() == []


@pytest.mark.parametrize("words", [[], ["--uninstall"]])
@pytest.mark.parametrize("home", [None, ""])
def test_without_a_home_a_prefix_must_be_named(machine: Machine, words: list[str], home: str | None) -> None:
    told = "install.sh: HOME is not set, so there is no default place to install to\nhint: name one with --prefix DIR\n"
    assert machine.run(*words, HOME=home) == (1, "", told)


# --- for real -------------------------------------------------------------------------------------------


@pytest.mark.skipif("JIT_INSTALL_TEST" not in os.environ, reason="needs a package index; run 'make install-test'")
def test_a_real_install(tmp_path: Path) -> None:
    """Nothing but pip and git: the demo runs, git finds the manual, and an uninstall leaves nothing."""
    home = tmp_path / "a home"
    home.mkdir()
    env = {**os.environ, "HOME": str(home), "PATH": f"{home}/.local/bin:{os.environ['PATH']}", "PAGER": "cat"}

    def run(*words: str) -> str:
        done = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "12 commands; the slowest: " in run("./install.sh", "--demo")
    assert run("git", "jit", "--version").startswith("git-jit version ")
    if shutil.which("man"):
        for words, name in [(["help", "jit"], "git-jit"), (["help", "jit-query"], "gitjit-query")]:
            assert re.search(rf"^ +{name} +- ", run("git", *words), re.MULTILINE)
        assert re.search(r"^ +git-jit +- ", run("git", "jit", "--help"), re.MULTILINE)
        assert re.search(r"^ +gitjit-query +- ", run("man", "git-jit-query"), re.MULTILINE)
    run("./install.sh", "--uninstall")
    assert not (home / ".local").exists()
