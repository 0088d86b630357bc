"""What a check finds in a change, and what it does not hold against it."""

import ast
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from git_jit.model import Timestamp
from git_jit.ops import checking, incoming
from git_jit.ops.checking import CODES, Checked, Complaint, check
from git_jit.store.repository import Repository
from git_jit.validate.catalogue import CATALOGUE
from git_jit.validate.finding import Severity
from tests.program import REF, Repo, ids

NOW = Timestamp("2030-01-01T00:00:00.000000Z")
MISSING = "ab" * 16


@pytest.fixture
def store(repo: Repo) -> Iterator[Repository]:
    opened = Repository.open(str(repo.path), repo.env)
    yield opened
    opened.close()


def judged(store: Repository, base: str = f"{REF}~1", head: str = REF, *, published: bool = False) -> Checked:
    return check(store, base, head, now=NOW, published=published)


def told(found: Checked) -> list[tuple[str, str, str]]:
    return [(one.severity.value, one.code, one.subject) for one in found.complaints]


def shown(repo: Repo, one: Complaint) -> str:
    """The line that the complaint points at."""
    return repo.git("show", f"{REF}:{one.path}").splitlines()[one.line - 1].strip()


def rewrite(repo: Repo, called: str, /, **fields: Any) -> str:
    """Other values in the file of an issue, spelled canonically; its id."""
    id = ids(repo)[called]
    document = {**json.loads(repo.blob(id)), **fields}
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    repo.plant({repo.path_of(id): text.encode()})
    return id


def test_a_change_by_commands_is_right(repo: Repo, store: Repository) -> None:
    id = ids(repo)["A"]
    repo.works("update", id, "-p", "high")
    found = judged(store)
    assert (found.complaints, found.before, found.status, found.result) == ((), 0, 0, found.head)
    assert [issue.id for issue in found.differences.issues] == [id]


@pytest.mark.parametrize(
    ("fields", "code", "line", "status"),
    [
        ({"created_by": "human:eve"}, "created_changed", '"created_by": "human:eve",', 4),
        ({"created_at": "2020-01-01T00:00:00.000000Z"}, "created_changed", '"created_at": "2020-01-01', 4),
        ({"dependencies": [MISSING]}, "dependency_missing", f'"{MISSING}"', 5),
        ({"labels": ["Bad"]}, "label_invalid", '"Bad"', 4),
        ({"assignee": "eve"}, "assignee_invalid", '"assignee": "eve",', 4),
        ({"title": ""}, "title_invalid", '"title": "",', 4),
        ({"state": "later"}, "unreadable", '"state": "later",', 4),
        ({"estimate": -1}, "shape_invalid", '"estimate": -1,', 4),
    ],
)
def test_what_is_wrong_is_told_on_its_line(
    repo: Repo, store: Repository, fields: dict[str, Any], code: str, line: str, status: int
) -> None:
    id = rewrite(repo, "A", **fields)
    found = judged(store)
    (one,) = [one for one in found.complaints if one.code == code]
    assert (one.severity, one.path, found.status) == (Severity.ERROR, repo.path_of(id), status)
    assert shown(repo, one).startswith(line)


def test_an_issue_under_another_id_is_a_forgery(repo: Repo, store: Repository) -> None:
    rewrite(repo, "A", id="cd" * 16)
    assert {one.code for one in judged(store).complaints} >= {"id_mismatch", "created_changed"}


def test_another_spelling_is_an_error_on_the_first_line_that_differs(repo: Repo, store: Repository) -> None:
    id = ids(repo)["A"]
    path = repo.path_of(id)
    repo.plant({path: repo.blob(id).replace(b'  "priority"', b'   "priority"')})
    found = judged(store)
    assert told(found) == [("error", "not_canonical", path)]
    assert shown(repo, found.complaints[0]) == '"priority": "normal",'


def comment_file(repo: Repo, id: str) -> str:
    (path,) = [
        p for p in repo.git("ls-tree", "-r", "--name-only", REF).splitlines() if p.startswith("comments/") and id in p
    ]
    return path


def test_a_comment_stays_as_it_was_written(repo: Repo, store: Repository) -> None:
    id = ids(repo)["A"]
    repo.works("comment", id, "Yes.")
    path = comment_file(repo, id)
    text = repo.git("show", f"{REF}:{path}") + "\n"
    repo.plant({path: text.replace("Yes.", "No.").encode()})
    found = judged(store)
    assert told(found) == [("error", "comment_altered", path)]
    assert found.status == 4


def test_a_comment_goes_with_its_issue_only(repo: Repo, store: Repository) -> None:
    id = ids(repo)["C"]
    repo.works("comment", id, "Yes.")
    path = comment_file(repo, id)
    repo.works("undo")
    assert told(judged(store)) == [("error", "comment_removed", path)]
    repo.works("redo")
    repo.works("issue", "delete", id)
    assert told(judged(store)) == []


def test_files_of_others_are_remarked_upon(repo: Repo, store: Repository) -> None:
    repo.plant({".github/workflows/x.yml": b"on: push\n", "notes/plan.md": b"x\n", "README.md": b"other\n"})
    found = judged(store)
    assert told(found) == [
        ("warning", "workflow_changed", ".github/workflows/x.yml"),
        ("warning", "file_unexpected", "notes/plan.md"),
    ]
    assert found.status == 0


def test_entries_that_lead_elsewhere_end_the_look(repo: Repo, store: Repository) -> None:
    repo.plant({"issues/aa/link.json": b"../../../etc/passwd"}, mode="120000")
    found = judged(store)
    assert told(found) == [("error", "tree_invalid", "issues/aa/link.json")]
    assert found.differences.issues == ()


def test_what_was_wrong_before_is_counted_and_not_held_against_the_change(repo: Repo, store: Repository) -> None:
    rewrite(repo, "A", dependencies=[MISSING])
    rewrite(repo, "C", priority="high")
    found = judged(store)
    assert (told(found), found.before, found.status) == ([], 1, 0)


def test_history_goes_forward(repo: Repo, store: Repository) -> None:
    repo.works("create", "D")
    backwards = judged(store, REF, f"{REF}~1", published=True)
    assert told(backwards)[0][:2] == ("error", "history_rewritten")
    assert told(judged(store, REF, f"{REF}~1")) == []  # an old branch is no proposal of anything


def test_a_history_of_its_own_is_no_proposal(repo: Repo, store: Repository) -> None:
    tree = repo.git("rev-parse", f"{REF}^{{tree}}")
    alone = repo.git("commit-tree", tree, "-m", "anew")
    found = judged(store, REF, alone)
    assert [one.code for one in found.complaints] == ["history_rewritten"]
    assert found.status == 4


def test_forged_commits_are_told(repo: Repo, store: Repository) -> None:
    tree = repo.git("rev-parse", f"{REF}^{{tree}}")
    message = "x\n\nJit-Op: create\nJit-Op: close\nJit-Clock: 99999999999999.0.aa"
    commit = repo.git("commit-tree", tree, "-p", REF, "-m", message)
    found = judged(store, REF, commit)
    assert sorted(one.code for one in found.complaints) == ["clock_ahead", "commit_forged"]


def diverged(repo: Repo, ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[str, str]:
    """Two heads that began alike."""
    start = repo.git("rev-parse", REF)
    ours()
    first = repo.git("rev-parse", REF)
    repo.git("update-ref", REF, start)
    repo.works("recover", "--accept-present")
    theirs()
    return first, repo.git("rev-parse", REF)


def test_both_changes_together_are_judged(repo: Repo, store: Repository) -> None:
    named = ids(repo)
    base, head = diverged(
        repo,
        lambda: repo.works("update", named["A"], "-l", "one:x"),
        lambda: repo.works("update", named["A"], "-l", "two:y", "--title", "AA"),
    )
    found = judged(store, base, head)
    assert (told(found), found.result in {base, head}) == ([], False)
    assert json.loads(repo.git("show", f"{found.result}:{repo.path_of(named['A'])}"))["labels"][:2] == [
        "one:x",
        "two:y",
    ]
    assert repo.git("for-each-ref", "--points-at", found.result) == ""


def test_a_circle_of_both_together_is_an_error_and_a_dispute_a_warning(repo: Repo, store: Repository) -> None:
    named = ids(repo)
    base, head = diverged(
        repo,
        lambda: repo.works("update", named["A"], "--depends-on", named["C"], "--title", "one"),
        lambda: [repo.works("update", named["C"], "--depends-on", named["A"]), rewrite(repo, "A", title="two")],
    )
    found = judged(store, base, head)
    assert {(one.severity.value, one.code) for one in found.complaints} == {
        ("error", "cycle"),
        ("warning", "merge_undecided"),
    }
    assert found.status == 5


def written() -> set[str]:
    """Every code that stands in the modules that complain."""
    names: set[str] = set()
    for module in (checking, incoming):
        for node in ast.walk(ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and getattr(node.func, "id", "") in {"_error", "_warning"}:
                names.update(str(arg.value) for arg in node.args[:1] if isinstance(arg, ast.Constant))
            if isinstance(node, ast.Call):
                names.update(
                    str(k.value.value) for k in node.keywords if k.arg == "code" and isinstance(k.value, ast.Constant)
                )
    return names


def test_every_code_is_explained_in_the_catalogue_or_on_the_page() -> None:
    assert written() - CODES.keys() - CATALOGUE.keys() == set()
    assert CODES.keys() - written() == set()
    page = (Path(__file__).parents[2] / "docs/how-to/review-by-pull-request.md").read_text(encoding="utf-8")
    rows = dict(
        line[2:-2].split(" | ", 1) for line in page.splitlines() if line.startswith("| `") and line.count("|") == 3
    )
    assert {code.strip("`"): meaning for code, meaning in rows.items() if code.strip("`") in CODES} == dict(CODES)
