"""Documents of a tracker made wrong: each function breaks one thing, somewhere that a seed chooses.

They write what other programs might write, with git's plumbing, as one commit on top of the issues.
"""

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any, Final

from git_jit.paths import comment_path, issue_path
from tests.faults.kit.damage import REF, blob, corrupt_json, git, plant

NOBODY: Final = "f" * 32
"""An id that no issue has."""
OPEN: Final = ("backlog", "ready", "in_progress")

Fields = dict[str, Any]


@dataclass(frozen=True)
class Hand:
    """Somebody with access to the repository, and the dice by which he goes wrong."""

    common: Path
    """The common git directory."""
    dice: Random

    @cached_property
    def issues(self) -> Mapping[str, Fields]:
        """Every issue of the tip by its id, as JSON has it."""
        listed = git(self.common, "ls-tree", "-r", "--format=%(objectname)", REF, "issues/")
        words = ["git", f"--git-dir={self.common}", "cat-file", "--batch"]
        data = subprocess.run(words, input=listed.encode(), capture_output=True, check=True).stdout
        found = {}
        while data:
            head, _, rest = data.partition(b"\n")
            size = int(head.split()[2])
            issue = json.loads(rest[:size])
            found[issue["id"]] = issue
            data = rest[size + 1 :]
        return found

    def one(self, fits: Callable[[Fields], object] = lambda _: True) -> Fields:
        """Any issue that fits."""
        return self.issues[self.dice.choice(sorted(id for id, issue in self.issues.items() if fits(issue)))]

    def change(self, issue: Fields, **fields: Any) -> None:
        """Store it with other fields, well spelled."""
        self.put(issue_path(issue["id"]), {**issue, **fields})

    def put(self, path: str, document: Any) -> None:
        plant(self.common, {path: spelled(document)})

    def path(self) -> str:
        """Where any issue lies."""
        return issue_path(self.one()["id"])

    def files(self, under: str) -> list[str]:
        return git(self.common, "ls-tree", "-r", "--name-only", REF, under).splitlines()


def spelled(document: Any) -> bytes:
    """As git jit spells it."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"


# --- one document -----------------------------------------------------------------------------------------


def unreadable(hand: Hand) -> None:
    corrupt_json(hand.common, hand.path(), hand.dice)


def unreadable_comment(hand: Hand) -> None:
    corrupt_json(hand.common, hand.dice.choice(hand.files("comments/")), hand.dice)


def no_plain_file(hand: Hand) -> None:
    """A symbolic link, or a program, where an issue should be."""
    path = hand.path()
    plant(hand.common, {path: blob(hand.common, path)}, mode=hand.dice.choice(["120000", "100755"]))


def not_canonical(hand: Hand) -> None:
    issue = hand.one()
    spellings = [
        json.dumps(issue),
        json.dumps(dict(reversed(issue.items())), indent="\t", ensure_ascii=False),
        json.dumps(issue, indent=2, sort_keys=True) + "\r\n",
    ]
    plant(hand.common, {issue_path(issue["id"]): hand.dice.choice(spellings).encode()})


def against_the_schema(hand: Hand) -> None:
    """A comment with an author who is none."""
    path = hand.dice.choice(hand.files("comments/"))
    hand.put(path, {**json.loads(blob(hand.common, path)), "author": "somebody"})


def of_the_future(hand: Hand) -> None:
    hand.change(hand.one(), schema=hand.dice.randrange(2, 100))


def another_id(hand: Hand) -> None:
    """An issue lies where another one belongs."""
    issue, other = hand.one(), hand.one()
    while other is issue:
        other = hand.one()
    hand.put(issue_path(other["id"]), issue)


def unknown_id(hand: Hand) -> None:
    """An issue says that it is one that is not here."""
    hand.put(hand.path(), {**hand.one(), "id": NOBODY})


def foreign_entries(hand: Hand) -> None:
    names = ["issues/README.md", "issues/zz/x.json", "comments/00/x", "gates/A/b.json", "issues/00/TODO"]
    plant(hand.common, dict.fromkeys(hand.dice.sample(names, 3), b"what is this?\n"))


def wrong_directory(hand: Hand) -> None:
    """An issue lies two letters off."""
    issue = hand.one()
    path = issue_path(issue["id"])
    wrong = next(name for name in ("00", "01") if name != issue["id"][:2])
    plant(hand.common, {path: None, f"issues/{wrong}/{issue['id']}.json": blob(hand.common, path)})


def title(hand: Hand) -> None:
    hand.change(hand.one(), title=hand.dice.choice(["", "two\nlines", "t" * 300, "bell\x07"]))


def label_in_capitals(hand: Hand) -> None:
    issue = hand.one()
    hand.change(issue, labels=sorted([*issue["labels"], "Component:roof"]))


def label_without_namespace(hand: Hand) -> None:
    issue = hand.one()
    hand.change(issue, labels=sorted([*issue["labels"], hand.dice.choice(["roof", "a b:c", ":x"])]))


def assignee_in_capitals(hand: Hand) -> None:
    hand.change(hand.one(), assignee="Human:ada")


def assignee_without_kind(hand: Hand) -> None:
    hand.change(hand.one(), assignee=hand.dice.choice(["ada", "human:", "ada lovelace"]))


def creator(hand: Hand) -> None:
    hand.change(hand.one(), created_by="HUMAN:ada")


def closed_but_open(hand: Hand) -> None:
    hand.change(hand.one(lambda issue: issue["state"] in OPEN), closed_at="2026-01-01T00:00:00.000000Z")


def gate_of_no_key(hand: Hand) -> None:
    status = {"at": None, "by": None, "run": None, "status": "pending", "tree": None}
    issue = hand.one()
    hand.change(issue, gates={**issue["gates"], "No Key": status})


# --- references -------------------------------------------------------------------------------------------


def dangling_dependency(hand: Hand) -> None:
    issue = hand.one()
    hand.change(issue, dependencies=sorted([*issue["dependencies"], NOBODY]))


def dangling_link(hand: Hand) -> None:
    issue = hand.one()
    hand.change(issue, links=[*issue["links"], {"target": NOBODY, "type": "supersedes"}])


def dangling_gate(hand: Hand) -> None:
    """The definition is gone that issues go by."""
    keys = sorted({key for issue in hand.issues.values() for key in issue["gates"]})
    plant(hand.common, {f"gates/{hand.dice.choice(keys)}.json": None})


def dangling_document(hand: Hand) -> None:
    document = {"commit": None, "label": "Design", "path": "docs/nowhere.md", "type": None}
    issue = hand.one()
    hand.change(issue, documents=[*issue["documents"], document])


def orphaned_comment(hand: Hand) -> None:
    path = hand.dice.choice(hand.files("comments/"))
    plant(hand.common, {comment_path(NOBODY, path.rpartition("/")[2][:26]): spelled(  # type: ignore[arg-type]
        {**json.loads(blob(hand.common, path)), "issue": NOBODY}
    )})  # fmt: skip


# --- the graph --------------------------------------------------------------------------------------------


def cycle(hand: Hand) -> None:
    """What an issue waits for waits for it."""
    issue = hand.one(lambda issue: issue["dependencies"])
    other = hand.issues[hand.dice.choice(issue["dependencies"])]
    hand.change(other, dependencies=sorted({*other["dependencies"], issue["id"]}))


def parent_cycle(hand: Hand) -> None:
    issue = hand.one(parents_of)
    other = hand.issues[parents_of(issue)[0]]
    links = [link for link in other["links"] if link["type"] != "parent"]
    hand.change(other, links=[*links, {"target": issue["id"], "type": "parent"}])


def parents_of(issue: Fields) -> list[str]:
    return [link["target"] for link in issue["links"] if link["type"] == "parent"]


def waits_for_itself(hand: Hand) -> None:
    issue = hand.one()
    hand.change(issue, dependencies=sorted([*issue["dependencies"], issue["id"]]))


def redundant_edge(hand: Hand) -> None:
    """Besides what it waits for, an issue waits for what that waits for. All but the last of them are open."""

    def further(issue: Fields) -> Iterator[str]:
        for id in issue["dependencies"]:
            if hand.issues[id]["state"] in OPEN:
                yield from set(hand.issues[id]["dependencies"]) - set(issue["dependencies"])

    issue = hand.one(lambda issue: issue["state"] in OPEN and set(further(issue)))
    target = hand.dice.choice(sorted(further(issue)))
    hand.change(issue, dependencies=sorted([*issue["dependencies"], target]))


def waiting_but(state: str) -> Callable[[Hand], None]:
    """An issue in `state`, though what it waits for is not finished."""

    def wrong(hand: Hand) -> None:
        on = hand.one(lambda issue: issue["state"] in OPEN)
        others = (*OPEN, "gated") if state != "done" else ("done",)
        waits = _after(hand, on["id"])
        issue = hand.one(lambda issue: issue["id"] not in waits and issue["state"] in others)
        edges = sorted({*issue["dependencies"], on["id"]})
        hand.change(issue, state=state, dependencies=edges, closed_at=issue["closed_at"])

    return wrong


def _after(hand: Hand, id: str) -> set[str]:
    """The issue and all that it waits for: none of them may wait for it."""
    found, todo = set[str](), [id]
    while todo:
        here = todo.pop()
        if here not in found:
            found.add(here)
            todo += hand.issues[here]["dependencies"]
    return found


def done_but_gates_open(hand: Hand) -> None:
    issue = hand.one(lambda issue: issue["state"] == "done" and issue["gates"])
    key = hand.dice.choice(sorted(issue["gates"]))
    hand.change(issue, gates={**issue["gates"], key: {**issue["gates"][key], "status": "failed"}})


# --- rules ------------------------------------------------------------------------------------------------


def above_its_parent(hand: Hand) -> None:
    """A milestone becomes part of something smaller."""
    issue = hand.one(parents_of)
    kept = [label for label in issue["labels"] if not label.startswith("type:")]
    hand.change(issue, labels=sorted([*kept, "type:milestone"]))


def type_twice(hand: Hand) -> None:
    issue = hand.one()
    kept = [label for label in issue["labels"] if not label.startswith("type:")]
    hand.change(issue, labels=sorted([*kept, "type:bug", "type:chore"]))


def type_of_no_level(hand: Hand) -> None:
    issue = hand.one()
    kept = [label for label in issue["labels"] if not label.startswith("type:")]
    hand.change(issue, labels=sorted([*kept, "type:dream"]))


def unknown_rule(hand: Hand) -> None:
    hand.put("config.json", {**json.loads(blob(hand.common, "config.json")), "on_close": "rm -rf /"})


def unreadable_rules(hand: Hand) -> None:
    corrupt_json(hand.common, "config.json", hand.dice)


def newer_rules(hand: Hand) -> None:
    hand.put("config.json", {**json.loads(blob(hand.common, "config.json")), "schema": 99})
