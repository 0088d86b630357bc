"""post-merge and `apply-trailers`, through `git merge` and `git pull`."""

import json

import pytest

from tests.hooks.conftest import Hooked
from tests.program import Done, ids


@pytest.fixture
def repo(hooked: Hooked) -> Hooked:
    hooked.works("hooks", "install")
    return hooked


def branch(repo: Hooked, *messages: str) -> None:
    """A branch `topic` with commits of these messages."""
    repo.git("checkout", "-q", "-b", "topic")
    for message in messages:
        assert repo.commit(message, "--allow-empty").status == 0
    repo.git("checkout", "-q", "main")


def merge(repo: Hooked, *words: str) -> Done:
    return repo.run("git", "merge", "-q", "--no-edit", *words, "topic")


def states(repo: Hooked) -> dict[str, str]:
    return {issue["title"]: issue["state"] for issue in repo.works("query", "all", "--json").data}


def commits(repo: Hooked) -> int:
    return int(repo.git("rev-list", "--count", "refs/jit/issues"))


@pytest.mark.parametrize("how", [["--ff"], ["--no-ff"]])
def test_what_a_merge_brings_closes_issues_in_one_commit(repo: Hooked, how: list[str]) -> None:
    found = ids(repo)
    branch(repo, f"Lay the first stone\n\nCloses-Jit: {found['A'][:8]}", f"More\n\nCloses-Jit: {found['C']}")
    before = commits(repo)
    done = merge(repo, *how)
    first, second = repo.git("log", "-2", "--format=%h", "--abbrev=12", "topic").split()
    assert done.status == 0
    assert sorted(done.err.splitlines()) == sorted(
        [
            f"git jit: {found['A'][:7]} A: closed by commit {second}: Lay the first stone",
            f"git jit: {found['C'][:7]} C: closed by commit {first}: More",
        ]
    )
    assert commits(repo) == before + 1
    assert states(repo) == {"A": "done", "B": "ready", "C": "done"}
    assert json.loads(repo.blob(found["A"]))["close_reason"] == f"closed by commit {second}: Lay the first stone"
    assert repo.works("apply-trailers").err == "no commit closes an issue that is open\n"
    assert commits(repo) == before + 1


def test_what_was_reopened_stays_open(repo: Hooked) -> None:
    id = ids(repo)["A"]
    branch(repo, f"Work\n\nCloses-Jit: {id}")
    merge(repo, "--no-ff")
    repo.works("reopen", id)
    repo.works("apply-trailers")
    assert states(repo)["A"] == "ready"
    assert repo.commit(f"Again\n\nCloses-Jit: {id}", "--allow-empty").status == 0
    assert repo.works("apply-trailers", "--dry-run").out.startswith(f"{id[:7]} A: closed by commit")
    assert states(repo)["A"] == "ready"
    repo.works("apply-trailers")
    assert states(repo)["A"] == "done"


def test_only_the_branch_that_finished_work_ends_on_closes(repo: Hooked) -> None:
    branch(repo, f"Work\n\nCloses-Jit: {ids(repo)['A']}")
    repo.git("checkout", "-q", "-b", "release")
    assert merge(repo, "--no-ff").err == ""
    assert states(repo)["A"] == "ready"


def test_a_squash_closes_when_it_is_committed_and_found(repo: Hooked) -> None:
    id = ids(repo)["A"]
    branch(repo, f"Work\n\nCloses-Jit: {id}")
    assert "closed by" not in repo.run("git", "merge", "--squash", "topic").err
    assert states(repo)["A"] == "ready"
    assert repo.commit(f"All of it\n\n* Work\n\nCloses-Jit: {id}\n\n* More", "--allow-empty").status == 0
    assert repo.works("apply-trailers").out.endswith(": All of it\n")


def test_what_cannot_be_closed_is_told_and_the_rest_is(repo: Hooked) -> None:
    found = ids(repo)
    branch(repo, f"B first\n\nCloses-Jit: {found['B']}, {found['C']}")
    gone = repo.works("create", "Gone").out.strip()
    repo.git("checkout", "-q", "topic")
    assert repo.commit(f"Gone\n\nCloses-Jit: {gone}", "--allow-empty").status == 0
    oid = repo.git("rev-parse", "HEAD")
    repo.git("checkout", "-q", "main")
    repo.works("issue", "delete", gone)
    done = merge(repo)
    assert done.status == 0
    lines = done.err.splitlines()
    assert len(lines) == 3, lines
    assert lines[0].startswith(f"git jit: {found['B'][:7]} is not closed: ")
    assert lines[1].startswith(f"git jit: {found['C'][:7]} C: closed by commit ")
    assert lines[2] == f"git jit: commit {oid[:10]} says 'Closes-Jit: {gone}': no issue '{gone}'"
    assert repo.jit("apply-trailers").status == 1


def test_many_lines_are_cut_short(repo: Hooked) -> None:
    made = [repo.works("create", f"Issue {number}").out.strip() for number in range(6)]
    branch(repo, f"Much\n\nCloses-Jit: {' '.join(made)}")
    lines = merge(repo).err.splitlines()
    assert len(lines) == 4
    assert lines[-1] == "git jit: and 3 more; 'git jit log' shows what was closed"


def test_what_is_wrong_with_the_issues_afterwards_is_told_and_fails_nothing(repo: Hooked) -> None:
    branch(repo, "work")
    found = ids(repo)
    document = {**json.loads(repo.blob(found["A"])), "dependencies": [found["B"]]}
    repo.plant({repo.path_of(found["A"]): json.dumps(document, indent=2, sort_keys=True).encode() + b"\n"})
    assert merge(repo) == (0, "", "git jit: the issues have an error; 'git jit validate' lists what is wrong\n")


def test_the_index_is_brought_up_to_date(repo: Hooked) -> None:
    branch(repo, "work")
    for file in (repo.path / ".git/jit").glob("index.sqlite"):
        file.unlink()
    assert merge(repo) == (0, "", "")
    assert (repo.path / ".git/jit/index.sqlite").exists()


def test_a_pull_does_it_too(repo: Hooked, program: object) -> None:
    id = ids(repo)["A"]
    there = Hooked(repo.path.parent / "there", repo.env)
    repo.git("clone", "-q", str(repo.path), str(there.path))
    there.git("config", "user.name", "Bob")
    there.git("config", "user.email", "bob@example.org")
    assert there.commit(f"From there\n\nCloses-Jit: {id}", "--allow-empty").status == 0
    repo.git("remote", "add", "origin", str(there.path))
    done = repo.run("git", "pull", "-q", "--ff-only", "origin", "main")
    assert done.err.startswith(f"git jit: {id[:7]} A: closed by commit ")
    assert states(repo)["A"] == "done"


def test_apply_trailers_takes_a_range_and_refuses_what_is_none(repo: Hooked) -> None:
    found = ids(repo)
    repo.commit(f"One\n\nCloses-Jit: {found['A']}", "--allow-empty")
    repo.commit(f"Two\n\nCloses-Jit: {found['C']}", "--allow-empty")
    data = repo.works("apply-trailers", "HEAD~1..HEAD", "--json").data
    assert [(row["id"], row["changed"]) for row in data["outcomes"]] == [(found["C"], True)]
    error = repo.refused("unknown_revision", 3, "apply-trailers", "nowhere..HEAD")
    assert error["message"] == "'nowhere..HEAD' names no commits of the code"


def published(repo: Hooked, name: str) -> Hooked:
    """A bare repository with code and issues, and a clone of it by somebody else, with hooks."""
    host = repo.path.parent / "host"
    repo.git("init", "-q", "--bare", str(host))
    repo.git("remote", "add", "origin", str(host))
    repo.git("push", "-q", "origin", "HEAD:refs/heads/main", "refs/jit/issues:refs/heads/jit/issues")
    there = Hooked(repo.path.parent / name, repo.env)
    repo.git("clone", "-q", "-b", "main", str(host), str(there.path))
    there.git("config", "user.name", "Bob")
    there.git("config", "user.email", "bob@example.org")
    return there


def test_a_pull_brings_the_issues_along(repo: Hooked) -> None:
    there = published(repo, "there")
    there.works("hooks", "install")
    there.works("list")
    repo.works("create", "From here")
    assert repo.commit("more code", "--allow-empty").status == 0
    repo.git("push", "-q", "origin", "HEAD:refs/heads/main", "refs/jit/issues:refs/heads/jit/issues")
    done = there.run("git", "pull", "-q")
    assert done.status == 0
    assert done.err == "git jit: took over 1 issue from 'origin'\n"
    assert there.git("rev-parse", "refs/jit/issues") == repo.git("rev-parse", "refs/jit/issues")
    assert "From here" in states(there)


def test_what_both_changed_is_merged_by_a_pull(repo: Hooked) -> None:
    there = published(repo, "there")
    there.works("hooks", "install")
    there.works("create", "From there")
    repo.works("create", "From here")
    assert repo.commit("more code", "--allow-empty").status == 0
    repo.git("push", "-q", "origin", "HEAD:refs/heads/main", "refs/jit/issues:refs/heads/jit/issues")
    done = there.run("git", "pull", "-q")
    assert done.status == 0
    assert done.err.startswith("git jit: merged 1 issue")
    assert states(there).keys() == {"A", "B", "C", "From here", "From there"}
