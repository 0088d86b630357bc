"""Ways in which a gate can arrive that this user's own word, typed here, does not stand for."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.gates import Clone


class Scene(NamedTuple):
    """Alice, who sends; Bob, who receives; what must not appear; the issue that requires the gate 'evil'."""

    alice: Clone
    bob: Clone
    canary: Path
    issue: str

    @property
    def command(self) -> list[str]:
        return ["touch", str(self.canary)]

    def send(self) -> None:
        """Alice defines the gate, lets the issue require it, and publishes both."""
        self.alice.ok("gate", "define", "evil", "--", *self.command)
        self.alice.ok("gate", "add", self.issue, "evil")
        self.alice.ok("sync")


def fast_forward(scene: Scene) -> Clone:
    scene.send()
    scene.bob.ok("pull")
    return scene.bob


def fetched_and_taken_up(scene: Scene) -> Clone:
    """`git fetch` alone: the next command brings it in by itself."""
    scene.send()
    scene.bob.git("fetch", "-q", "origin")
    return scene.bob


def merged(scene: Scene) -> Clone:
    scene.send()
    scene.bob.ok("create", "B")
    scene.bob.ok("sync")
    return scene.bob


def forged(scene: Scene) -> Clone:
    """Its author says that he is Bob."""
    scene.alice.environ |= {"JIT_ACTOR": "human:bob", "GIT_AUTHOR_NAME": "bob", "GIT_AUTHOR_EMAIL": "bob@example.org"}
    return fast_forward(scene)


def imported(scene: Scene) -> Clone:
    jit = scene.canary.parent / "import/.jit"
    (jit / "issues").mkdir(parents=True)
    id = "11111111-2222-4333-8444-555555555555"
    (jit / "index.json").write_text(json.dumps({"schema_version": 2, "all_ids": [id], "deleted_ids": []}))
    gate = {
        "version": 1, "key": "evil", "title": "E", "description": "", "stage": "postcheck", "mode": "auto",
        "checker": {"type": "exec", "command": f"touch {scene.canary}", "timeout_seconds": 9, "env": {}},
    }  # fmt: skip
    (jit / "gates.json").write_text(json.dumps({"gates": {"evil": gate}}))
    issue: dict[str, object] = {
        "id": id, "title": "I", "description": "", "state": "ready", "priority": "normal", "assignee": None,
        "dependencies": [], "gates_required": ["evil"], "gates_status": {}, "context": {}, "documents": [],
        "labels": [], "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    (jit / "issues" / f"{id}.json").write_text(json.dumps(issue))
    scene.bob.ok("import", "--from", "jit", str(jit))
    return scene.bob


def from_a_snapshot(scene: Scene) -> Clone:
    scene.send()
    snapshot = str(scene.canary.parent / "all.tar.gz")
    scene.alice.ok("snapshot", "export", "-o", snapshot)
    scene.bob.git("update-ref", "-d", "refs/remotes/origin/jit/issues")
    scene.bob.ok("snapshot", "import", snapshot, "--prefer", "source")
    return scene.bob


def recovered_from_a_bundle(scene: Scene) -> Clone:
    scene.send()
    bundle = str(scene.canary.parent / "all.bundle")
    scene.alice.ok("bundle", bundle)
    scene.bob.git("update-ref", "-d", "refs/jit/issues")
    scene.bob.ok("recover", "--from-bundle", bundle, "--apply")
    scene.bob.ok("pull")
    return scene.bob


def brought_back_by_undo(scene: Scene) -> Clone:
    """Received, removed, and brought back by this user's own commands."""
    scene.send()
    scene.bob.ok("pull")
    scene.bob.ok("gate", "rm", scene.issue, "evil")
    scene.bob.ok("gate", "remove", "evil")
    scene.bob.ok("undo")
    scene.bob.ok("undo")
    return scene.bob


def restored(scene: Scene) -> Clone:
    """The issue deleted and restored, while the definition lies there."""
    scene.send()
    scene.bob.ok("pull")
    scene.bob.ok("issue", "delete", scene.issue)
    scene.bob.ok("issue", "restore", scene.issue)
    return scene.bob


def rolled_back(scene: Scene) -> Clone:
    """An older version that was approved once: what replaced it was approved later."""
    scene.bob.ok("gate", "define", "evil", "--", *scene.command)
    scene.bob.ok("gate", "add", scene.issue, "evil")
    scene.bob.ok("gate", "update", "evil", "--", "true")
    scene.bob.ok("undo")
    return scene.bob


def planted(scene: Scene) -> Clone:
    """The reference moved by hand."""
    scene.bob.ok("gate", "define", "evil")
    scene.bob.ok("gate", "add", scene.issue, "evil")
    document = {"schema": 1, "key": "evil", "title": "E", "mode": "auto", "argv": scene.command}
    scene.bob.plant("gates/evil.json", json.dumps(document).encode())
    return scene.bob


def changed_under_an_approved_name(scene: Scene) -> Clone:
    scene.bob.ok("gate", "define", "evil", "--", "true")
    scene.bob.ok("gate", "add", scene.issue, "evil")
    scene.bob.ok("sync")
    scene.alice.ok("pull")
    scene.alice.ok("gate", "update", "evil", "--", *scene.command)
    scene.alice.ok("sync")
    scene.bob.ok("pull")
    return scene.bob


def pinned_file_changed(scene: Scene) -> Clone:
    """The definition is Bob's own; the script that it pins came with the code."""
    scene.bob.commit(**{"check.sh": "true\n"})
    scene.bob.ok("gate", "define", "evil", "--pin", "check.sh", "--", "sh", "check.sh")
    scene.bob.ok("gate", "add", scene.issue, "evil")
    scene.bob.commit(**{"check.sh": f"touch {scene.canary}\n"})
    return scene.bob


def copied(scene: Scene) -> Clone:
    """Approved in one place, and the repository copied to another."""
    scene.bob.ok("gate", "define", "evil", "--", *scene.command)
    scene.bob.ok("gate", "add", scene.issue, "evil")
    shutil.copytree(scene.bob.path, scene.canary.parent / "w/copy", symlinks=True)
    return Clone(scene.canary.parent / "w/copy", scene.bob.home, "bob")


def approved_inside_the_repository(scene: Scene) -> Clone:
    """A state directory with an approval that came with the code."""
    scene.bob.ok("gate", "define", "evil", "--", *scene.command)
    scene.bob.ok("gate", "add", scene.issue, "evil")
    shutil.copytree(scene.bob.home / ".local/state", scene.bob.path / "state")
    shutil.rmtree(scene.bob.home / ".local")
    return Clone(scene.bob.path, scene.bob.home, "bob", {"XDG_STATE_HOME": str(scene.bob.path / "state")})


def approved_by_others(scene: Scene) -> Clone:
    """A file of approval that somebody else could have written."""
    scene.bob.ok("gate", "define", "evil", "--", *scene.command)
    scene.bob.ok("gate", "add", scene.issue, "evil")
    for file in (scene.bob.home / ".local/state/git-jit/trust").rglob("*"):
        if file.is_file():
            file.chmod(0o666)
    return scene.bob


def from_a_file_of_presets(scene: Scene) -> Clone:
    gates = [{"key": "evil", "argv": scene.command, "mode": "auto"}]
    (scene.bob.path / "gates.json").write_text(json.dumps({"gates": gates}))
    scene.bob.ok("gate", "preset", "--file", "gates.json")
    scene.bob.ok("gate", "add", scene.issue, "evil")
    return scene.bob


def taken_from_a_snapshot(scene: Scene) -> Clone:
    scene.send()
    snapshot = str(scene.canary.parent / "snapshot")
    scene.alice.ok("snapshot", "export", "-o", snapshot)
    scene.bob.ok("snapshot", "import", snapshot, "--prefer", "source")
    return scene.bob


def defined_by_an_agent(scene: Scene) -> Clone:
    """Here, by this user's own command, which says for whom it acts: also where own definitions count."""
    agent = Clone(scene.bob.path, scene.bob.home, "bob", {"JIT_ACTOR": "agent:worker-1"})
    agent.ok("gate", "define", "evil", "--", *scene.command)
    agent.ok("gate", "add", scene.issue, "evil")
    return agent


def defined_by_an_agent_at_a_terminal(scene: Scene) -> Clone:
    agent = Clone(scene.bob.path, scene.bob.home, "bob", {"JIT_ACTOR": "agent:worker-1"})
    agent.ok("gate", "define", "evil", "--", *scene.command, terminal=True)
    agent.ok("gate", "add", scene.issue, "evil")
    return agent


def defined_by_a_program(scene: Scene) -> Clone:
    """Nobody typed it, and nobody said that this need not be."""
    scene.bob.ok("gate", "trust", "--no-mine")
    scene.bob.ok("gate", "define", "evil", "--", *scene.command)
    scene.bob.ok("gate", "add", scene.issue, "evil")
    return scene.bob


def updated_by_a_program(scene: Scene) -> Clone:
    scene.bob.ok("gate", "define", "evil", "--", "true", terminal=True)
    scene.bob.ok("gate", "add", scene.issue, "evil")
    scene.bob.ok("gate", "trust", "--no-mine")
    scene.bob.ok("gate", "update", "evil", "--", *scene.command)
    return scene.bob


def retitled_after_it_arrived(scene: Scene) -> Clone:
    """A change of something harmless by this user approves nothing of the rest."""
    fast_forward(scene)
    scene.bob.ok("gate", "update", "evil", "--title", "Harmless", "--timeout", "60")
    return scene.bob


ARRIVALS: Mapping[str, Callable[[Scene], Clone]] = {
    function.__name__: function
    for function in (
        fast_forward, fetched_and_taken_up, merged, forged, imported, from_a_snapshot, recovered_from_a_bundle, brought_back_by_undo,
        restored, rolled_back, planted, changed_under_an_approved_name, pinned_file_changed, copied,
        approved_inside_the_repository, approved_by_others, from_a_file_of_presets, retitled_after_it_arrived,
        taken_from_a_snapshot, defined_by_an_agent, defined_by_an_agent_at_a_terminal, defined_by_a_program, updated_by_a_program,
    )
}  # fmt: skip
