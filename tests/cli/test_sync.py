"""What people see of sharing: the real program in clones of one host, whole outputs."""

import json
import os
from pathlib import Path

import pytest

from tests.program import Repo
from tests.sharing.team import run

REF = "refs/jit/issues"


@pytest.fixture
def team(tmp_path: Path) -> tuple[Repo, Repo]:
    """Ada's and Eve's clones of an empty host; Ada keeps two issues and has published them."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "JIT_"))}
    env |= {"HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    run(tmp_path, "init", "-q", "--bare", "hub.git", env=env)
    repos = []
    for name in ("ada", "eve"):
        run(tmp_path, "clone", "-q", "hub.git", name, env=env)
        repo = Repo(tmp_path / name, env)
        repo.git("config", "user.name", name.capitalize())
        repo.git("config", "user.email", f"{name}@example.org")
        repos.append(repo)
    ada, eve = repos
    ada.works("init", "--template", "minimal")
    ada.works("create", "Door")
    ada.works("create", "Wall")
    return ada, eve


def tip(repo: Repo) -> str:
    return repo.git("rev-parse", REF)[:10]


def id_of(repo: Repo, title: str) -> str:
    found = {issue["title"]: issue["id"] for issue in repo.works("query", "all", "--json").data}
    return str(found[title])[:7]


def diverged(ada: Repo, eve: Repo) -> str:
    """Both gave the door another title; Ada's is published, Eve's is later. The short id of the door."""
    ada.works("sync")
    door = id_of(ada, "Door")
    eve.works("sync")
    ada.works("update", door, "--title", "Ada's door")
    eve.works("update", door, "--title", "Eve's door")
    ada.works("sync")
    return door


def test_sync_tells_what_came_and_what_went(team: tuple[Repo, Repo]) -> None:
    ada, eve = team
    assert ada.works("sync") == (0, f"published {tip(ada)} on 'origin'\n", "")
    assert ada.works("sync") == (0, "nothing to exchange with 'origin'\n", "")
    assert eve.works("sync") == (0, "began with 2 issues from 'origin'\n", "")
    eve.works("create", "Roof")
    assert eve.works("push") == (0, f"published {tip(eve)} on 'origin'\n", "")
    assert ada.works("fetch") == (0, f"'origin' is at {tip(eve)}\n", "")
    assert ada.works("pull") == (0, "took over 1 issue from 'origin'\n", "")
    assert ada.works("pull") == (0, "nothing new from 'origin'\n", "")


def test_sync_as_json(team: tuple[Repo, Repo]) -> None:
    ada, eve = team
    done = ada.works("sync", "--json").data
    assert done == {"remote": "origin", "tip": None, "taken": None, "pushed": ada.git("rev-parse", REF), "rounds": 1}
    taken = eve.works("pull", "--json").data["taken"]
    assert (taken["how"], len(taken["issues"]), taken["decisions"], taken["left_out"]) == ("adopted", 2, [], [])


def test_what_git_fetched_comes_in_with_the_next_command(team: tuple[Repo, Repo]) -> None:
    ada, eve = team
    ada.works("sync")
    assert eve.jit("list").status == 128, "nothing is known here before git fetches"
    eve.git("fetch", "-q")
    done = eve.works("list", "--format", "{title}")
    assert sorted(done.out.splitlines()) == ["Door", "Wall"]
    assert done.err == "note: began with 2 issues from 'origin'\n"
    assert eve.works("list").err == ""
    assert eve.works("list", "--json").err == ""


def test_whoever_only_reads_needs_no_name(team: tuple[Repo, Repo]) -> None:
    ada, eve = team
    ada.works("sync")
    eve.git("fetch", "-q")
    for key in ("user.name", "user.email"):
        eve.git("config", "--unset", key)
    eve.git("config", "user.useConfigOnly", "true")
    assert len(eve.works("list").out.splitlines()) == 2


def test_a_decision_from_its_beginning_to_its_end(team: tuple[Repo, Repo]) -> None:
    ada, eve = team
    door = diverged(ada, eve)
    eve.works("fetch")
    table = eve.works("merge", "--dry-run").out.splitlines()
    line = f"merged 1 issue from 'origin', 1 decision needs you: {door} Eve's door"
    assert table == [f"{door}\ttitle\tDoor\tEve's door\tAda's door\tEve's door\tlater", line]
    assert tip(eve) != tip(ada)
    done = eve.works("sync")
    assert done.out == f"{line}\npublished {tip(eve)} on 'origin'\n"
    assert done.err == "hint: 'git jit conflicts' lists what waits for a decision\n"
    listed = f"{door}\ttitle\tEve's door\tAda's door\tEve's door (both sides gave it a value)\n"
    assert eve.works("conflicts") == (0, listed, "")
    assert eve.works("conflicts", door).out == listed
    assert "conflicts\t1\n" in eve.works("status").out
    assert eve.works("resolve", door, "--take", "-n").out == "title would stand: Ada's door\n"
    assert eve.works("resolve", door, "title", "--take").out == "title stands: Ada's door\n"
    assert eve.works("conflicts") == (0, "", "nothing waits for a decision\n")
    eve.works("sync")
    ada.works("sync")
    assert tip(ada) == tip(eve)
    assert id_of(ada, "Ada's door") == door
    assert eve.works("undo").out
    assert eve.works("conflicts").out == listed


@pytest.mark.parametrize(
    ("choice", "title"),
    [(["--keep"], "Eve's door"), (["--take=1"], "Ada's door"), (["--value", "Our door"], "Our door")],
)
def test_the_three_ways_to_decide(choice: list[str], title: str, team: tuple[Repo, Repo]) -> None:
    ada, eve = team
    door = diverged(ada, eve)
    eve.works("sync")
    eve.works("resolve", door, "title", *choice)
    assert id_of(eve, title) == door
    assert eve.works("conflicts", "--json").data == []


def test_what_is_no_issue_has_no_answer(team: tuple[Repo, Repo]) -> None:
    ada, _ = team
    door = ada.works("list", "--json", "--fields", "id").data[0]["id"]
    assert ada.works("conflicts", door, "--json").data == []
    assert ada.works("conflicts", "config", "--json").data == []
    ada.refused("issue_not_found", 3, "conflicts", "list")
    ada.refused("issue_not_found", 3, "conflicts", "abcdef")


def test_a_decision_that_cannot_be_made(team: tuple[Repo, Repo]) -> None:
    ada, eve = team
    door = diverged(ada, eve)
    eve.works("sync")
    eve.refused("usage", 129, "resolve", door)
    eve.refused("usage", 129, "resolve", door, "--keep", "--take")
    eve.refused("conflict_not_found", 3, "resolve", door, "due", "--keep")
    eve.refused("say_which_value", 129, "resolve", door, "--take=2")
    eve.refused("validation_failed", 4, "resolve", door, "--value", "")


def test_status_tells_how_far_the_remote_is(team: tuple[Repo, Repo]) -> None:
    ada, eve = team
    ada.works("sync")
    eve.works("sync")
    assert "origin\t0 ahead, 0 behind\n" in ada.works("status").out
    wall = id_of(ada, "Wall")
    ada.works("update", wall, "-p", "high")
    eve.works("create", "Roof")
    eve.works("sync")
    ada.git("config", "jit.autoMerge", "false")
    ada.works("fetch")
    lines = ada.works("status", "-v").out.splitlines()
    roof = id_of(eve, "Roof")
    assert "origin\t1 ahead, 1 behind" in lines
    assert {f"{wall}\tahead\tWall", f"{roof}\tbehind\t"} <= {*lines}
    told = ada.works("status", "-v", "--json").data["remote"]
    assert (told["remote"], told["ahead"], told["behind"]) == ("origin", 1, 1)


def test_history_tells_what_others_did(team: tuple[Repo, Repo]) -> None:
    ada, eve = team
    diverged(ada, eve)
    eve.works("sync")
    subjects = [line.split("\t")[3] for line in eve.works("log").out.splitlines()]
    assert subjects[0].startswith("merge origin: 1 issue")
    assert len([subject for subject in subjects if subject.startswith("update:")]) == 2
    undone = eve.works("undo", "--json").data["subject"]
    assert undone.startswith("update:"), "a merge is nothing that one did oneself"


def test_a_lost_remote_is_told_with_what_to_do(team: tuple[Repo, Repo]) -> None:
    ada, _ = team
    ada.works("sync")
    hub = Repo(ada.path.parent / "hub.git", ada.env)
    hub.git("update-ref", "-d", "refs/heads/jit/issues")
    error = ada.refused("remote_lost", 4, "sync")
    assert "--rejoin" in error["hint"]
    assert ada.works("sync", "--rejoin").out == f"published {tip(ada)} on 'origin'\n"


# --- called by git --------------------------------------------------------------------------------------


def test_gits_own_merge_goes_by_field(team: tuple[Repo, Repo]) -> None:
    """Whoever merges the published branch with plain git needs nothing but our settings, which init has made."""
    from tests.program import JIT

    ada, _ = team
    door = id_of(ada, "Door")
    ada.git("config", "merge.jit.driver", f"{JIT} merge-file %O %A %B %P")
    ada.git("branch", "one", REF)
    ada.git("branch", "other", REF)
    for branch, word in (("one", ["-p", "high"]), ("other", ["--title", "Front door"])):
        before = ada.git("rev-parse", REF)
        ada.works("update", door, *word)
        ada.git("branch", "-f", branch, REF)
        (ada.path / ".git/jit/high-water").unlink()
        ada.git("update-ref", REF, before)
    ada.git("checkout", "-q", "one")
    ada.git("merge", "-q", "-m", "merged", "other")
    (path,) = (ada.path / "issues" / door[:2]).glob("*.json")
    document = json.loads(path.read_text())
    assert (document["title"], document["priority"]) == ("Front door", "high")


def test_the_merge_driver_leaves_no_markers(tmp_path: Path, team: tuple[Repo, Repo]) -> None:
    ada, _ = team
    door = id_of(ada, "Door")
    document = json.loads(ada.blob(door))
    names = []
    for number, title in enumerate(("Door", "Left door", "Right door")):
        names.append(tmp_path / f"{number}.json")
        text = json.dumps({**document, "title": title}, indent=2, sort_keys=True) + "\n"
        names[-1].write_text(text)
    done = ada.jit("merge-file", *map(str, names), ada.path_of(door))
    assert done.status == 1
    assert done.err.startswith(f"conflict: {door} title is ")
    assert json.loads(names[1].read_text())["title"] in {"Left door", "Right door"}
    assert "<<<<" not in names[1].read_text()


def test_gits_log_shows_fields_for_people(team: tuple[Repo, Repo]) -> None:
    from tests.program import JIT

    ada, _ = team
    door = id_of(ada, "Door")
    ada.works("update", door, "--title", "Front door", "-l", "part:door")
    ada.git("config", "diff.jit.textconv", f"{JIT} textconv")
    (ada.path / ".git/info").mkdir(exist_ok=True)
    (ada.path / ".git/info/attributes").write_text("*.json diff=jit\n")
    shown = ada.git("log", "-1", "-p", "--format=%s", REF).splitlines()
    assert {"-title: Door", "+title: Front door", "+labels: part:door"} <= {*shown}
