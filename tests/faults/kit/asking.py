"""Questions that tests of single faults ask of a `Place` again and again."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults.kit.commands import Command, Done, Place
from tests.faults.kit.judge import goes_on
from tests.faults.kit.machine import unprivileged
from tests.program import LIMIT_S, PROGRAM, check_hint

STARTED = frozenset({"Foundation", "Walls", "Door", "Spare"})
"""Titles of the open issues of a tracker; `Plot` is closed, `Mistake` is deleted."""
ALL = STARTED | {"Afterwards"}
"""The open issues after `lives` or `recovers`."""
ROOT = Path(__file__).resolve().parents[3]
CREATE = Command(("create", "Afterwards"))


def refused(place: Place, code: str, status: int, *words: str) -> dict[str, Any]:
    """The error that the command gives: typed, with a next step that destroys nothing, and nothing has changed."""
    before = every_ref(place)
    done = place.run(*words, "--json")
    assert done.err == ""
    error: dict[str, Any] = json.loads(done.out)["error"]
    assert (error["code"], done.status) == (code, status), error
    check_hint(error["hint"] or "")
    assert every_ref(place) == before
    return error


def every_ref(place: Place) -> dict[str, bytes]:
    """Each reference of ours by its file, whatever is in it; packed ones are one file."""
    files = [*(place.common / "refs/jit").rglob("*"), place.common / "packed-refs"]
    return {str(file): file.read_bytes() for file in files if file.is_file() and file.suffix != ".lock"}


def troubles(place: Place, *words: str) -> dict[str, dict[str, Any]]:
    """What `doctor` finds, by code; it must answer, whatever it finds."""
    done = place.run("doctor", "--json", *words)
    assert done.status in {0, 1}, done
    parts = json.loads(done.out)["data"]["parts"]
    return {item["code"]: item for part in parts for item in part["items"]}


def findings(place: Place) -> set[str]:
    """The codes of what `validate` finds."""
    done = place.run("validate", "--json")
    assert done.status in {0, 4}, done
    return {finding["code"] for finding in json.loads(done.out)["data"]["findings"]}


def state(place: Place) -> str:
    """What `health` says in one word; its exit status says the same."""
    done = place.run("health", "--json")
    said: str = json.loads(done.out)["data"]["state"]
    assert done.status == (said == "unhealthy"), done
    return said


def titles(place: Place) -> set[str]:
    """The open issues."""
    return {issue["title"] for issue in json.loads(place.works("list", "--json"))["data"]}


def recovers(place: Place) -> dict[str, Any]:
    """`recover --apply` finds one way, goes it, and then nothing is wrong and the next write works."""
    data: dict[str, Any] = json.loads(place.works("recover", "--apply", "--json"))["data"]
    assert state(place) != "unhealthy"
    lives(place)
    return data


def lives(place: Place) -> None:
    """The next write works and keeps everything, and git finds nothing broken."""
    assert goes_on(place, CREATE) is None
    place.git("rev-list", "--objects", "--quiet", "refs/jit/issues")


def outside(place: Place, *words: str, before: Callable[[], None] | None = None) -> Done:
    """The program as a process of its own, which may not ignore modes and owners; `before` runs in it first."""
    done = subprocess.run(
        unprivileged(*PROGRAM, *words),
        cwd=place.path,
        env={**place.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=False,
        timeout=LIMIT_S,
        preexec_fn=before,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())
