"""The pages on waiting and on settings say what the program does."""

from pathlib import Path

import pytest

from git_jit.errors import NetworkError
from git_jit.ops import FIRST_DELAY_S as FIRST_PAUSE_S
from git_jit.ops import MAX_DELAY_S as LONGEST_PAUSE_S
from git_jit.ops.clone_settings import SETTINGS
from git_jit.store import LockIo, LockTimeout, RefLocked
from git_jit.store.breaker import FAILURES, REST_S, RemoteResting
from git_jit.store.budgets import TABLE, spell
from git_jit.store.process import GitTimeout
from git_jit.store.remote import RemoteRefused, RemoteTimeout, RemoteUnknown, RemoteUnreachable
from git_jit.store.retrying import ATTEMPTS, FIRST_DELAY_S, MAX_DELAY_S

DOCS = Path(__file__).parents[1] / "docs"


def rows(page: str, head: str) -> list[list[str]]:
    """The cells of the table that begins with this heading."""
    lines = (DOCS / page).read_text(encoding="utf-8").splitlines()
    found = []
    for line in lines[lines.index(head) + 2 :]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def test_the_table_of_budgets_is_the_programs() -> None:
    documented = rows("resilience.md", "| setting | default | bounds | when it is used up | 0 means |")
    assert documented == [[f"`{row.key}`", spell(row.default), row.bounds, row.expiry, row.zero] for row in TABLE]


def test_what_happens_on_expiry_exists() -> None:
    codes = {kind.code for kind in (LockTimeout, RefLocked, GitTimeout, RemoteTimeout)}
    named = {row.expiry.split("`")[1] for row in TABLE if "`" in row.expiry}
    assert named == codes


def test_the_table_of_settings_is_the_programs() -> None:
    documented = rows("reference/settings.md", "| setting | default | meaning |")
    assert documented == [
        [f"`{setting.key}`", f"`{setting.default}`" if setting.default else "none", setting.meaning]
        for setting in SETTINGS
    ]


def test_the_table_of_errors_is_the_programs() -> None:
    kinds = (RemoteTimeout, RemoteUnreachable, RemoteRefused, RemoteUnknown, RemoteResting)
    documented = rows("resilience.md", "| error | when | again? |")
    assert [(row[0], row[2] != "no") for row in documented] == [(f"`{kind.code}`", kind.retryable) for kind in kinds]
    assert {kind for kind in kinds if not issubclass(kind, NetworkError)} == {RemoteUnknown}


@pytest.mark.parametrize(
    "phrase",
    [
        f"doubles from {FIRST_PAUSE_S * 1000:g} ms to {LONGEST_PAUSE_S * 1000:g} ms",
        f"at most {ATTEMPTS} attempts",
        "between 0 and " + ", ".join(f"{min(FIRST_DELAY_S * 2**n, MAX_DELAY_S):g}" for n in range(ATTEMPTS - 1)) + " s",
        f"After {FAILURES} failures in a row",
        f"refused at once for {REST_S:g} s",
        f"`{LockIo.code}`",
    ],
)
def test_the_numbers_are_the_programs(phrase: str) -> None:
    assert phrase in " ".join((DOCS / "resilience.md").read_text(encoding="utf-8").split())
