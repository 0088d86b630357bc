"""Files of the code beside issues, for tests from end to end."""

from typing import Any

from tests.program import Repo, ids

PLAN = "# The plan\n\nSee [the design](design.md#goals) and ![a picture](img/a%20b.png).\n" + "Words.\n" * 20


def write(repo: Repo, files: dict[str, str], *, commit: bool = True) -> None:
    for path, text in files.items():
        (repo.path / path).parent.mkdir(parents=True, exist_ok=True)
        (repo.path / path).write_text(text)
    if commit:
        repo.git("add", "--all")
        repo.git("commit", "-q", "-m", "write")


def of(repo: Repo, title: str) -> list[str]:
    """The documents of an issue: `path`, or `path@commit`."""
    found = repo.works("show", ids(repo)[title], "--json").data["documents"]
    return [f"{one['path']}@{one['commit'][:7]}" if one["commit"] else one["path"] for one in found]


def refused(repo: Repo, code: str, status: int, *words: str | bytes, **how: Any) -> dict[str, Any]:
    """`Repo.refused`, and the code is as it was too."""
    before = repo.git("status", "--porcelain=v1"), repo.git("ls-files", "-s")
    error = repo.refused(code, status, *words, **how)
    assert (repo.git("status", "--porcelain=v1"), repo.git("ls-files", "-s")) == before
    return error
