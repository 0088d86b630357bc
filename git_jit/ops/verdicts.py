"""What a run of a gate came to: the record that is kept of it, and whether a verdict counts in this clone."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from git_jit import canonical
from git_jit.canonical import Malformed
from git_jit.model import Actor, Gate, GateKey, GateStatus, GateVerdict, Issue, IssueId, Json, Oid, Timestamp
from git_jit.reader import Reader
from git_jit.record import items, record
from git_jit.scrub import credentials
from git_jit.store import Store
from git_jit.trust import stale_because

if TYPE_CHECKING:
    from git_jit.store.runs import Stored

EXCERPT: Final = 4096
"""Bytes of output in a record (reliability.md K5)."""
_BREAK: Final = rb"[\r\t ]"
_PEM_END: Final = r"-----END [A-Z0-9 ]{0,40}-----"
_VERDICTS: Final = {verdict.value: verdict for verdict in GateVerdict}

Earned = Callable[[IssueId, GateKey, GateStatus], bool]


@record(kw_only=True)
class GateRun:
    """One run of one gate, or one attestation."""

    run: str
    issue: IssueId
    gate: GateKey
    verdict: GateVerdict
    by: Actor
    at: Timestamp
    """When it began."""
    tree: Oid | None
    definition: str
    stage: str
    ms: int = 0
    argv: tuple[str, ...] = ()
    """Empty: somebody's word."""
    exit: int | None = None
    """Exit status, negative the signal; None if it never ran."""
    cause: str | None = None
    changed: bool = False
    """The code changed while it ran."""
    leaked: int = 0
    """Processes that outlived the command and were ended."""
    written: int = 0
    left_out: int = 0
    """Bytes of output, and those of them that were not kept anywhere."""
    excerpt: str = ""
    """The end of the output, without what looks like a secret."""
    reason: str | None = None
    clone: str = ""
    """Where it ran."""
    token: str | None = None
    """The claim under which it ran."""
    isolated: bool = False
    """It ran in a box of its own."""

    def to_json(self) -> dict[str, Json]:
        """The stored document."""
        return {"schema": 1, **{name: _json(value) for name, value in items(self)}}

    def stored(self) -> "Stored":
        from git_jit.store.runs import Stored

        return Stored(self.issue, self.gate, self.run, canonical.dumps(self.to_json()))

    def status(self) -> GateStatus:
        """The verdict on the issue that this run stands behind."""
        return GateStatus(
            status=self.verdict, run=self.run, tree=self.tree, at=self.at, by=self.by, definition=self.definition
        )


def _json(value: object) -> Json:
    return list(value) if isinstance(value, tuple) else value  # type: ignore[return-value]


def parse(data: bytes) -> GateRun | None:
    """A stored record; None if it is none."""
    try:
        read = Reader(canonical.loads(data))
        tree = read.optional("tree")
        return GateRun(
            run=read.text("run"),
            issue=read.id("issue"),
            gate=GateKey(read.text("gate")),
            verdict=read.member(_VERDICTS, "verdict", GateVerdict.PENDING),
            by=Actor(read.text("by")),
            at=read.timestamp("at"),
            tree=None if tree is None else Oid(tree),
            definition=read.text("definition"),
            stage=read.text("stage"),
            ms=read.integer("ms", 0),
            argv=tuple(read.strings("argv")),
            exit=read.optional_integer("exit"),
            cause=read.optional("cause"),
            changed=read.flag("changed"),
            leaked=read.integer("leaked", 0),
            written=read.integer("written", 0),
            left_out=read.integer("left_out", 0),
            excerpt=read.optional("excerpt") or "",
            reason=read.optional("reason"),
            clone=read.optional("clone") or "",
            token=read.optional("token"),
            isolated=read.flag("isolated"),
        )
    except Malformed:
        return None


def recorded(environ: Mapping[str, str]) -> Callable[[str], str]:
    """What takes out of an output whatever a record must not hold: secrets, and who ran it where."""
    from git_jit.scrub import scrub

    return partial(scrub, home=environ.get("HOME", ""), user=environ.get("USER", ""))


def excerpt(last: bytes, written: int, clean: Callable[[str], str] = credentials) -> str:
    """The end of an output as text, no more than `EXCERPT` bytes, without what `clean` takes out: by itself what is a
    credential beyond doubt, for whoever ran it; see `recorded`.

    What was cut off in front may have been the part by which a secret is known, so a word, or a private key, that
    begins before the excerpt is left out of it.
    """
    if written > len(last):
        cut = last.find(b"\n") if b"\n" in last else _first_break(last)
        last = last[cut + 1 :] if cut >= 0 else b""
    text = last.decode("utf-8", "replace").replace("\0", "\ufffd")
    if (end := re.search(_PEM_END, text)) and "-----BEGIN" not in text[: end.start()]:
        text = text[end.end() :]
    return clean(text).encode()[-EXCERPT:].decode("utf-8", "ignore")


def _first_break(data: bytes) -> int:
    found = re.search(_BREAK, data)
    return found.start() if found else -1


def earned(store: Store) -> Earned:
    """Whether a verdict of a command was earned in this clone, or the clone takes the word of others
    (`jit.gate.acceptRemote`).

    The record of the run must say the same as the verdict: a run of ours that a commit from elsewhere names for a tree
    on which it never was does not count.
    """

    def check(issue: IssueId, key: GateKey, status: GateStatus) -> bool:
        runs = store.runs()
        if runs is None or runs.accepts_remote:
            return True
        data = runs.get(issue, key, status.run) if status.run else None
        found = parse(data) if data else None
        return found is not None and found.clone == runs.clone and found.status() == status

    return check


def stale(
    store: Store, issue: Issue, gates: Mapping[GateKey, Gate], tree: Oid | None
) -> dict[GateKey, tuple[str, ...]]:
    """What changed since each verdict was earned; `clone` where it was earned elsewhere and does not count here."""
    counts = earned(store)
    found = {}
    for key, status in issue.gates.items():
        gate = gates.get(key)
        why = stale_because(status, gate, tree)
        if status.status is GateVerdict.PASSED and not why and gate and gate.argv and not counts(issue.id, key, status):
            why = ("clone",)
        if why:
            found[key] = why
    return found
