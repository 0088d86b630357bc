"""Hooks run at every commit: what each may load when there is nothing to say. Counted, not timed."""

from pathlib import Path

import pytest

from tests.cli.test_imports import HEAVY, HOT, loaded, top
from tests.program import make_quiet

PAGES = {
    "pre-commit": "pre_commit",
    "commit-msg": "commit_msg",
    "post-merge": "post_merge",
    "pre-push": "pre_push",
    "pre-receive": "receiving",
    "update": "updating",
}
NEVER = ("git_jit.validate", "git_jit.graph", "git_jit.query", "git_jit.merge", "git_jit.schemas", "git_jit.facts")
"""What judges and what merges: loaded when there is something to judge."""


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with an issue, where all is well and known to be."""
    return make_quiet(tmp_path_factory.mktemp("quiet"))


@pytest.mark.parametrize(
    "words",
    [
        ["pre-commit"],
        ["commit-msg", ".git/COMMIT_EDITMSG"],
        ["pre-push", "origin", "elsewhere"],
        ["pre-receive"],
        ["update", "refs/heads/main", "0" * 40, "1" * 40],
    ],
)
def test_a_hook_with_nothing_to_say_loads_next_to_nothing(quiet: Path, words: list[str]) -> None:
    modules = loaded(quiet, "hook", "run", *words)
    assert top(modules) - {"git_jit"} <= (HOT | {"signal", "select"}) - {"json", "_json", "_sqlite3"}
    assert not modules & HEAVY
    ours = {name for name in modules if name.startswith("git_jit.")}
    assert not {name for name in ours if name.startswith(NEVER)}
    assert not ours & {"git_jit.store.cache", "git_jit.store.sql", "git_jit.store.hook_files", "git_jit.ops.incoming"}
    pages = {name.removeprefix("git_jit.hooks.") for name in ours if name.startswith("git_jit.hooks.")}
    assert pages == {"running", PAGES[words[0]]} | ({"receiving"} if words[0] == "update" else set())
    assert {name for name in ours if name.startswith("git_jit.ops.")} <= {
        "git_jit.ops.standing",
        "git_jit.ops.objection",
    }
    assert ("git_jit.store.process" in ours) is (words[0] == "pre-commit"), "only it has to ask git, for what is staged"


def test_after_a_merge_without_news_nothing_is_judged_or_merged(quiet: Path) -> None:
    modules = loaded(quiet, "hook", "run", "post-merge", "0")
    ours = {name for name in modules if name.startswith("git_jit.")}
    assert not modules & HEAVY
    assert not ours & {"git_jit.ops.trailers", "git_jit.ops.sync", "git_jit.ops.incoming", "git_jit.store.git"}
    assert not {name for name in ours if name.startswith(("git_jit.validate", "git_jit.merge"))}


def test_judging_needs_neither_click_nor_libgit2(quiet: Path) -> None:
    loaded(quiet, "create", "Another")
    modules = loaded(quiet, "hook", "run", "pre-commit")
    assert "git_jit.ops.incoming" in modules
    assert not modules & (HEAVY | {"click"})
