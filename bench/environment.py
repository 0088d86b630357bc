"""Where commands are timed: a real install of this checkout, and nothing in the air that slows Python down.

Three things falsify every figure, and each did once: a pyenv shim (+90 ms), missing `.pyc` files because
`PYTHONDONTWRITEBYTECODE` is set (+81 ms), the import hook of an editable install (+32 ms). So variables of
Python, git and git-jit are removed, the checkout is installed by `install.sh` into a scratch prefix, and the
result is looked at before anything is timed.
"""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOOK = """
import importlib.util, os, git_jit
package = os.path.dirname(git_jit.__file__)
sources = [os.path.join(d, f) for d, _, files in os.walk(package) for f in files if f.endswith(".py")]
missing = [s for s in sources if not os.path.exists(importlib.util.cache_from_source(s))]
if missing:
    print(f"{len(missing)} modules of git_jit have no .pyc file: every start compiles them again")
if "site-packages" not in package:
    print("git_jit is an editable install: its import hook slows every start down")
"""


@dataclass(frozen=True, slots=True)
class Environment:
    """An interpreter, the directory with its `git-jit`, and what is wrong with them, in words."""

    python: str
    bin: Path
    variables: dict[str, str] = field(repr=False)
    complaints: tuple[str, ...] = ()


def clean_variables(bin: Path, home: Path) -> dict[str, str]:
    """The variables every timed command sees: those of the caller without what would change the result."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "JIT_", "PYTHON", "TASK"))}
    return kept | {
        "PATH": os.pathsep.join([str(bin), *_plain_path()]),
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "bench", "GIT_AUTHOR_EMAIL": "bench@example.org",
        "GIT_COMMITTER_NAME": "bench", "GIT_COMMITTER_EMAIL": "bench@example.org",
        "JIT_ACTOR": "agent:bench",
    }  # fmt: skip


def _plain_path() -> list[str]:
    """PATH without shims: each of them is a shell script that looks for the real program."""
    return [part for part in os.environ.get("PATH", os.defpath).split(os.pathsep) if "shims" not in part]


def installed(scratch: Path) -> Environment:
    """Install this checkout as a user would, below `scratch`. Needs a package index; takes some seconds."""
    home = scratch / "home"
    home.mkdir(parents=True)
    prefix = scratch / "prefix"
    variables = clean_variables(Path(sys.executable).parent, home)  # a uv beside our interpreter may serve
    base = os.path.realpath(sys.executable)
    subprocess.run(
        [str(ROOT / "install.sh"), "--prefix", str(prefix)],
        env=variables | {"PYTHON": base, "UV_PYTHON": base},
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    real_bin = (prefix / "bin" / "git-jit").resolve().parent
    return _looked_at(str(real_bin / "python"), prefix / "bin", home)


def here(scratch: Path) -> Environment:
    """The environment this process runs in: quick to have, good for trying, not for figures to keep."""
    home = scratch / "home"
    home.mkdir(parents=True)
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(ROOT / "git_jit")], env={}, check=True)
    return _looked_at(sys.executable, Path(sys.executable).parent, home)


def _looked_at(python: str, bin: Path, home: Path) -> Environment:
    variables = clean_variables(bin, home)
    said = subprocess.run([python, "-I", "-c", LOOK], env=variables, check=True, capture_output=True, text=True).stdout
    complaints = said.splitlines()
    if "shims" in python:
        complaints.append("the interpreter is a shim, a shell script that looks for the real one")
    return Environment(python, bin, variables, tuple(complaints))
