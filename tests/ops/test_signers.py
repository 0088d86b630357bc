"""Who signed a claim, beside who is said to have it: on real commits, signed by a real key."""

import shutil
import subprocess
from pathlib import Path

import pytest

from git_jit.model import Actor
from git_jit.ops import claims as ops
from git_jit.ops import holding
from git_jit.ops.choosing import Asked
from git_jit.ops.validation import validate
from git_jit.record import replace
from git_jit.store.repository import Repository
from tests.faults.claims import caller, repository, tracker


@pytest.fixture
def store(tmp_path: Path) -> Repository:
    tracker(tmp_path / "one", 2)
    return repository(tmp_path / "one")


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen to sign with")
def test_who_signed_a_claim_is_told_apart_from_who_is_said_to_have_it(store: Repository, tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    public = " ".join(key.with_suffix(".pub").read_text().split()[:2])
    (tmp_path / "allowed").write_text(f"ada@example.org {public}\n")
    git = ["git", "-C", store.layout.common_dir]
    for name, value in (
        ("gpg.format", "ssh"), ("user.signingkey", str(key)), ("gpg.ssh.allowedSignersFile", str(tmp_path / "allowed")),
    ):  # fmt: skip
        subprocess.run([*git, "config", name, value], check=True)
    for actor, other in (("human:ada", False), ("human:bob", True), ("agent:x", False)):
        with store.view() as view:
            id = view.ids()[0]
        ops.claim(store, replace(caller("x"), actor=Actor(actor)), Asked(id=id))
        assert [one.signer for one in holding.listed(store, caller("y"))] == [None], "nobody signed it"
        claims = store.claims()
        tip = str(claims.tip())
        said = subprocess.run([*git, "log", "-1", "--format=%B", tip], check=True, capture_output=True).stdout
        words = ["commit-tree", "-S", f"{tip}^{{tree}}", "-p", tip]
        signed = subprocess.run([*git, *words], input=said, check=True, capture_output=True).stdout.decode().strip()
        subprocess.run([*git, "update-ref", "refs/jit/claims", signed], check=True)
        assert [one.signer for one in holding.listed(store, caller("y"))] == ["ada@example.org"]
        found = [each.message for each in validate(store, only=("claim_signer",)).findings]
        assert found == ([f"is held by '{actor}', and was signed by 'ada@example.org'"] if other else [])
        holding.evict_all(store, replace(caller("x"), actor=Actor("human:eve")), [id], reason="next")
    store.close()
