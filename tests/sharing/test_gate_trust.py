"""However a gate arrived and whatever is done then: nothing of it runs before a person approved it on this machine.

A canary is a file that the gate would make. Each arrival goes through every way by which something could run it; at the
end a person approves, and then it runs: so the test could have failed.
"""

import io
import os
import shutil
from pathlib import Path

import pytest

from git_jit.cli.program import run
from git_jit.store.pinned import MAX_PIN
from git_jit.store.trusting import Approvals
from tests.gates import Clone, person, start
from tests.sharing.arrivals import ARRIVALS, Scene, changed_under_an_approved_name, fast_forward


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A host and two clones that know one issue."""
    path = tmp_path_factory.mktemp("base")
    alice = start(path / "alice", path / "alice-home", "alice")
    alice.git("init", "-q", "--bare", "../hub.git")
    alice.git("remote", "add", "origin", "../hub.git")
    alice.ok("create", "A")
    alice.git("push", "-q", "origin", "HEAD:refs/heads/main")
    alice.ok("sync")
    (path / "bob").mkdir()
    bob = Clone(path / "bob", path / "bob-home", "bob")
    bob.git("init", "-q", "-b", "main")
    person(bob)
    bob.git("remote", "add", "origin", "../hub.git")
    bob.git("pull", "-q", "origin", "main")
    bob.ok("sync")
    return path


def moved(clone: Clone) -> Clone:
    """What their own commands define counts, in the copy as in the first place."""
    clone.let_own_count()
    return clone


@pytest.fixture
def scene(base: Path, tmp_path: Path) -> Scene:
    """Copies of all that, in a place of its own."""
    shutil.copytree(base, tmp_path / "w", symlinks=True)
    alice = moved(Clone(tmp_path / "w/alice", tmp_path / "w/alice-home", "alice"))
    bob = moved(Clone(tmp_path / "w/bob", tmp_path / "w/bob-home", "bob"))
    return Scene(alice, bob, tmp_path / "canary", alice("query", "all", "--json").data[0]["id"])


# --- how it could run -------------------------------------------------------------------------------------

WAYS: tuple[tuple[str, ...], ...] = (
    ("gate", "run", "ID"),
    ("gate", "run", "ID", "evil"),
    ("gate", "run-all", "ID"),
    ("gate", "run-all", "ID", "--missing", "-j", "4"),
    ("gate", "run-all", "ID", "--json", "--fail-fast"),
    ("gate", "run", "ID", "--trust-file", "allowed"),
    ("gate", "trust", "evil"),
    ("gate", "trust", "evil", "--json"),
    ("gate", "trust", "--mine"),
    ("gate", "pass", "ID", "evil"),
    ("gate", "wait", "ID", "--timeout", "0"),
    ("gate", "history", "ID"),
    ("gate", "list"),
    ("gate", "show", "evil"),
    ("update", "ID", "-s", "in_progress"),
    ("close", "ID"),
    ("update", "ID", "-s", "done"),
    ("issue", "bulk-update", "--filter", "is:open", "--state", "done"),
    ("issue", "bulk-update", "--filter", "is:open", "--add-gate", "evil"),
    ("apply-trailers", "HEAD~1..HEAD"),
    ("hooks", "install"),
    ("hooks", "run", "pre-commit"),
    ("hooks", "run", "post-merge", "0"),
    ("hook", "run", "pre-push", "origin", "../hub.git"),
    ("validate", "--fix"),
    ("doctor", "--fix"),
    ("sync",),
    ("gate", "fail", "ID", "evil"),
    ("gate", "preset", "evil"),
    ("claim", "--next"),
    ("claim", "ID"),
    ("gate", "run", "ID"),
    ("claim", "release", "ID"),
)
VARIABLES = {"JIT_TRUST": "1", "JIT_GATE_TRUST": "all", "JIT_YES": "1", "CI": "true"}
"""What one might hope to help."""


def issue_of(clone: Clone) -> str:
    """The one that requires the gate."""
    found = clone("query", "all", "-f", "has:gate", "--json").data
    assert [one["title"] for one in found] in (["A"], ["I"])
    return str(found[0]["id"])


@pytest.mark.parametrize("arrival", ARRIVALS)
def test_nothing_runs_that_nobody_approved(scene: Scene, arrival: str) -> None:
    clone = ARRIVALS[arrival](scene)
    id = issue_of(clone)
    assert not scene.canary.exists()
    hash = clone("gate", "show", "evil", "--json").data["hash"]
    (clone.path / "allowed").write_text(f"{hash}\n")  # inside the repository, where a push could have put it
    clone.commit(f"Code\n\nCloses-Jit: {id[:12]}\n")
    clone.git("config", "jit.gate.autorun", "true")  # there is no such thing: nothing runs a gate by itself
    asked = f"{hash[:8]}\n".encode()
    statuses = {}
    tried = Clone(clone.path, clone.home, clone.name, {**clone.environ, **VARIABLES})
    for words in WAYS:
        result = tried(*(id if word == "ID" else word for word in words), stdin=asked)
        statuses[" ".join(words)] = result.status
        assert not scene.canary.exists(), words
    clone.commit(f"With hooks\n\nCloses-Jit: {id[:12]}\n")
    assert not scene.canary.exists()
    assert statuses["gate run ID"] == 8
    assert statuses["gate run ID --trust-file allowed"] == 129
    assert statuses["gate trust evil"] == 8
    assert list(Path(clone.path / ".git/jit/runs").glob("*.out")) == []
    # Somebody who may approves, and then it runs.
    trusted = Clone(clone.path, scene.canary.parent / "somebody", "bob", {"JIT_ACTOR": "human:bob"})
    assert trusted.approve("evil").status == 0
    ran = trusted("gate", "run", id)
    assert (ran.status, scene.canary.exists()) == (0, True), ran


def test_only_the_right_digits_at_a_terminal_approve(scene: Scene) -> None:
    bob = fast_forward(scene)
    hash = bob("gate", "show", "evil", "--json").data["hash"]
    for said, terminal in (
        (b"\n", True), (b"yes\n", True), (hash[:7].encode(), True), (hash[1:9].encode(), True), (hash[:8].encode(), False),
    ):  # fmt: skip
        assert bob("gate", "trust", "evil", stdin=said, terminal=terminal).status == 8
    assert bob("gate", "run", scene.issue).status == 8
    shown = bob.approve("evil")
    assert (shown.status, shown.out) == (0, f"evil\tapproved\t{hash}\n")
    assert f"touch {scene.canary}" in shown.err
    assert bob("gate", "run", scene.issue).status == 0


def test_what_changes_while_a_person_reads_is_not_approved(scene: Scene) -> None:
    bob, script = scene.bob, scene.bob.path / "check.sh"
    script.write_text("exit 0\n")
    bob.ok("gate", "trust", "--no-mine")
    bob.ok("gate", "define", "g", "--pin", "check.sh", "--", "sh", "check.sh")
    digits = bob("gate", "show", "g", "--json").data["hash"][:8].encode()

    class Reader(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            script.write_text(f"touch {scene.canary}\n")
            return super().readline(size)

    out, err = io.StringIO(), io.StringIO()
    app = bob.app(out, err, b"", terminal=True)
    app.stdin = Reader(digits)
    assert (run(("gate", "trust", "g"), app), out.getvalue()) == (8, "")
    assert bob.ok("gate", "trust", "--list") == ""


def test_what_changed_since_the_last_approval_is_shown(scene: Scene) -> None:
    bob = changed_under_an_approved_name(scene)
    shown = bob("gate", "trust", "evil", stdin=b"no\n", terminal=True).err
    assert '  - argv: ["true"]\n' in shown
    assert f'  + argv: ["touch", "{scene.canary}"]\n' in shown
    assert bob.ok("gate", "list").split("\t")[2] == "changed"


def test_what_can_change_without_asking_is_named(scene: Scene) -> None:
    """A word of the command may be any file; what is pinned is known by where it lies, not by how it is written."""
    bob = scene.bob
    (bob.path / "sub/bin").mkdir(parents=True)
    for name in ("check.sh", "other.sh", "absolute.sh", "sub/check.sh", "sub/bin/tool", "sub/bin/pinned-tool"):
        (bob.path / name).write_text("#!/bin/sh\n")
        (bob.path / name).chmod(0o755)
    (bob.path / "link.sh").symlink_to("other.sh")
    bob.environ["PATH"] = f"{bob.path}/sub/bin:{bob.environ['PATH']}"
    named = {
        ("sh", "check.sh"): [],  # pinned
        ("sh", "./check.sh", "sub/../check.sh", f"{bob.path}/check.sh"): [],
        ("sh", "link.sh", f"{bob.path}/absolute.sh"): ["link.sh", f"{bob.path}/absolute.sh"],
        ("tool", "not-there"): ["sub/bin/tool"],  # found by PATH
        ("pinned-tool",): [],
    }
    for argv, unpinned in named.items():
        assert _not_pinned(bob, "--pin", "check.sh", "--pin", "sub/bin/pinned-tool", "--", *argv) == unpinned
    assert _not_pinned(bob, "--pin", "check.sh", "--cwd", "sub", "--", "sh", "check.sh") == ["check.sh"]
    assert _not_pinned(bob, "--pin", "sub/check.sh", "--cwd", "sub", "--", "sh", "check.sh") == []


def _not_pinned(clone: Clone, *words: str) -> list[str]:
    """What the screen names when this is to be approved."""
    clone.ok("gate", "define", "asked", *words)
    shown = clone("gate", "trust", "asked", stdin=b"no\n", terminal=True).err
    clone.ok("gate", "remove", "asked")
    begin, end = "  NOT pinned: ", " can change without asking you"
    return [line.removeprefix(begin).removesuffix(end) for line in shown.splitlines() if line.startswith(begin)]


@pytest.mark.parametrize("kind", ["directory", "link out of the tree", "too large", "pipe"])
def test_what_cannot_be_pinned_is_not_taken_for_nothing(scene: Scene, kind: str) -> None:
    """It could change without anybody being asked, and somebody believes that it cannot."""
    bob, path = scene.bob, scene.bob.path / "pinned"
    match kind:
        case "directory":
            path.mkdir()
        case "link out of the tree":
            (scene.canary.parent / "script").write_text("")
            path.symlink_to(scene.canary.parent / "script")
        case "too large":
            path.touch()
            os.truncate(path, MAX_PIN + 1)  # a hole: nothing is written
        case _:
            os.mkfifo(path)
    defined = bob("gate", "define", "g", "--pin", "pinned", "--", "touch", str(scene.canary), terminal=True)
    assert defined.out.split("\t")[2] == "unusable"
    why = "'g' pins 'pinned', which is no file of the working tree, or one above 64 MiB: its content cannot be approved"
    assert f"note: {why}\n" in defined.err
    bob.ok("gate", "add", scene.issue, "g")
    assert bob("gate", "run", scene.issue, "g").status == 8
    refused = bob.approve("g")
    assert (refused.status, why.removeprefix("'g' ") in refused.err) == (4, True)
    hash = bob("gate", "show", "g", "--json").data["hash"]
    allowed = scene.canary.parent / "allowed"
    allowed.write_text(f"{hash}\n")
    assert bob("gate", "run", scene.issue, "g", "--trust-file", str(allowed)).status == 8
    assert not scene.canary.exists()


def test_a_pin_that_is_not_there_is_told_of_and_asked_about_when_it_comes(scene: Scene) -> None:
    bob = scene.bob
    defined = bob("gate", "define", "g", "--pin", "chekc.sh", "--", "true", terminal=True)
    assert (defined.out.split("\t")[2], defined.err) == ("approved", "note: 'g' pins 'chekc.sh', which is not there\n")
    bob.ok("gate", "add", scene.issue, "g")
    assert bob("gate", "run", scene.issue, "g").status == 0
    (bob.path / "chekc.sh").touch()
    assert bob("gate", "run", scene.issue, "g").status == 8


def test_an_approval_is_a_file_of_the_user_alone(scene: Scene) -> None:
    scene.bob.ok("gate", "define", "evil", "--", "true")
    layout = scene.bob.open().layout
    (approval,) = Approvals(layout, scene.bob.environ).all()
    own, file = sorted(f for f in (scene.bob.home / ".local/state/git-jit/trust").rglob("*") if f.is_file())[::-1]
    assert (own.name, own.stat().st_mode & 0o777) == ("own", 0o600)
    assert (file.name, file.stat().st_mode & 0o777) == (approval.hash, 0o600)
    assert (approval.key, approval.number, approval.by, approval.how) == ("evil", 1, "bob", "defined")
    assert approval.definition["argv"] == ["true"]


def test_continuous_integration_allows_by_a_file_outside_of_the_clone(scene: Scene) -> None:
    bob = fast_forward(scene)
    hash = bob("gate", "show", "evil", "--json").data["hash"]
    allowed = scene.canary.parent / "allowed"
    allowed.write_text(f"# by the owner of the runner\n{'0' * 64}\n")
    assert bob("gate", "run", scene.issue, "--trust-file", str(allowed)).status == 8
    (bob.path / "link").symlink_to(allowed)
    allowed.write_text(f"{hash}  # evil\n")
    assert bob("gate", "run", scene.issue, "--trust-file", str(allowed)).status == 0
    assert scene.canary.exists()
    assert bob("gate", "trust", "--list").out == ""  # and nothing of it stays
    allowed.write_text("evil\n")
    assert bob("gate", "run", scene.issue, "--trust-file", str(allowed)).status == 129


def test_a_person_at_a_terminal_lets_what_programs_define_for_them_count(scene: Scene) -> None:
    bob = scene.bob
    bob.ok("gate", "trust", "--no-mine")
    bob.ok("gate", "trust", "--no-mine")  # twice is once
    bob.ok("gate", "define", "typed", "--", "true", terminal=True)
    assert bob.ok("gate", "define", "one", "--", "true") == "one\tpostcheck\tnot approved\ttrue\n"
    repository = Approvals(bob.open().layout, bob.environ).repository
    assert repository is not None
    digits = repository[:8].encode()
    agent = Clone(bob.path, bob.home, "bob", {"JIT_ACTOR": "agent:bob"})
    for clone, said, terminal in ((bob, digits, False), (bob, b"yes", True), (agent, digits, True)):
        refused = clone("gate", "trust", "--mine", stdin=said, terminal=terminal)
        assert (refused.status, refused.out) == (8, "")
    assert bob("gate", "trust", "--mine", "--json", stdin=digits, terminal=True).status == 8
    assert bob("gate", "trust", "one", "--mine", stdin=digits, terminal=True).status == 129
    granted = bob("gate", "trust", "--mine", stdin=digits + b"\n", terminal=True)
    assert (granted.status, granted.out) == (0, "own definitions are approved here\n")
    assert repository in granted.err
    assert bob.ok("gate", "define", "two", "--", "true") == "two\tpostcheck\tapproved\ttrue\n"
    assert [line.split("\t")[2] for line in bob.ok("gate", "list").splitlines()] == [
        "not approved", "approved", "approved",  # one, two, typed
    ]  # fmt: skip
    listed = bob("gate", "trust", "--list")
    assert "is approved without a terminal" in listed.err
    assert [line.split("\t")[0] for line in listed.out.splitlines()] == ["two", "typed"]
    (own,) = (bob.home / ".local/state/git-jit/trust").rglob("own")
    own.chmod(0o644)  # others could have written it
    assert "not approved" in bob.ok("gate", "define", "three", "--", "true")
