"""What must be true after a command that something was done to: the one judge of all sweeps."""

import json
from collections.abc import Collection
from typing import Final

from git_jit.cli.program import BUG
from git_jit.errors import JitError
from git_jit.model import IssueId, Oid, State
from git_jit.paths import CLAIMS
from git_jit.store.backend import Backend, Kind, Object, ObjectReader
from git_jit.store.commits import parse
from git_jit.store.repository import Repository
from git_jit.store.tree import parse as parse_tree
from tests.faults.kit.commands import Command, Done, Place

UNKNOWN: Final = 10
DOCUMENTED: Final = frozenset({0, 1, 3, 4, 5, 6, 7, 9, UNKNOWN, 128, 129, 130, 141})
"""docs/errors.md, without 70: that one is a bug."""
VERDICTS: Final = frozenset({1, 4})
"""With these a command may also answer with data: `doctor` and `validate` have found something."""


def holes(reader: ObjectReader, tip: Oid) -> list[str]:
    """What cannot be read of the commit, its tree and its first parent: names of objects."""
    (commit,) = reader.read_many([tip])
    if not isinstance(commit, Object) or commit.kind is not Kind.COMMIT:
        return [tip]
    parsed = parse(commit)
    parents = reader.read_many(parsed.parents[:1])
    return [oid for oid in parents if not isinstance(oid, Object)] + _holes_of_tree(reader, parsed.tree)


def _holes_of_tree(reader: ObjectReader, root: Oid) -> list[str]:
    found: list[str] = []
    wanted = [root]
    while wanted:
        below: list[Oid] = []
        for asked, got in zip(wanted, reader.read_many(wanted), strict=True):
            if not isinstance(got, Object):
                found.append(asked)
            elif got.kind is Kind.TREE:
                below += [entry.oid for entry in parse_tree(got.data, len(asked) // 2)]
        wanted = below
    return found


def said(done: Done) -> str | None:
    """What is wrong with how a command spoke of its failure, or None."""
    if "Traceback" in done.err or done.status == BUG:
        return f"a bug: status {done.status}: {done.err.strip()[-600:]} {done.out[-600:]}"
    if done.status not in DOCUMENTED:
        return f"status {done.status} is not documented: {done.err.strip()[-300:]}"
    if done.status and done.out.startswith("{"):
        answer = json.loads(done.out)
        error = answer.get("error")
        verdict = done.status in VERDICTS and "data" in answer
        if not verdict and not (error and error["code"] and error["message"]):
            return f"no typed error: {done.out[:200]}"
    return None


def word_of(done: Done) -> str:
    """The outcome in one word: done, unknown, the code of an error, or a verdict (`doctor` has found something)."""
    if done.status in {0, UNKNOWN}:
        return "unknown" if done.status else "done"
    return str(json.loads(done.out).get("error", {"code": f"verdict {done.status}"})["code"])


def outcome(
    place: Place, command: Command, before: str | None, done: Done, *, damaged: Collection[str] = ()
) -> str | None:
    """What is wrong with what a command did, compared with what it said; None if nothing is.

    Done means published, refused means not published, and "unknown" alone may mean either. `damaged`: objects that
    could not be read before, and need not be now.
    """
    return said(done) or _against_the_reference(place, command, before, done, damaged)


def _against_the_reference(
    place: Place, command: Command, before: str | None, done: Done, damaged: Collection[str]
) -> str | None:
    try:
        store = place.open()
        tip = store.backend.ref(store.ref)
        if command.claims is None:
            wrong = _moved_wrongly(command, before, tip, done)
        else:
            wrong = _decided_wrongly(place, store, command, before, done) or _unreadable(store)
        if wrong is None and tip is not None:
            wrong = _broken(store.backend, before, tip, damaged)
        store.close()
    except JitError as error:
        return f"the repository cannot be read: {error.code}: {error.message}"
    return wrong


def _moved_wrongly(command: Command, before: str | None, tip: str | None, done: Done) -> str | None:
    moved = tip != before
    if done.status == 0 and moved != command.moves:
        return "it said done, and the reference did not move" if command.moves else "the reference moved"
    if done.status not in {0, UNKNOWN} and moved and not (done.status in VERDICTS and _names(done, tip)):
        return f"it said no ({done.status}), but it is published: {done.out[:300]}{done.err[:300]}"
    return "the reference is gone" if before and not tip else None


def _decided_wrongly(place: Place, store: Repository, command: Command, before: str | None, done: Done) -> str | None:
    """The claims decide whether a command about them is done; the issues follow, or a note says that they did not."""
    claims, tip = place.tip(CLAIMS), place.tip()
    moved = claims != place.claimed
    place.claimed = claims
    if done.status == 0 and moved != command.claims:
        return "it said done, and the claims did not move" if command.claims else "the claims moved"
    if done.status not in {0, UNKNOWN} and (moved or tip != before):
        return f"it said no ({done.status}), but it is published: {done.out[:300]}{done.err[:300]}"
    if done.status == 0 and command.moves and tip == before and not (_notes(done) or _says_so_already(store, done)):
        return "the issue does not say so, and nobody was told"
    return "the reference is gone" if before and not tip else None


def _notes(done: Done) -> bool:
    return bool(json.loads(done.out).get("warnings")) if done.out.startswith("{") else True


def _says_so_already(store: Repository, done: Done) -> bool:
    """Whether the issue stood as claimed before: whoever takes back a claim that ran out has it marked as theirs."""
    claimed = json.loads(done.out)["data"]
    with store.view() as view:
        issue = view.issue(IssueId(claimed["id"])) if "assignee" in claimed else None
        return issue is not None and (issue.state, issue.assignee) == (State.IN_PROGRESS, claimed["assignee"])


def _unreadable(store: Repository) -> str | None:
    """Whether every lease can be read."""
    claims = store.claims()
    tip = claims.tip()
    paths = [] if tip is None else [path for path in claims.chain.read_all(tip, None) if path.startswith("claims/")]
    return None if tip is None or len(claims.every(tip)) == len(paths) else "a lease cannot be read"


def _names(done: Done, tip: str | None) -> bool:
    """Whether the answer says what was published: `validate --fix` mends what it can and judges what is left."""
    answer = json.loads(done.out) if done.out.startswith("{") else {}
    return tip is not None and answer.get("data", {}).get("commit") == tip


def _broken(reader: Backend, before: str | None, tip: Oid, damaged: Collection[str]) -> str | None:
    lost = [oid for oid in holes(reader, tip) if oid not in damaged]
    if tip in damaged:
        return None if tip == before else "it went back to a commit that cannot be read"
    if lost:
        return f"objects of the tip are missing or damaged: {lost[:3]}"
    if before not in {None, tip, *parse(reader.read(tip)).parents}:
        return "what was acknowledged before is no parent of the tip"
    return None


def goes_on(place: Place, command: Command) -> str | None:
    """Whether the next write works and keeps everything; what is wrong, or None."""
    before = place.tip()
    words = command.words if before is None else ("create", "Afterwards")
    done = place.run(*words, "--json", stdin=command.stdin)
    if done.status:
        return f"the next write fails: {done.out[:400]}{done.err[:400]}"
    wrong = outcome(place, Command(words), before, done)
    return wrong if command.claims is None or wrong else _same_again(place, command)


def _same_again(place: Place, command: Command) -> str | None:
    """Whether whoever asks again for a claim, or to be rid of it, gets that; and then issue and lease agree."""
    done = place.run(*command.words, "--json")
    if word_of(done) == "claim_held" and place.moved:
        return said(done)  # at another place it is another clone, which has to wait
    if word_of(done) not in {"done", "not_claimed", "claim_lost"}:
        return f"the same command again fails: {done.out[:400]}{done.err[:400]}"
    if "renew" in command.words:
        return said(done)
    held = {one["id"] for one in json.loads(place.works("claim", "list", "--json"))["data"]}
    shown = json.loads(place.works("list", "--json"))["data"]
    busy = {issue["id"] for issue in shown if issue["state"] == "in_progress"}
    return said(done) or (f"held are {held}, and at work {busy}" if held != busy else None)
