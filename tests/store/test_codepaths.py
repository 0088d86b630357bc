"""What a typed path means, and why it is no document."""

from pathlib import Path

import pytest

from git_jit.errors import InvalidValue, JitError
from git_jit.store.codepaths import DocumentOutside, DocumentUnfit, DocumentUntracked, check_file, repository_path
from tests.store.coded import coded, tree_of
from tests.store.gitrepo import Place, git, worktree


@pytest.mark.parametrize(
    ("cwd", "text", "path"),
    [
        ("", "docs/plan.md", "docs/plan.md"),
        ("docs", "plan.md", "docs/plan.md"),
        ("docs", "./plan.md", "docs/plan.md"),
        ("docs", "../docs//plan.md", "docs/plan.md"),
        ("docs", "..", ""),
        ("docs", "gone/../plan.md", "docs/plan.md"),
        ("", "-x.md", "-x.md"),
        ("", " a b ", " a b "),
        ("", "caf\u00e9/\u6587.md", "caf\u00e9/\u6587.md"),
        ("", "{top}/docs/plan.md", "docs/plan.md"),
        ("", "{other}/docs/plan.md", "docs/plan.md"),
        ("", "{top}", ""),
    ],
)
def test_from_where_one_stands(cwd: str, text: str, path: str, tmp_path: Path) -> None:
    (tmp_path / "top").mkdir()
    place = coded(tmp_path / "top", {"docs/plan.md": "x"})
    (tmp_path / "other").symlink_to(tmp_path / "top")
    said = text.format(top=tmp_path / "top", other=tmp_path / "other")
    assert repository_path(place.layout, str(tmp_path / "top" / cwd), said) == path


@pytest.mark.parametrize("text", ["..", "../x", "docs/../../x", "/etc/passwd", "/", ".git/config", ".git", "../top2/x"])
def test_outside(text: str, tmp_path: Path) -> None:
    (tmp_path / "top").mkdir()
    place = coded(tmp_path / "top", {"docs/plan.md": "x"})
    with pytest.raises(DocumentOutside):
        repository_path(place.layout, str(tmp_path / "top"), text)


@pytest.mark.parametrize("text", ["", "a\nb", "a\tb", "\x1b[31m", "\u202ea", "\udcff.md", "a\0b", "x" * 4097, "\u2028"])
def test_names_that_cannot_be_told(text: str, tmp_path: Path) -> None:
    place = coded(tmp_path, {"x": "x"})
    with pytest.raises(InvalidValue):
        repository_path(place.layout, str(tmp_path), text)


def test_a_linked_working_tree_has_a_top_of_its_own(tmp_path: Path) -> None:
    place = worktree(tmp_path)
    assert repository_path(place.layout, str(place.cwd), "x.md") == "x.md"
    with pytest.raises(DocumentOutside):
        repository_path(place.layout, str(place.cwd), "../main/x.md")


def test_in_a_bare_repository_paths_count_from_the_top(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", ".")
    layout = Place(tmp_path).layout
    assert repository_path(layout, str(tmp_path / "refs"), "docs/../x.md") == "x.md"
    for text in ("/x.md", "../x"):
        with pytest.raises(DocumentOutside):
            repository_path(layout, str(tmp_path), text)


# --- is it a file of the code? ------------------------------------------------------------------------


def odd(tmp_path: Path) -> Place:
    """A repository with everything in it that is no document."""
    top = tmp_path / "top"
    top.mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/x.md").write_text("x")
    place = coded(top, {"docs/Plan.md": "x", "caf\u00e9.md": "x", "file": "x", "old.md": "a\nb\nc\n"})
    (top / "to-file").symlink_to("docs/Plan.md")
    (top / "to-outside").symlink_to("../outside/x.md")
    (top / "dir").symlink_to("docs")
    (top / "away").symlink_to("../outside")
    git(top, "add", ".")
    git(top, "update-index", "--add", "--cacheinfo", f"160000,{place.git('rev-parse', 'HEAD')},sub")
    place.git("commit", "-q", "-m", "links")
    (top / "untracked.md").write_text("x")
    (top / "empty").mkdir()
    (top / "later").symlink_to("../outside")
    place.git("mv", "old.md", "new.md")
    place.git("commit", "-q", "-m", "rename")
    place.git("branch", "main2")
    return place


@pytest.mark.parametrize(
    ("path", "kind", "message", "hint"),
    [
        ("", DocumentUnfit, "the top of the repository is a directory", "name a file in it"),
        ("docs", DocumentUnfit, "'docs' is a directory", "name a file in it"),
        ("empty", DocumentUnfit, "'empty' is a directory", "name a file in it"),
        ("to-file", DocumentUnfit, "'to-file' is a symbolic link", "name the file it leads to: 'docs/Plan.md'"),
        ("to-outside", DocumentUnfit, "'to-outside' is a symbolic link", "name a file of this repository"),
        (
            "dir/Plan.md",
            DocumentUnfit,
            "'dir/Plan.md' lies behind the symbolic link 'dir'",
            "name it as 'docs/Plan.md'",
        ),
        (
            "away/x.md",
            DocumentOutside,
            "'away/x.md' leads out of the repository, by the symbolic link 'away'",
            "copy it into the repository and commit it",
        ),
        (
            "later/x.md",
            DocumentOutside,
            "'later/x.md' leads out of the repository, by the symbolic link 'later'",
            "copy it into the repository and commit it",
        ),
        ("sub", DocumentUnfit, "'sub' is a submodule", "name a file of this repository"),
        (
            "sub/x.md",
            DocumentUnfit,
            "'sub/x.md' belongs to the submodule 'sub'",
            "name it in the issues of that repository",
        ),
        ("file/x", DocumentUnfit, "'file' is a file, so 'file/x' cannot be", "name a file of the code"),
        ("untracked.md", DocumentUntracked, "'untracked.md' is not tracked by git", "git add it, then name it here"),
        ("docs/plan.md", DocumentUntracked, "the code has no 'docs/plan.md'", "did you mean 'docs/Plan.md'?"),
        ("cafe\u0301.md", DocumentUntracked, "the code has no 'cafe\u0301.md'", "did you mean 'caf\u00e9.md'?"),
        ("old.md", DocumentUntracked, "'old.md' was renamed", "it is 'new.md' now"),
        (
            "gone.md",
            DocumentUntracked,
            "the code has no 'gone.md'",
            "'git jit doc add ID PATH --commit REV' names one that an earlier commit has",
        ),
    ],
)
def test_why_not(path: str, kind: type[JitError], message: str, hint: str, tmp_path: Path) -> None:
    place = odd(tmp_path)
    code = tree_of(place)
    with pytest.raises(kind) as caught:
        check_file(code, path, None, top=code.worktree)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_a_file_of_an_earlier_commit(tmp_path: Path) -> None:
    place = odd(tmp_path)
    code = tree_of(place)
    assert check_file(code, "old.md", code.resolve("HEAD~1")).kind == "file"
    with pytest.raises(DocumentUntracked) as caught:
        check_file(code, "new.md", code.resolve("HEAD~1"))
    assert caught.value.message == f"there is no 'new.md' at commit '{place.git('rev-parse', 'HEAD~1')[:10]}'"


def test_before_the_first_commit_what_is_staged_counts(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", ".")
    (tmp_path / "x.md").write_text("x")
    code = tree_of(Place(tmp_path))
    with pytest.raises(DocumentUntracked):
        check_file(code, "x.md", None, top=code.worktree)
    git(tmp_path, "add", "x.md")
    assert check_file(code, "x.md", None, top=code.worktree).kind == "file"
