"""The code broken on purpose, and the tests that must notice: `python -m tests.faults.mutants claims` (or `core`).

A mutant is a textual replacement in a copy of the program; in it the tests that are named beside it must fail. First
they must all pass in a copy that nobody broke. A text that is not found, or a mutant that no test notices, ends the
program with status 1, so a mutant cannot go out of date in silence. Prints one JSON object (reliability.md 6.6, item 7;
G20).
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from tests.faults.kit.machine import fast_place
from tests.faults.kit.mutant import Mutant
from tests.faults.mutants_core import CORE

ROOT: Final = Path(__file__).resolve().parents[2]
COPIED: Final = ("git_jit", "tests", "pyproject.toml")
LONGEST_S: Final = 600
"""Tests of one mutant may hang instead of failing; that counts as noticed."""
PASSED: Final = 0
FAILED: Final = 1
"""pytest's exit statuses; any other means that the tests did not run, and proves nothing."""


LEASES: Final = "git_jit/leases.py"
REMOTE: Final = "git_jit/store/remoteclaims.py"
CHECKED: Final = '    """The lease with its time begun anew. Raises `ClaimLost`."""\n    check(lease, token)\n'
RELEASED: Final = "        return lease\n    check(lease, token)\n    return _freed(lease, op_id, now, None)\n"
BY_TIME: Final = """    if _left_to_watch(lease, now, seen) <= 0:
        return Way.WATCHED
    age = _wall_seconds(lease.wall_hint, now.wall)
    return Way.FORGOTTEN if age is not None and age > lease.ttl_s + SKEW_S else None
"""
BY_WALL: Final = """    age = _wall_seconds(lease.wall_hint, now.wall)
    return Way.FORGOTTEN if age is not None and age > lease.ttl_s else None
"""

CLAIMS: Final = (
    Mutant(
        "epoch not bumped on takeover",
        LEASES,
        "epoch=lease.epoch if mine or wish.tentative else lease.epoch + 1",
        "epoch=lease.epoch + (not mine and not wish.tentative and way is Way.FREE)",
        (
            "tests/test_leases.py::test_a_takeover_fences_the_old_holder_for_good",
            "tests/faults/test_catalogue_claims.py::test_Q4_a_dead_holder_is_succeeded_at_once",
        ),
    ),
    Mutant(
        "release unconditional",
        LEASES,
        RELEASED,
        RELEASED.replace("    check(lease, token)\n", ""),
        ("tests/test_leases.py::test_a_takeover_fences_the_old_holder_for_good",),
    ),
    Mutant(
        "release unconditional, in the command",
        "git_jit/ops/holding.py",
        "        check_token(lease, tokens[0], claims.authority(tip))\n        return lease, tokens[0]\n",
        "        return lease, Token(tokens[0].authority, id, lease.epoch)\n",
        (
            "tests/ops/test_claims.py::test_release_gives_back_and_only_its_holder_can",
            "tests/faults/test_catalogue_claims.py::test_Q6_a_stale_holder_releases_nothing",
        ),
    ),
    Mutant(
        "precondition of a write checked before instead of inside the swap",
        "git_jit/ops/fencing.py",
        "    still = Still(claims.ref, tip) if tip else None\n",
        "    still = None\n",
        ("tests/ops/test_claims.py::test_the_fence_holds_when_the_claim_goes_while_the_change_is_made",),
    ),
    Mutant(
        "precondition of a claim checked before instead of inside the swap",
        "git_jit/store/chain.py",
        "            if tip != base:\n                raise moved(self.ref, base, tip)\n",
        "",
        ("tests/store/test_claims.py::test_the_chain_moves_by_compare_and_swap_only",),
    ),
    Mutant(
        "expiry by wall clock only",
        LEASES,
        BY_TIME,
        BY_WALL,
        ("tests/test_leases.py::test_who_may_have_a_held_lease",),
    ),
    Mutant(
        "renew resurrects after takeover",
        LEASES,
        CHECKED,
        CHECKED.replace("    check(lease, token)\n", ""),
        ("tests/test_leases.py::test_a_takeover_fences_the_old_holder_for_good",),
    ),
    Mutant(
        "an early refusal is not held against the claims",
        "git_jit/ops/claims.py",
        "if claims.tip() == search.tip and claims",
        "if claims",
        ("tests/ops/test_claims.py::test_what_is_answered_before_the_turn_was_true_at_one_moment",),
    ),
    Mutant(
        "a renewal counts that no remote has heard of",
        "git_jit/ops/claims.py",
        "if is_news or claims.is_local:",
        "if True:",
        ("tests/store/test_remoteclaims.py::test_a_remote_hears_of_a_renewal_as_often_as_a_holder_should_renew",),
    ),
    Mutant(
        "bare --force-with-lease",
        REMOTE,
        'lease = [f"--force-with-lease={CLAIMS}:"] if base is None else []',
        'lease = ["--force-with-lease"]',
        ("tests/store/test_remoteclaims.py::test_nothing_is_taken_that_was_built_on_an_older_tip",),
    ),
    Mutant(
        "force, as a bare lease comes to after a fetch in the background",
        REMOTE,
        'lease = [f"--force-with-lease={CLAIMS}:"] if base is None else []',
        'lease = ["--force"] if base is None else ["--force-with-lease", "--force"]',
        (
            "tests/store/test_remoteclaims.py::test_of_two_first_claims_one_is_taken",
            "tests/store/test_remoteclaims.py::test_nothing_is_taken_that_was_built_on_an_older_tip",
        ),
    ),
    Mutant(
        "success assumed on transport error",
        REMOTE,
        "            tip = self.fetched()\n            return Applied(new) if tip and self._holds(tip, new, request) else NotApplied()\n",
        "            return Applied(new)\n",
        ("tests/store/test_remoteclaims.py::test_a_remote_that_is_away_decides_nothing",),
    ),
    Mutant(
        "an answer that broke off is a loss",
        REMOTE,
        "            require_absent(self._door(), CLAIMS, limits)\n",
        "            pass\n",
        ("tests/store/test_remoteclaims.py::test_an_answer_that_breaks_off_is_not_taken_for_a_loss",),
    ),
    Mutant(
        "pid without start time",
        "git_jit/store/claims.py",
        "or not of.pid_start or not of.boot_id",
        "or not of.boot_id",
        ("tests/ops/test_claims.py::test_a_dead_process_is_succeeded_at_once",),
    ),
    Mutant(
        "a stale change is obeyed",
        "git_jit/ops/stale.py",
        "if token.epoch < leases[token.issue].epoch}",
        "if token.epoch > leases[token.issue].epoch}",
        ("tests/ops/test_stale.py::test_it_is_kept_and_marked_and_moves_nothing",),
    ),
    Mutant(
        "a loss is told twice",
        "git_jit/ops/tentative.py",
        "        if mine:\n            own.keep_untold(",
        "        if not mine:\n            own.keep_untold(",
        ("tests/ops/test_tentative.py::test_a_loss_is_told_to_whom_it_concerns_and_once",),
    ),
    Mutant(
        "a remote that lost claims is believed",
        REMOTE,
        "        if tip is None or not self.leads_to(tip, before):\n            return True\n",
        "        if tip is None or not self.leads_to(tip, before):\n            return False\n",
        ("tests/ops/test_rejoining.py::test_tokens_are_suspended_until_the_claims_are_together_again",),
    ),
)
"""The eight of reliability.md 6.6, two of them at two places, and what was decided late."""

FAMILIES: Final[Mapping[str, Sequence[Mutant]]] = {"claims": CLAIMS, "core": CORE}


@dataclass
class Report:
    """What was tried, and what nobody noticed."""

    family: str
    mutants: int = 0
    noticed: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0


def copy(to: Path) -> None:
    """The program and its tests."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, to / name)


def run(place: Path, tests: Sequence[str]) -> int:
    """The exit status of pytest in the copy; `FAILED` if it did not end."""
    words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    environ = {**os.environ, "PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        return subprocess.run(
            words, cwd=place, env=environ, capture_output=True, timeout=LONGEST_S, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        return FAILED


def broken(place: Path, mutant: Mutant) -> str | None:
    """Break the copy; what is wrong with the mutant itself, or None."""
    path = place / mutant.file
    text = path.read_text()
    if text.count(mutant.old) != 1:
        return f"{mutant.name}: the text is {text.count(mutant.old)} times in '{mutant.file}', not once"
    path.write_text(text.replace(mutant.old, mutant.new))
    return None


def check(family: str, directory: Path, names: Sequence[str] = ()) -> Report:
    """Try the mutants of a family (or those that have one of `names` in their own)."""
    report = Report(family)
    begun = time.monotonic()
    chosen = [one for one in FAMILIES[family] if not names or any(name in one.name for name in names)]
    place = directory / "copy"
    place.mkdir()
    copy(place)
    tests = list(dict.fromkeys(test for mutant in chosen for test in mutant.tests))
    if run(place, tests) != PASSED:
        report.wrong.append("the tests fail where nothing is broken")
        return report
    for mutant in chosen:
        report.mutants += 1
        whole = (place / mutant.file).read_text()
        wrong = broken(place, mutant)
        if wrong is None:
            quiet = [test for test in mutant.tests if run(place, [test]) != FAILED]
            wrong = f"{mutant.name}: not noticed by {', '.join(quiet)}" if quiet else None
        (place / mutant.file).write_text(whole)
        report.noticed += wrong is None
        if wrong:
            report.wrong.append(wrong)
        print(wrong or f"{mutant.name}: noticed", file=sys.stderr, flush=True)
    report.seconds = round(time.monotonic() - begun, 1)
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("family", choices=sorted(FAMILIES))
    parser.add_argument("--only", action="append", default=[], metavar="WORDS", help="mutants with these in their name")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=fast_place(), prefix="jit-mutants-", ignore_cleanup_errors=True) as directory:
        report = check(options.family, Path(directory), options.only)
    print(json.dumps(asdict(report), indent=1))
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
