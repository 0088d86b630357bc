"""Which definitions are the same, which approval counts, and what makes a verdict old."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit import canonical
from git_jit.model import Gate, GateInput, GateKey, GateMode, GateStage, GateStatus, GateVerdict, Oid, Timestamp
from git_jit.record import replace
from git_jit.trust import (
    Approval,
    approval_hash,
    definition,
    definition_hash,
    is_approved,
    last_of,
    objections,
    stale_because,
)

GATE = Gate(
    key=GateKey("tests"),
    title="Tests",
    mode=GateMode.AUTO,
    argv=("pytest", "-q"),
    env_allow=("B", "A"),
    pins=("b", "a"),
)
TREE, OTHER = Oid("7" * 40), Oid("8" * 40)
AT = Timestamp("2026-11-21T09:00:00.000000Z")


def test_a_definition_is_everything_that_decides_what_happens() -> None:
    assert definition(replace(GATE, extra={"later": 1})) == {
        "argv": ["pytest", "-q"],
        "cwd": None,
        "description": "",
        "env_allow": ["A", "B"],
        "key": "tests",
        "later": 1,
        "mode": "auto",
        "pins": ["a", "b"],
        "schema": 1,
        "stage": "postcheck",
        "timeout_s": 300,
    }


def test_the_hashes_are_as_the_design_says() -> None:
    data = canonical.dumps(definition(GATE))
    assert definition_hash(GATE) == hashlib.sha256(data).hexdigest()
    pins = hashlib.sha256(b"A").digest() + b"missing"
    assert approval_hash(GATE, {"a": b"A", "b": None}) == hashlib.sha256(data + pins).hexdigest()


CHANGES = {
    "key": GateKey("other"),
    "description": "Look twice.",
    "stage": GateStage.PRECHECK,
    "mode": GateMode.MANUAL,
    "argv": ("pytest", "-q", ""),
    "timeout_s": 301,
    "cwd": "src",
    "env_allow": ("A",),
    "pins": ("a",),
    "stdin": GateInput.ISSUE,
    "memory_mb": 1,
    "processes": 1,
    "expect_output": "",
    "extra": {"x": True},
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_but_that_of_the_title_is_another_definition(name: str) -> None:
    assert definition_hash(replace(GATE, **{name: CHANGES[name]})) != definition_hash(GATE)
    assert definition_hash(replace(GATE, title="Other")) == definition_hash(GATE)
    assert set(CHANGES) | {"title"} == set(Gate.__match_args__)


@given(st.lists(st.text("ab-", max_size=3), max_size=4), st.lists(st.text("ab-", max_size=3), max_size=4))
def test_different_words_never_share_a_hash(one: list[str], other: list[str]) -> None:
    """`["a b"]` is not `["a", "b"]`, whatever is joined where."""
    hashes = [approval_hash(replace(GATE, argv=tuple(words)), {}) for words in (one, other)]
    assert (hashes[0] == hashes[1]) is (one == other)


@given(st.binary(max_size=4), st.binary(max_size=4))
def test_the_content_of_a_pinned_file_is_approved_with_it(one: bytes, other: bytes) -> None:
    hashes = {approval_hash(GATE, {"a": data, "b": b""}) for data in (one, other)}
    assert len(hashes) == len({one, other})
    assert approval_hash(GATE, {"a": None, "b": b""}) not in hashes


def approval(number: int, hash: str, key: str = "tests") -> Approval:
    return Approval(key=GateKey(key), hash=hash, number=number, by="ada", at=AT, how="typed")


def test_the_last_approval_of_a_name_counts_alone() -> None:
    given_ = [approval(2, "b"), approval(1, "a"), approval(3, "c", "lint")]
    assert last_of(given_, GateKey("tests")) == given_[0]
    assert last_of(given_, GateKey("none")) is None
    approved = [(key, hash) for key in ("tests", "lint") for hash in "abc" if is_approved(given_, GateKey(key), hash)]
    assert approved == [("tests", "b"), ("lint", "c")]
    assert is_approved([*given_, approval(4, "a")], GateKey("tests"), "a")  # somebody looked again


PASSED = GateStatus(status=GateVerdict.PASSED, tree=TREE, definition=definition_hash(GATE))


@pytest.mark.parametrize(
    ("status", "gate", "tree", "why"),
    [
        (PASSED, GATE, TREE, ()),
        (PASSED, GATE, OTHER, ("code",)),
        (PASSED, GATE, None, ()),
        (PASSED, replace(GATE, argv=("true",)), TREE, ("definition",)),
        (PASSED, replace(GATE, argv=("true",)), OTHER, ("code", "definition")),
        (PASSED, replace(GATE, title="Other"), TREE, ()),
        (PASSED, None, TREE, ()),
        (replace(PASSED, definition=None), GATE, TREE, ()),
        (replace(PASSED, tree=None), GATE, TREE, ("code",)),
        (replace(PASSED, status=GateVerdict.FAILED), GATE, OTHER, ("code",)),
        (GateStatus(), GATE, TREE, ()),
    ],
)
def test_what_makes_a_verdict_old(
    status: GateStatus, gate: Gate | None, tree: Oid | None, why: tuple[str, ...]
) -> None:
    assert stale_because(status, gate, tree) == why


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        (GATE, ()),
        (replace(GATE, argv=()), ("names no command",)),
        (replace(GATE, argv=("", "x")), ("names no command",)),
        (replace(GATE, argv=("a\0b",)), ("has a NUL character in its command",)),
        (replace(GATE, cwd="/tmp"), ("works in '/tmp', which is not below the working tree",)),
        (replace(GATE, cwd="a/../.."), ("works in 'a/../..', which is not below the working tree",)),
        (replace(GATE, pins=(".GIT/config",)), ("pins '.GIT/config', which is not below the working tree",)),
        (replace(GATE, env_allow=("GIT_DIR",)), ("asks for 'GIT_DIR', which no gate gets",)),
        (replace(GATE, timeout_s=0), ("has a time limit that is not between 1 and 86400 seconds",)),
    ],
)
def test_what_cannot_be_run_anywhere(gate: Gate, said: tuple[str, ...]) -> None:
    assert objections(gate) == said
