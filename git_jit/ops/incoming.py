"""Judging issues that somebody else wrote, before they count: a push that is being received, a staged tree.

What was wrong before is not the newcomer's fault: only errors that `new` has and `old` has not are objections. Files of
the code are not asked for (where issues are received there may be no code), so nothing here starts a process. What was
found out about a commit is kept in a note of its own, so that the next look reads what changed and nothing else.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from git_jit.clock import DAY_MS, Clock
from git_jit.errors import JitError
from git_jit.model import ID_LENGTH, Oid, short
from git_jit.ops.examining import NOTE, Memory, recall, remember, version_of_rules
from git_jit.ops.objection import Objection
from git_jit.store import Store
from git_jit.store.commits import OWN
from git_jit.validate import Finding, Severity
from git_jit.validate.repair import check
from git_jit.view import View

JUDGED: Final = "judged"
"""The note. That of `validate` knows more (files of the code), so neither replaces the other."""
ALWAYS: Final = frozenset({"not_canonical"})
"""Warnings that are reason enough: whoever writes by other means than git jit can still spell as it does."""
OF_THE_CODE: Final = frozenset({"document_missing"})
"""Findings that depend on the code; what a commit does to documents is looked at when it is made."""
MAX_MESSAGE: Final = 64 * 1024
"""Bytes of a commit's message; our own are below 30 KiB (`commits.MAX_VALUE` for each of seven trailers)."""
_CONTROLS: Final = bytes({*range(32), 127} - set(b"\t\n\r"))


def standing_errors(store: Store, at: Oid) -> tuple[Objection, ...]:
    """What is wrong with the issues as of `at`, errors alone; from the notes when they know it."""
    known = (recall(store, name) for name in (JUDGED, NOTE))
    memory = next((each for each in known if each is not None and each.commit == at and not each.moment), None)
    if memory is None:
        memory = survey_tree(store, at)
        remember(store, memory, JUDGED)
    errors = (each for each in memory.findings if each.severity is Severity.ERROR and each.code not in OF_THE_CODE)
    return tuple(objection_of(each) for each in errors)


def survey_tree(store: Store, at: Oid | None) -> Memory:
    """Every finding about one commit, with as little reading as the notes allow."""
    from git_jit.ops.validation import counts_of, documents_of

    known = recall(store, JUDGED) or recall(store)
    if known is not None and known.commit == at and not known.moment:
        return known
    with store.view(at) as view:
        documents = documents_of(store, view, known)
        return Memory(
            version=version_of_rules(),
            commit=_base(view),
            unsound=frozenset(documents.documents.findings),
            counts=counts_of(view, documents),
            findings=check(view, documents.documents),
        )


def objections(store: Store, old: Oid | None, new: Oid) -> list[Objection]:
    """What `new` breaks that `old` (None: nothing) did not: documents, references, the graph. Remembers `new`, if it
    may stay.
    """
    before = set() if old is None else {_key(finding) for finding in survey_tree(store, old).findings}
    memory = survey_tree(store, new)
    found = [finding for finding in memory.findings if _counts(finding) and _key(finding) not in before]
    if not found:
        remember(store, memory, JUDGED)
    return [objection_of(finding) for finding in found]


def objection_of(finding: Finding) -> Objection:
    subject = short(finding.subject) if len(finding.subject) == ID_LENGTH else finding.subject
    return Objection(code=finding.code, subject=subject, message=finding.message, hint=finding.hint)


def _counts(finding: Finding) -> bool:
    return (finding.severity is Severity.ERROR or finding.code in ALWAYS) and finding.code not in OF_THE_CODE


def _key(finding: Finding) -> tuple[str, str, str]:
    return (finding.code, finding.subject, finding.message)


def _base(view: View) -> Oid:
    from git_jit.ops.validation import base_of

    return base_of(view)


# --- commits ----------------------------------------------------------------------------------------------


def commit_objections(oid: Oid, data: bytes, now_ms: int) -> Iterator[Objection]:
    """What is wrong with a commit by itself, whatever its tree. `data` is the object as it is stored."""
    name = f"commit {oid[:10]}"
    head, _, body = data.partition(b"\n\n")
    if _acts(head):
        yield Objection(code="commit_forged", subject=name, message="has control characters in its header")
    if len(body) > MAX_MESSAGE:
        limit = f"the limit is {MAX_MESSAGE // 1024} KiB"
        yield Objection(code="commit_forged", subject=name, message=f"has a message of {len(body)} bytes; {limit}")
        return
    if _acts(body):
        yield Objection(code="commit_forged", subject=name, message="has control characters in its message")
    last = body.decode("utf-8", "replace").rstrip("\n").rpartition("\n\n")[2]  # a squash has those of others above
    yield from _trailers(name, last.split("\n"), now_ms)


def _acts(text: bytes) -> bool:
    """Whether a terminal would do something other than print it."""
    return len(text.translate(None, _CONTROLS)) < len(text)


def _trailers(name: str, lines: Sequence[str], now_ms: int) -> Iterator[Objection]:
    said: dict[str, list[str]] = {}
    for line in lines:
        key, colon, value = line.partition(": ")
        if colon and key in OWN:
            said.setdefault(key, []).append(value)
    for key, values in said.items():
        if len(values) > 1:
            yield Objection(code="commit_forged", subject=name, message=f"says '{key}' {len(values)} times")
    for text in said.get("Jit-Clock", ())[:1]:
        clock = Clock.parse(text)
        if clock is None:
            yield Objection(code="commit_forged", subject=name, message="has a 'Jit-Clock' that is none")
        elif clock.ms > now_ms + DAY_MS:
            days = (clock.ms - now_ms) // 86_400_000
            hint = "its writer's clock has to be set right, and the change made again"
            yield Objection(code="clock_ahead", subject=name, message=f"is {days} days ahead of time", hint=hint)


def could_not_judge(error: JitError) -> Objection:
    """What keeps a change out that cannot be read well enough to be judged."""
    return Objection(code=error.code, subject="the issues", message=f"cannot be judged: {error.message}")
