"""A bare repository with our hooks, and clones that push to it."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.hooks.conftest import Hooked
from tests.program import Done, ids

PUBLISHED = "refs/heads/jit/issues"
PROPOSAL = "refs/heads/jit/proposals/human-ada/sprint"


@pytest.fixture
def server(hooked: Hooked, tmp_path: Path) -> Hooked:
    """Hooks are installed, and the issues of `hooked` are there, pushed through them."""
    made = Hooked(tmp_path / "server", hooked.env)
    hooked.git("init", "-q", "--bare", str(made.path))
    made.works("hooks", "install", "--server")
    hooked.git("remote", "add", "origin", str(made.path))
    done = push(hooked, "refs/jit/issues", PUBLISHED)
    assert (done.status, done.err) == (0, "")
    return made


def push(repo: Hooked, what: str, ref: str, *more: str, env: Mapping[str, str] | None = None) -> Done:
    return repo.run("git", "push", "-q", *more, "origin", f"{what}:{ref}", env=env)


def told(done: Done) -> list[str]:
    """What the server said."""
    return [line.removeprefix("remote: ").rstrip() for line in done.err.splitlines() if line.startswith("remote: ")]


def changed(repo: Hooked, which: str, **fields: object) -> str:
    """Change an issue by hand, well spelled; its id."""
    id = ids(repo)[which]
    document = {**json.loads(repo.blob(id)), **fields}
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
    repo.plant({repo.path_of(id): text.encode() + b"\n"})
    return id


def test_sound_issues_and_code_get_in(server: Hooked, hooked: Hooked) -> None:
    hooked.works("create", "Another")
    assert push(hooked, "refs/jit/issues", PUBLISHED) == (0, "", "")
    assert push(hooked, "HEAD", "refs/heads/main") == (0, "", "")
    assert server.git("rev-parse", PUBLISHED) == hooked.git("rev-parse", "refs/jit/issues")


@pytest.mark.parametrize(
    ("title", "fields", "said"),
    [
        ("A", lambda found: {"dependencies": [found["B"]]}, "(cycle)"),
        ("C", lambda _: {"dependencies": ["f" * 32]}, "(dependency_missing)"),
        ("C", lambda _: {"state": "open"}, "'$.state'"),
        ("C", lambda _: {"priority": 7}, "'$.priority'"),
        ("C", lambda _: {"title": ""}, "(title_invalid)"),
        ("C", lambda _: {"labels": ["A B"]}, "(label_invalid)"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_issue_and_field(
    server: Hooked, hooked: Hooked, title: str, fields: Callable[[dict[str, str]], dict[str, object]], said: str
) -> None:
    id = changed(hooked, title, **fields(ids(hooked)))
    before = server.git("rev-parse", PUBLISHED)
    done = push(hooked, "refs/jit/issues", PUBLISHED)
    assert done.status == 1
    first = told(done)[0]
    assert first.startswith("error: ")
    assert id[:7] in first
    assert said in first or said.strip("'$.") in first
    assert server.git("rev-parse", PUBLISHED) == before
    assert not list(server.path.glob("objects/*quarantine*")) + list(server.path.glob("objects/tmp_objdir*"))


def test_bytes_that_are_not_canonical_are_refused(server: Hooked, hooked: Hooked) -> None:
    path = hooked.path_of(ids(hooked)["A"])
    hooked.plant({path: json.dumps(json.loads(hooked.blob(ids(hooked)["A"]))).encode()})
    lines = told(push(hooked, "refs/jit/issues", PUBLISHED))
    assert lines[0] == f"error: {path}: is not spelled canonically (not_canonical)"


def test_history_is_neither_rewritten_nor_deleted(server: Hooked, hooked: Hooked) -> None:
    tip = hooked.git("rev-parse", "refs/jit/issues")
    older = hooked.git("rev-parse", "refs/jit/issues~1")
    lines = told(push(hooked, older, PUBLISHED, "--force"))
    assert lines == [
        f"error: {PUBLISHED}: would lose history: '{older[:10]}' does not lead on from '{tip[:10]}' (history_rewritten)",
        "hint: 'git jit sync' brings in what is there, and publishes yours on top of it",
    ]
    assert told(push(hooked, "", PUBLISHED))[0] == f"error: {PUBLISHED}: must not be deleted (history_rewritten)"
    assert push(hooked, "refs/jit/issues", "refs/jit/claims").status == 0
    assert "(history_rewritten)" in told(push(hooked, older, "refs/jit/claims", "--force"))[0]
    mirror = hooked.run("git", "push", "-q", "--mirror", "origin")
    assert mirror.status == 1
    assert server.git("rev-parse", PUBLISHED) == tip
    assert push(hooked, "HEAD", "refs/heads/main", "--force").status == 0


def test_a_proposal_may_be_rewritten_and_taken_back_but_has_to_be_sound(server: Hooked, hooked: Hooked) -> None:
    hooked.works("create", "Proposed")
    assert push(hooked, "refs/jit/issues", PROPOSAL).status == 0
    assert push(hooked, "refs/jit/issues~1", PROPOSAL, "--force").status == 0
    id = changed(hooked, "C", dependencies=["f" * 32])
    assert id[:7] in told(push(hooked, "refs/jit/issues", PROPOSAL))[0]
    assert push(hooked, "", PROPOSAL).status == 0


def test_what_was_wrong_before_is_nobodys_fault(server: Hooked, hooked: Hooked) -> None:
    changed(hooked, "C", dependencies=["f" * 32])
    server.works("hooks", "uninstall")
    assert push(hooked, "refs/jit/issues", PUBLISHED).status == 0
    server.works("hooks", "install", "--server")
    changed(hooked, "B", priority="high")
    assert push(hooked, "refs/jit/issues", PUBLISHED) == (0, "", "")
    id = changed(hooked, "A", dependencies=["e" * 32])
    lines = told(push(hooked, "refs/jit/issues", PUBLISHED))
    assert [line for line in lines if line.startswith("error")] == [lines[0]]
    assert id[:7] in lines[0]


def test_who_pushes_cannot_switch_it_off(server: Hooked, hooked: Hooked) -> None:
    changed(hooked, "C", dependencies=["f" * 32])
    for env in ({"JIT_HOOKS": "0"}, {"JIT_HOOK_DEPTH": "1"}):
        assert push(hooked, "refs/jit/issues", PUBLISHED, "--no-verify", env=env).status == 1


def test_without_the_program_code_gets_in_and_issues_do_not(server: Hooked, hooked: Hooked) -> None:
    env = {"PATH": "/usr/bin:/bin"}
    assert push(hooked, "HEAD", "refs/heads/main", env=env).status == 0
    hooked.works("create", "Another")
    assert told(push(hooked, "refs/jit/issues", PUBLISHED, env=env)) == [
        "git jit cannot judge issues here (status 127): refused"
    ]


def test_the_hook_update_refuses_one_reference_and_lets_the_others_in(server: Hooked, hooked: Hooked) -> None:
    server.works("hooks", "uninstall")
    shipped = Path(__file__).parent.parent.parent / "hooks/update"
    (server.path / "hooks/update").write_text(shipped.read_text())
    (server.path / "hooks/update").chmod(0o755)
    id = changed(hooked, "C", dependencies=["f" * 32])
    done = hooked.run("git", "push", "-q", "origin", "HEAD:refs/heads/main", f"refs/jit/issues:{PUBLISHED}")
    assert done.status == 1
    assert id[:7] in told(done)[0]
    assert server.git("rev-parse", "refs/heads/main") == hooked.git("rev-parse", "HEAD")


def test_the_hooks_of_others_run_too_with_what_git_says(server: Hooked, hooked: Hooked, tmp_path: Path) -> None:
    server.works("hooks", "uninstall")
    hook = server.path / "hooks/pre-receive"
    hook.write_text(f"#!/bin/sh\ncat >'{tmp_path}/seen'\n")
    hook.chmod(0o755)
    server.works("hooks", "install", "--server")
    hooked.works("create", "Another")
    before = server.git("rev-parse", PUBLISHED)
    assert push(hooked, "refs/jit/issues", PUBLISHED).status == 0
    assert (tmp_path / "seen").read_text() == f"{before} {hooked.git('rev-parse', 'refs/jit/issues')} {PUBLISHED}\n"


def test_a_clone_checks_before_it_pushes(hooked: Hooked, tmp_path: Path) -> None:
    hooked.works("hooks", "install")
    there = tmp_path / "there"
    hooked.git("init", "-q", "--bare", str(there))
    hooked.git("remote", "add", "origin", str(there))
    assert push(hooked, "refs/jit/issues", PUBLISHED) == (0, "", "")
    id = changed(hooked, "C", dependencies=["f" * 32])
    done = push(hooked, "refs/jit/issues", PUBLISHED)
    assert done.status == 1
    assert done.err.startswith(f"error: {id[:7]}: ")
    hooked.git("update-ref", "refs/jit/issues", "refs/jit/issues~2")
    done = push(hooked, "refs/jit/issues", PUBLISHED, "--force")
    assert "(history_rewritten)" in done.err
    assert push(hooked, "HEAD", "refs/heads/main").status == 0
