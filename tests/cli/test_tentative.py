"""What is shown of a claim that nobody was asked about: the real program in a clone whose remote is away."""

from pathlib import Path

from tests.cli.test_sync import id_of, team
from tests.program import Repo

__all__ = ["team"]


def test_it_is_marked_wherever_issues_are_shown(team: tuple[Repo, Repo], tmp_path: Path) -> None:
    ada, eve = team
    ada.works("sync")
    eve.works("sync")
    door, wall = id_of(ada, "Door"), id_of(ada, "Wall")
    for repo in team:
        repo.git("config", "jit.claim.authority", "remote:origin")
    (tmp_path / "hub.git").rename(tmp_path / "away")
    ada.refused("authority_unreachable", 9, "claim", door)
    assert ada.works("claim", door, "--tentative").err.startswith("note: tentative: nobody was asked")

    assert ada.works("list", "--filter", "title:Door").out == f"{door}\tready ~claimed\tnormal\t\tDoor\t\n"
    assert ada.works("ready", "--compact").out == f"{door} [~claimed] Door\n{wall} Wall\n"
    assert "claimed:\t~claimed by human:ada: nobody was asked\n" in ada.works("show", door).out
    assert ada.works("show", door, "--json").data["tentative"] == "human:ada"
    marked = {issue["title"]: issue.get("tentative") for issue in ada.works("ready", "--json").data}
    assert marked == {"Door": "human:ada", "Wall": None}
    assert ada.works("list", "--fields", "id,state", "--filter", "title:Door").out == f"{door}\tready\n"
    assert ada.works("claim", "list").out == f"{door}\t~human:ada\t47 min\tDoor\n"

    (tmp_path / "away").rename(tmp_path / "hub.git")
    eve.works("claim", door)
    lost = f"claim_lost: the claim of 'human:ada' on '{door}' went to 'human:eve'; what was done stays"
    assert ada.works("sync").err == f"note: {lost}\n"
    assert ada.works("sync").err == ""
    assert "~claimed" not in ada.works("list").out
