"""pre-commit and commit-msg, through `git commit`."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hooks.conftest import Hooked
from tests.program import ids

HINT = "hint: 'git jit validate --fix --dry-run' shows what can be mended; 'JIT_HOOKS=0' lets the commit through\n"
FOLLOW = "hint: 'git jit hooks run pre-commit --fix' lets them name it where it is, then commit again\n"


@pytest.fixture
def repo(hooked: Hooked) -> Hooked:
    """Hooks are installed and the issues known to be sound."""
    hooked.works("hooks", "install")
    assert hooked.commit("begin", "--allow-empty").err == ""
    return hooked


def plant(repo: Hooked, id: str, **fields: object) -> None:
    """Change an issue by hand, well spelled."""
    document = {**json.loads(repo.blob(id)), **fields}
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
    repo.plant({repo.path_of(id): text.encode() + b"\n"})


def name_document(repo: Hooked, id: str, *paths: str, commit: str | None = None) -> None:
    plant(repo, id, documents=[{"commit": commit, "label": None, "path": path, "type": None} for path in paths])


def head(repo: Hooked) -> str:
    return repo.git("rev-parse", "HEAD")


def test_a_commit_of_code_goes_through_in_silence(repo: Hooked) -> None:
    repo.stage("src/a.py")
    assert repo.commit("code") == (0, "", "")
    repo.works("create", "Another")
    repo.stage("src/b.py")
    assert repo.commit("code\n\nJit: " + ids(repo)["A"][:8]) == (0, "", "")


def test_a_cycle_stops_the_commit_and_names_the_issue(repo: Hooked) -> None:
    found = ids(repo)
    plant(repo, found["A"], dependencies=[found["B"]])
    repo.stage("src/a.py")
    before = head(repo)
    done = repo.commit("code")
    assert done.status == 1
    first, second = sorted((found["A"], found["B"]))
    assert re.fullmatch(rf"error: ({first[:7]}|{second[:7]}): .*\(cycle\)\n{re.escape(HINT)}", done.err), done.err
    assert head(repo) == before
    assert repo.commit("code", env={"JIT_HOOKS": "0"}) == (0, "", "")
    repo.works("validate", "--fix")
    assert repo.commit("more", "--allow-empty") == (0, "", "")


def test_a_dependency_on_nothing_stops_the_commit(repo: Hooked) -> None:
    found = ids(repo)
    plant(repo, found["C"], dependencies=["f" * 32])
    done = repo.commit("code", "--allow-empty")
    assert done.status == 1
    assert done.err.startswith(f"error: {found['C'][:7]}: ")
    assert "(dependency_missing)" in done.err


def test_a_document_that_goes_is_named_with_its_issue(repo: Hooked) -> None:
    repo.stage("doc/plan.md", "a plan\nof some\nlines\n")
    repo.stage("doc/kept.md")
    assert repo.commit("documents").status == 0
    id = ids(repo)["A"]
    name_document(repo, id, "doc/kept.md", "doc/plan.md")
    repo.git("rm", "-q", "doc/plan.md")
    done = repo.commit("away")
    message = f"error: {id[:7]}: names the document 'doc/plan.md', which this commit deletes (document_left_behind)\n"
    assert done == (1, "", message + FOLLOW)
    repo.git("reset", "-q", "HEAD", "doc/plan.md")
    repo.git("checkout", "-q", "doc/plan.md")
    repo.git("mv", "doc/plan.md", "doc/new.md")
    done = repo.commit("away")
    assert done.err == message.replace("deletes", "renames to 'doc/new.md'") + FOLLOW


def test_fix_follows_a_rename_and_keeps_hold_of_what_is_deleted(repo: Hooked) -> None:
    repo.stage("doc/plan.md", "a plan\nof some\nlines\n")
    repo.stage("doc/gone.md", "something\nelse\nentirely\n")
    repo.commit("documents")
    found, before = ids(repo), head(repo)
    name_document(repo, found["A"], "doc/gone.md", "doc/plan.md")
    name_document(repo, found["B"], "doc/plan.md")
    repo.git("mv", "doc/plan.md", "doc/new.md")
    repo.git("rm", "-q", "doc/gone.md")
    tip = repo.git("rev-parse", "refs/jit/issues")
    done = repo.works("hooks", "run", "pre-commit", "--fix")
    first, second = sorted((found["A"][:7], found["B"][:7]))
    assert done.err == f"git jit: {first}, {second} now name their documents where they are\n"
    assert repo.git("rev-parse", "refs/jit/issues~1") == tip
    documents = {d["path"]: d["commit"] for d in json.loads(repo.blob(found["A"]))["documents"]}
    assert documents == {"doc/gone.md": before, "doc/new.md": None}
    assert repo.commit("away") == (0, "", "")
    assert [f["code"] for f in repo.works("validate", "--json").data["findings"]] == []


def test_finished_issues_and_other_commits_hold_nobody_up(repo: Hooked) -> None:
    repo.stage("doc/plan.md")
    repo.stage("doc/old.md")
    repo.commit("documents")
    found = ids(repo)
    name_document(repo, found["A"], "doc/plan.md")
    repo.works("close", found["A"])
    name_document(repo, found["C"], "doc/old.md", commit=head(repo))
    repo.git("rm", "-q", "doc/plan.md", "doc/old.md")
    assert repo.commit("away") == (0, "", "")


def test_an_issues_file_among_the_code_is_refused(repo: Hooked) -> None:
    path = f"issues/ab/{'ab' * 16}.json"
    repo.stage(path, "{}\n")
    repo.stage("issues/README.md")
    done = repo.commit("oops")
    assert done.status == 1
    assert done.err == (
        f"error: {path}: is an issue's file; issues are kept under 'refs/jit/issues', not among the code (issue_astray)\n"
        "hint: git restore --staged with its path leaves it out of the commit\n"
    )
    repo.git("restore", "--staged", "--", path)
    assert repo.commit("well") == (0, "", "")


def test_neither_index_nor_working_tree_is_touched(repo: Hooked) -> None:
    repo.stage("a.py")
    repo.write("a.py", "changed since\n")
    repo.write("b.py")
    index = repo.path / ".git/index"
    before, status = hashlib.sha256(index.read_bytes()).digest(), repo.git("status", "--porcelain")
    for name in ("pre-commit", "post-merge"):
        repo.works("hook", "run", name, "0")
        assert hashlib.sha256(index.read_bytes()).digest() == before
    assert repo.git("status", "--porcelain") == status


@pytest.mark.parametrize("how", [["-a"], ["--", "doc/plan.md"], ["-o", "doc/plan.md"], ["--amend"]])
def test_the_index_that_counts_is_the_one_of_the_commit(repo: Hooked, how: list[str]) -> None:
    repo.stage("doc/plan.md")
    repo.stage("doc/other.md", "other\n")
    repo.commit("documents")
    name_document(repo, ids(repo)["A"], "doc/plan.md")
    (repo.path / "doc/plan.md").unlink()
    done = repo.commit("away", *how)
    refused = how != ["--amend"]  # nothing is staged, so the file stays
    assert (done.status, "document_left_behind" in done.err) == (int(refused), refused), done
    assert repo.commit("other", "--", "doc/other.md").status in {0, 1}


def test_before_the_first_commit_and_from_below(tmp_path: Path, hooked: Hooked) -> None:
    fresh = Hooked(tmp_path / "fresh", {**hooked.env})
    fresh.path.mkdir()
    fresh.git("init", "-q")
    fresh.works("hooks", "install")
    fresh.stage("a/b.py")
    assert fresh.commit("no issues here") == (0, "", "")
    fresh.git("update-ref", "-d", "HEAD")
    fresh.works("init")
    assert fresh.commit("first") == (0, "", "")
    below = Hooked(fresh.path / "a", fresh.env)
    below.stage("c.py")
    assert below.commit("from below\n\nJit: ffff").err.startswith("error: Jit: ffff: no issue 'ffff'")


# --- messages ---------------------------------------------------------------------------------------------


def test_trailers_name_issues_that_exist(repo: Hooked) -> None:
    found = ids(repo)
    assert repo.commit(f"work\n\nCloses-Jit: {found['A'][:7]}, {found['B']}\n", "--allow-empty") == (0, "", "")
    done = repo.commit("work\n\nCloses-Jit: fff\nJit: nothing\n", "--allow-empty")
    assert done.status == 1
    assert done.err == (
        "error: Closes-Jit: fff: 'fff' is too short for an issue id (issue_not_found)\n"
        "error: Jit: nothing: 'nothing' is not an issue id (issue_not_found)\n"
        "hint: give at least 4 digits\n"
        "hint: ids are hexadecimal; 'git jit list' shows them\n"
    )
    assert repo.commit("jit: a subject\n\njit: begins a sentence\nof the text\n", "--allow-empty") == (0, "", "")


def test_what_git_leaves_out_of_a_message_is_left_out_here(repo: Hooked) -> None:
    scissors = "# ------------------------ >8 ------------------------\n"
    for text, status in [
        (f"work\n\n{scissors}Closes-Jit: ffff\n", 0),
        ("work\n\nCloses-Jit: ffff\n", 4),
        ("work\n\nSigned-off-by: Ada\n# a remark\nJit: ffff\n", 4),
        ("work\n\nSigned-off-by: Ada\n; a remark\nJit: ffff\n", 0),
    ]:
        repo.write("message", text)
        assert repo.jit("hook", "run", "commit-msg", "message").status == status, text
    repo.git("config", "core.commentChar", ";")
    assert repo.jit("hook", "run", "commit-msg", "message").status == 4, "the remark is left out"


# --- whatever happens -------------------------------------------------------------------------------------


def test_a_tracker_that_cannot_be_read_costs_no_commit_unless_asked_to(repo: Hooked) -> None:
    (repo.path / ".git/refs/jit/issues").write_text("nonsense\n")
    done = repo.commit("code", "--allow-empty")
    assert done.status == 0
    assert re.fullmatch(r"git jit: 'pre-commit' could not look at the issues: .*; nothing was checked\n", done.err)
    repo.git("config", "jit.hooks.strict", "true")
    done = repo.commit("code", "--allow-empty")
    assert done.status == 1
    assert done.err.startswith("error: the issues: 'pre-commit' could not look at the issues: ")
    assert done.err.endswith("(not_judged)\nhint: 'git jit doctor' examines this clone\n")


def test_a_broken_program_costs_no_commit(repo: Hooked, tmp_path: Path) -> None:
    for text in ("#!/bin/sh\nexit 1\n", "#!/nowhere/python\n", "#!/bin/sh\nkill -9 $$\n"):
        (tmp_path / "git-jit").write_text(text)
        (tmp_path / "git-jit").chmod(0o755)
        done = repo.run("git", "commit", "-q", "--allow-empty", "-m", "x", env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
        assert done.status == 0
    done = repo.run("git", "commit", "-q", "--allow-empty", "-m", "x\n\nJit: f", env={"PATH": "/usr/bin:/bin"})
    assert done.status == 0
    assert done.err == "".join(
        f"git jit is not on the PATH, so {name} checked nothing\n" for name in ("pre-commit", "commit-msg")
    )


def test_modules_in_the_current_directory_are_not_imported(repo: Hooked) -> None:
    for name in ("json.py", "signal.py", "sitecustomize.py", "git_jit.py"):
        repo.stage(name, "raise SystemExit(4)\n")
    assert repo.commit("traps") == (0, "", "")


# --- commits of issues ------------------------------------------------------------------------------------


@pytest.fixture
def branch(repo: Hooked) -> Hooked:
    """A worktree in which the published branch of issues is checked out, as nobody needs to."""
    repo.git("branch", "jit/issues", "refs/jit/issues")
    there = Hooked(repo.path.parent / "issues", repo.env)
    repo.git("worktree", "add", "-q", str(there.path), "jit/issues")
    return there


def test_a_sound_change_by_hand_is_taken(repo: Hooked, branch: Hooked) -> None:
    path = repo.path_of(ids(repo)["A"])
    branch.stage(path, (branch.path / path).read_text().replace('"title": "A"', '"title": "Another"'))
    assert branch.commit("by hand") == (0, "", "")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text, _: text.replace('"state": "ready"', '"state": "open"'), "'$.state'"),
        (lambda text, _: text.replace('"title"', '"titel"'), "(unreadable)"),
        (lambda text, _: text.replace("\n  ", "\n    "), "(not_canonical)"),
        (lambda text, other: text.replace('"dependencies": []', f'"dependencies": [\n    "{other}"\n  ]'), "(cycle)"),
        (lambda text, _: text.replace('"dependencies": []', f'"dependencies": [\n    "{"f" * 32}"\n  ]'), "(dependency_missing)"),
    ],
)  # fmt: skip
def test_the_staged_tree_is_judged_as_a_push_would_be(
    repo: Hooked, branch: Hooked, change: Callable[[str, str], str], said: str
) -> None:
    found = ids(repo)
    path = repo.path_of(found["A"])
    text = (branch.path / path).read_text()
    changed = change(text, found["B"])
    assert changed != text
    branch.stage(path, changed)
    index = Path(branch.git("rev-parse", "--path-format=absolute", "--git-path", "index"))
    before, bytes_before = branch.git("rev-parse", "HEAD"), index.read_bytes()
    assert branch.jit("hook", "run", "pre-commit").status == 4
    assert index.read_bytes() == bytes_before, "looked at in a copy"
    done = branch.commit("by hand")
    assert done.status == 1
    assert said in done.err
    assert found["A"][:7] in done.err or found["B"][:7] in done.err
    assert branch.git("rev-parse", "HEAD") == before
    assert not list(index.parent.glob("jit-index*"))


def test_a_link_or_a_program_among_issues_is_refused(branch: Hooked) -> None:
    (branch.path / "evil").symlink_to("/etc/passwd")
    branch.git("add", "evil")
    assert branch.commit("by hand").err.startswith("error: evil: is a symbolic link; only plain files may be there")
