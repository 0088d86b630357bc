"""Review from end to end: real clones, a bare repository that plays the host, and whoever merges there by plain git."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.program import REF, Repo, ids, make_repo

BRANCH = "refs/heads/jit/issues"
PROPOSAL = "jit/proposals/human-ada-lovelace/raise-the-wall"


class Team:
    """A host, two clones of it, and a checkout of the issues for whoever merges pull requests."""

    def __init__(self, base: Path) -> None:
        env = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "JIT_"))}
        self.base = base
        self.env = {**env, "HOME": str(base), "GIT_CONFIG_NOSYSTEM": "1"}
        self.host, self.ada, self.bob = (Repo(base / name, self.env) for name in ("host", "ada", "bob"))

    def begin(self) -> None:
        """Two issues that everybody has."""
        Repo(self.base, self.env).git("init", "-q", "--bare", "host")
        for name in ("ada", "bob"):
            self.clone(name)
        self.ada.works("init", "--template", "minimal")
        self.ada.works("create", "Door", "-p", "low")
        self.ada.works("create", "Wall")
        self.ada.works("sync")
        self.bob.works("sync")

    def clone(self, name: str) -> Repo:
        (self.base / name).mkdir()
        repo = make_repo(self.base / name, self.base)
        repo.git("remote", "add", "origin", str(self.base / "host"))
        return repo

    def copy(self, to: Path) -> "Team":
        """The same somewhere else."""
        shutil.copytree(self.base, to, dirs_exist_ok=True)
        copied = Team(to)
        for repo in (copied.ada, copied.bob):
            repo.git("remote", "set-url", "origin", str(to / "host"))
        return copied

    def merger(self) -> Repo:
        """A plain checkout of the published issues, with every branch of the host."""
        repo = self.clone("merger")
        repo.git("fetch", "-q", "origin")
        repo.git("checkout", "-q", "-b", "published", "origin/jit/issues")
        return repo

    def merge(self, how: str, branch: str = PROPOSAL) -> None:
        """What the buttons of a host do."""
        repo = self.merger()
        if how == "merge":
            repo.git("merge", "-q", "--no-ff", "-m", "Merge pull request #1", f"origin/{branch}")
        elif how == "squash":
            repo.git("merge", "-q", "--squash", f"origin/{branch}")
            repo.git("commit", "-q", "-m", "Raise the wall (#1)")
        else:
            repo.git("rebase", "-q", "--force-rebase", "published", f"origin/{branch}")
        repo.git("push", "-q", "origin", f"HEAD:{BRANCH}")

    def published(self) -> str:
        return self.host.git("rev-parse", BRANCH)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Team:
    team = Team(tmp_path_factory.mktemp("team"))
    team.begin()
    return team


@pytest.fixture
def team(begun: Team, tmp_path: Path) -> Team:
    return begun.copy(tmp_path)


def priority(repo: Repo, id: str) -> object:
    return json.loads(repo.blob(id))["priority"]


def tree(repo: Repo) -> str:
    return repo.git("rev-parse", f"{REF}^{{tree}}")


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_however_a_proposal_is_merged_everybody_has_the_same_issues(team: Team, how: str) -> None:
    wall = ids(team.bob)["Wall"]
    team.bob.works("update", wall, "-p", "high")
    team.bob.works("comment", wall, "Higher.")
    done = team.bob.works("propose", "Raise the wall")
    assert done.out == f"{PROPOSAL}\n"
    team.bob.works("create", "Roof")  # work goes on while others look at it
    team.ada.works("create", "Floor")
    team.ada.works("sync")
    team.merge(how)

    for repo in (team.bob, team.ada, team.bob):
        repo.works("sync")

    assert sorted(ids(team.ada)) == ["Door", "Floor", "Roof", "Wall"]
    assert priority(team.ada, wall) == "high"
    assert tree(team.ada) == tree(team.bob) == team.host.git("rev-parse", f"{BRANCH}^{{tree}}")
    assert team.ada.git("rev-parse", REF) == team.bob.git("rev-parse", REF) == team.published()
    assert team.ada.works("conflicts", "--json").data == []
    assert team.ada.works("validate").status == 0


def test_two_proposals_that_are_a_circle_only_together(team: Team) -> None:
    door, wall = ids(team.bob)["Door"], ids(team.bob)["Wall"]
    team.bob.works("dep", "add", wall, "--on", door)
    team.bob.works("propose", "Raise the wall")
    team.ada.works("dep", "add", door, "--on", wall)
    other = team.ada.works("propose", "Hang the door").out.strip()
    judge = team.merger()
    before = team.published()
    assert judge.jit("check", f"origin/jit/issues..origin/{PROPOSAL}").status == 0
    assert judge.jit("check", f"origin/jit/issues..origin/{other}").status == 0

    judge.git("merge", "-q", "--no-ff", "-m", "one", f"origin/{PROPOSAL}")
    alone = judge.jit("check", f"published..origin/{other}", "--format", "github")
    judge.git("merge", "-q", "--no-ff", "-m", "two", f"origin/{other}")
    together = judge.jit("check", f"{before}..published", "--published", "--json")

    assert alone.status == 5
    assert ",title=cycle::" in alone.out
    assert together.status == 5
    (found,) = [one for one in together.data["findings"] if one["severity"] == "error"]
    line = judge.git("show", f"published:{found['path']}").splitlines()[found["line"] - 1]
    assert (found["code"], line.strip()) in {("cycle", f'"{door}"'), ("cycle", f'"{wall}"')}

    judge.git("push", "-q", "origin", f"published:{BRANCH}")
    synced = team.ada.works("sync")
    team.bob.works("sync")
    assert "note: opened a circle: set aside the edge from " in synced.err
    assert team.ada.git("rev-parse", REF) == team.bob.git("rev-parse", REF) == team.published()
    assert team.bob.works("validate", "--json").data["errors"] == 0


def test_a_bulk_change_of_500_issues_is_reviewed_by_its_summary(team: Team) -> None:
    plan = {"issues": [{"key": f"k{n}", "title": f"Task {n}"} for n in range(500)]}
    team.bob.works("issue", "create-many", "-", stdin=json.dumps(plan).encode())
    team.bob.works("sync")
    team.bob.works("issue", "bulk-update", "--filter", "title:Task", "--priority", "high")
    team.bob.works("update", ids(team.bob)["Wall"], "--title", "The wall")
    branch = team.bob.works("propose", "Triage").out.strip()

    told = team.bob.works("diff").out.splitlines()
    page = team.bob.works("check", f"origin/jit/issues..origin/{branch}", "--format", "markdown").out

    assert told[:3] == [
        "501 issues: 501 updated",
        "    500  priority normal → high",
        '      1  title "Wall" → "The wall"',
    ]
    assert told[4].startswith("500 issues: priority normal → high   (")
    assert len(told) == 6
    assert "| 500 | priority normal → high |" in page
    assert len(page) < 2_000


def test_where_review_is_required_only_proposals_go_out(team: Team) -> None:
    team.ada.works("config", "set", "review", "required")
    team.ada.works("propose", "Raise the wall")  # the rule itself
    team.merge("merge", PROPOSAL)
    team.bob.works("sync")
    team.bob.works("create", "Roof")
    before = team.published()

    error = team.bob.refused("review_required", 4, "sync")

    assert error["message"] == "changes are published through proposals here, not directly"
    assert team.published() == before
    assert team.bob.works("propose", "A roof").out.endswith("/a-roof\n")


def test_an_update_adds_to_the_proposal_and_leaves_the_host_nothing_to_merge(team: Team) -> None:
    wall, door = ids(team.bob)["Wall"], ids(team.bob)["Door"]
    team.bob.works("update", wall, "-p", "high")
    team.bob.works("update", wall, "--title", "Walls")
    team.bob.works("update", wall, "--title", "The wall")  # what is there already must not argue with itself
    first = team.bob.works("propose", "Raise the wall", "--json").data
    team.ada.works("update", wall, "-l", "a:one")  # the same file: a host would have to merge text
    team.ada.works("sync")
    team.bob.works("update", door, "-p", "high")

    second = team.bob.works("propose", "Raise the wall", "--update", "--json").data

    assert (second["before"], second["commits"], second["base"]) == (first["head"], 1, team.published())
    head = team.host.git("rev-parse", f"refs/heads/{PROPOSAL}")
    assert head == second["head"]
    assert team.host.git("merge-base", head, BRANCH) == team.published()
    issue = json.loads(team.host.git("show", f"{head}:{team.bob.path_of(wall)}"))
    assert (issue["title"], issue["priority"], issue["labels"]) == ("The wall", "high", ["a:one"])
    assert "conflicts/" not in team.host.git("ls-tree", "-r", "--name-only", head)
    again = team.bob.jit("propose", "--update", "--json")
    assert json.loads(again.out)["error"]["code"] == "nothing_to_propose"


def test_a_filter_proposes_some_issues_and_keeps_the_rest_here(team: Team) -> None:
    wall, door = ids(team.bob)["Wall"], ids(team.bob)["Door"]
    team.bob.works("update", wall, door, "-p", "critical")  # one commit, two issues
    team.bob.works("update", door, "-p", "high")

    done = team.bob.works("propose", "Raise the wall", "--filter", "title:Wall", "--json").data

    assert (done["issues"], done["commits"], done["left"]) == ([wall], 1, 1)
    changed = team.host.git("diff", "--name-only", BRANCH, f"refs/heads/{PROPOSAL}")
    assert changed == team.bob.path_of(wall)
    team.merge("squash")
    team.bob.works("sync")
    assert priority(team.bob, door) == "high"


def test_a_proposal_is_withdrawn_by_its_author_only(team: Team) -> None:
    team.bob.works("create", "Roof")
    team.bob.works("propose", "Raise the wall")
    charles = replace(team.bob, env={**team.bob.env, "JIT_ACTOR": "human:charles"})

    refused = charles.jit("propose", "Raise the wall", "--withdraw", "--json")
    dry = team.bob.works("propose", "--withdraw", "--dry-run").out
    assert [row["branch"] for row in charles.works("propose", "--json").data] == [PROPOSAL]
    done = team.bob.works("propose", "--withdraw").out

    assert json.loads(refused.out)["error"]["code"] == "proposal_unknown"
    assert dry.startswith(f"would withdraw {PROPOSAL} (it was at ")
    assert done.startswith(f"withdrew {PROPOSAL} (it was at ")
    assert team.host.git("for-each-ref", "refs/heads/jit/proposals") == ""
    assert team.bob.works("propose").err == "there are no proposals\n"


def test_what_is_wrong_is_not_proposed(team: Team) -> None:
    wall = ids(team.bob)["Wall"]
    blob = json.loads(team.bob.blob(wall))
    blob["dependencies"] = ["ab" * 16]
    team.bob.plant({team.bob.path_of(wall): (json.dumps(blob, indent=2) + "\n").encode()})
    error = team.bob.refused("proposal_invalid", 4, "propose", "Raise the wall")
    assert {one["code"] for one in error["details"]["findings"]} >= {"dependency_missing"}
    assert team.host.git("for-each-ref", "refs/heads/jit/proposals") == ""


@pytest.mark.parametrize(
    ("words", "code", "status"),
    [
        (["Raise the wall"], "nothing_to_propose", 3),
        (["Raise the wall", "--update"], "proposal_unknown", 3),
        (["--update"], "proposal_unknown", 3),
        (["!!!"], "title_needed", 129),
        (["x", "--update", "--withdraw"], "usage", 129),
        (["--filter", "is:open"], "usage", 129),
        (["x", "--remote", "nowhere"], "remote_unknown", 3),
    ],
)
def test_what_cannot_be_proposed_says_why(begun: Team, words: list[str], code: str, status: int) -> None:
    begun.bob.refused(code, status, "propose", *words)


def test_a_name_that_is_taken_is_not_taken_twice(team: Team) -> None:
    team.bob.works("create", "Roof")
    team.bob.works("propose", "Raise the wall")
    team.bob.works("create", "Floor")
    error = team.bob.refused("proposal_exists", 4, "propose", "raise THE wall")
    assert error["hint"].startswith("'git jit propose raise-the-wall --update' adds to it")


def test_the_page_that_opens_the_pull_request_is_printed(team: Team) -> None:
    address = "https://ada:secret@github.com/ada/engine.git"
    team.bob.git("remote", "set-url", "origin", address)
    team.bob.git("config", f"url.{team.host.path}.insteadOf", address)
    team.bob.works("create", "Roof")
    done = team.bob.works("propose", "Raise the wall")
    assert done.out.splitlines() == [
        PROPOSAL,
        f"https://github.com/ada/engine/compare/jit/issues...{PROPOSAL}?expand=1",
    ]
    assert done.err == "proposed: 1 commit, 1 issue: 1 created\n"
