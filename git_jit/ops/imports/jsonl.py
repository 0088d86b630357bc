"""JSON and JSON Lines: our own exports, and objects of any tracker that say no more than a title.

Objects of ours (`"schema": 1` and an id of ours) are taken exactly as they are. Anything else is understood
as far as its keys are common ones (`ALIASES`); other keys become custom fields.
"""

from collections.abc import Mapping
from hashlib import sha256
from json import JSONDecodeError, dumps
from typing import Any, Final

from git_jit import canonical
from git_jit.canonical import Malformed
from git_jit.codec import SCHEMA, SchemaNewer, decode_comment, decode_config, decode_gate, issue_from_document
from git_jit.config import Config, ConfigInvalid
from git_jit.model import ID_LENGTH, Comment, Gate, IssueId, Json, LinkType, Timestamp
from git_jit.ops.imports import clean, words
from git_jit.ops.imports.assemble import assemble
from git_jit.ops.imports.raw import Raw
from git_jit.ops.imports.reading import Line, as_object, decode, json_lines, json_text, parse, read_text
from git_jit.ops.imports.record import (
    DEPENDS_ON,
    UNKNOWN_TIME,
    MalformedInput,
    Parsed,
    Problem,
    Record,
    Reference,
    Remarks,
    identify,
)

SYSTEM: Final = "jsonl"

ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("key", "number"),
    "description": ("body", "text"),
    "state": ("status",),
    "assignee": ("assignees", "owner"),
    "labels": ("tags",),
    "dependencies": ("depends_on", "dependsOn", "blocked_by", "blockedBy"),
    "parent": ("parent_id", "parentId"),
    "due": ("due_date", "dueDate", "due_at", "deadline"),
    "defer_until": ("start_date", "startDate"),
    "estimate": ("estimated_minutes",),
    "created_at": ("createdAt", "created", "created_date"),
    "created_by": ("author", "creator", "reporter"),
    "updated_at": ("updatedAt", "updated", "updated_date"),
    "closed_at": ("closedAt", "closed", "completed_at", "completedAt"),
    "close_reason": ("closeReason", "stateReason", "resolution"),
}
"""Keys of other trackers for ours; ours wins where both are there."""
DERIVED: Final = frozenset({"blocked", "blocks", "updated_at", "version"})
"""Keys that `--json --full` adds to what is stored."""
NAMES: Final = ("login", "name", "id", "key", "target")
"""Where an object that stands for a name has it (`{"login": "ada"}`)."""


def read(path: str, *, data: bytes | None = None) -> Parsed:
    """Read a file, or `data` in its stead. Raises `SourceMissing` or `MalformedInput`."""
    remarks = Remarks()
    text = decode(data, path) if data is not None else read_text(path)
    lines, whole = _lines(text, path)
    gates, config, loose = _surroundings(whole, path)
    records: list[Record] = []
    problems: list[Problem] = []
    for line in lines:
        try:
            records.append(record(line, remarks, loose))
        except (ValueError, Malformed, SchemaNewer) as error:
            problems.append(Problem(path, line.number or None, _sentence(line, error)))
    if problems:
        raise MalformedInput(problems)
    if not records:
        remarks.add("empty-input", path, "no record")
    return Parsed(
        system=SYSTEM, origin=path, records=tuple(records), gates=tuple(gates), config=config, remarks=remarks
    )


def record(line: Line, remarks: Remarks, loose: Mapping[IssueId, list[Comment]]) -> Record:
    """One object as a record. Raises `ValueError` or `Malformed` with the reason."""
    if is_own(line.document):
        return own_record(line.document, line.where, loose)
    return _foreign_record(line, remarks)


def is_own(document: Mapping[str, Any]) -> bool:
    """Whether an object is one of ours: a line of an export, or of `--json --full`."""
    id = document.get("id")
    if not isinstance(id, str) or len(id) != ID_LENGTH or id.strip("0123456789abcdef"):
        return False
    schema = document.get("schema")
    if isinstance(schema, int) and not isinstance(schema, bool):
        return True
    return schema is None and {"external", "unresolved", "created_at"} <= document.keys()


def own_record(document: Mapping[str, Any], where: str, loose: Mapping[IssueId, list[Comment]]) -> Record:
    own = {"schema": SCHEMA, **document}
    if "schema" not in document:  # printed by a command, with what follows from other issues and from history
        own = {key: value for key, value in own.items() if key not in DERIVED}
    own["description"] = _split(own.get("description"))
    inside = own.pop("comments", [])
    issue = issue_from_document(own)
    comments = [own_comment(comment, issue.id) for comment in inside]
    every = (*comments, *loose.get(issue.id, ()))
    return Record(source_id=issue.id, where=where, issue=issue, comments=every, exact=True)


def own_comment(document: Any, issue: str | None = None) -> Comment:
    """A comment of an export, whose body is one string. Raises `ValueError` or `Malformed`."""
    own = {"schema": SCHEMA, "issue": issue, **as_object(document)}
    own["body"] = _split(own.get("body"))
    return decode_comment(canonical.dumps(own))


def own_gate(document: Any) -> Gate:
    own = {"schema": SCHEMA, **as_object(document)}
    own["description"] = _split(own.get("description"))
    return decode_gate(canonical.dumps(own))


def _split(text: Any) -> Any:
    """A string as the array of lines that is stored; anything else as it is."""
    if not isinstance(text, str):
        return [] if text is None else text
    return text.split("\n") if text else []


def _lines(text: str, path: str) -> tuple[list[Line], dict[str, Any]]:
    """The objects of a file, and the document around them where there is one."""
    value = _one_value(text, path)
    match value:
        case list():
            return _members(value, path, "item"), {}
        case {"issues": list(issues)}:
            return _members(issues, path, "issue"), value
        case {"ok": True, "data": list(issues)}:
            return _members(issues, path, "item"), {}
        case dict():
            number = _first_line(text)
            return [Line(f"{path}:{number}", number, value)], {}
        case _:
            return json_lines(text, path), {}


def _first_line(text: str) -> int:
    """The number of the first line that is not blank."""
    return 1 + text.count("\n", 0, len(text) - len(text.lstrip(" \t\r\n")))


def _one_value(text: str, path: str) -> Any:
    """The value of a file that holds a single one, on one line or spread over many; None for JSON Lines."""
    first, _, rest = text.strip().partition("\n")
    if not first.startswith(("[", "{")):
        return None
    if not rest.strip():
        return json_text(text, path)
    try:
        parse(first)
    except JSONDecodeError as error:
        # A line that is wrong before its end is a broken line; one that breaks off goes on below.
        return json_text(text, path) if error.pos >= len(first.rstrip()) else None
    except ValueError:
        return None
    return None


def _members(values: list[Any], path: str, word: str) -> list[Line]:
    found: list[Line] = []
    problems: list[Problem] = []
    for number, value in enumerate(values, 1):
        try:
            found.append(Line(f"{path} {word} {number}", 0, as_object(value)))
        except ValueError as error:
            problems.append(Problem(path, None, f"{word} {number} {error}"))
    if problems:
        raise MalformedInput(problems)
    return found


def _surroundings(
    whole: Mapping[str, Any], path: str
) -> tuple[list[Gate], Config | None, dict[IssueId, list[Comment]]]:
    """What an export says beside its issues: gates, rules, and comments by issue."""
    loose: dict[IssueId, list[Comment]] = {}
    try:
        for document in whole.get("comments") or []:
            comment = own_comment(document)
            loose.setdefault(comment.issue, []).append(comment)
        gates = [own_gate(document) for document in whole.get("gates") or []]
        rules = whole.get("config")
        config = decode_config(canonical.dumps({"schema": SCHEMA, **rules})) if rules else None
    except (ValueError, TypeError, Malformed, SchemaNewer, ConfigInvalid) as error:
        raise MalformedInput([Problem(path, None, str(error))]) from None
    return gates, config, loose


def _sentence(line: Line, error: Exception) -> str:
    inside = "" if line.number else line.where.partition(" ")[2] + ": "
    return f"{inside}{error}"


# Objects of other trackers


def _foreign_record(line: Line, remarks: Remarks) -> Record:
    raw = Raw(_with_our_keys(line.document), remarks, line.where)
    title = raw.required("title")
    source_id = clean.text(raw.string("id") or _made_up(line, raw), raw.note)
    id = identify(SYSTEM, source_id)
    standing = words.standing(raw, "state")
    created_at = raw.timestamp("created_at")
    updated_at = raw.timestamp("updated_at")
    closed_at = raw.timestamp("closed_at") if standing.state.terminal else None
    if standing.state.terminal and closed_at is None:
        raw.note("closed-at-guessed", str(updated_at or created_at))
    if created_at is None:
        raw.note("missing-field", "created_at")
    created = created_at or updated_at or UNKNOWN_TIME
    references = _references(raw)
    comments = _comments(raw, id, created)
    issue, overflow = assemble(
        raw,
        system=SYSTEM,
        source_id=source_id,
        id=id,
        title=title,
        body=raw.string("description") or "",
        created_at=created,
        created_by=raw.actor("created_by", SYSTEM),
        state=standing.state,
        priority=words.priority(raw, "priority"),
        assignee=raw.actor("assignee", SYSTEM),
        labels=raw.labels("labels", SYSTEM, always=standing.labels),
        due=raw.date("due"),
        defer_until=raw.date("defer_until"),
        estimate=raw.minutes("estimate"),
        closed_at=closed_at or (updated_at or created if standing.state.terminal else None),
        close_reason=raw.string("close_reason") if standing.state.terminal else None,
    )
    return Record(
        source_id=source_id,
        where=line.where,
        issue=issue,
        references=references,
        comments=(*comments, *overflow),
        updated_at=updated_at,
        open=standing.open,
    )


def _with_our_keys(document: Mapping[str, Any]) -> dict[str, Any]:
    """The object with common keys under our names, and names that stand in objects taken out of them."""
    found = dict(document)
    for ours, theirs in ALIASES.items():
        for key in theirs:
            if key in found and found.get(ours) is None:
                found[ours] = found.pop(key)
    for key in ("assignee", "created_by", "parent"):
        found[key] = _name(found.get(key))
    for key in ("labels", "dependencies"):
        if isinstance(found.get(key), list):
            found[key] = [_name(value) for value in found[key]]
    assignees = found["assignee"]
    if isinstance(assignees, list):
        found["assignee"] = _name(assignees[0]) if assignees else None
        if len(assignees) > 1:
            found["assignees"] = assignees[1:]
    return found


def _name(value: Any) -> Any:
    """`{"login": "ada"}` as `ada`; anything else as it is."""
    if not isinstance(value, dict):
        return value
    return next((value[key] for key in NAMES if isinstance(value.get(key), str | int)), value)


def _made_up(line: Line, raw: Raw) -> str:
    """An id for an object that has none: the same for the same content, wherever it is imported."""
    content = dumps(line.document, sort_keys=True).encode()
    made = sha256(content).hexdigest()[:ID_LENGTH]
    raw.note("id-made-up", made)
    return made


def _references(raw: Raw) -> tuple[Reference, ...]:
    found = [(DEPENDS_ON, target) for target in raw.strings("dependencies")]
    found += [(LinkType.PARENT, target) for target in raw.strings("parent")]
    for link in raw.objects("links"):
        type_, target = link.get("type"), link.get("target")
        if not isinstance(target, str | int) or not str(target).strip():
            raw.keep("links", link)
            continue
        known = next((one for one in LinkType if one == type_), None)
        if known is None:
            raw.note("unknown-reference", str(type_))
        found.append((known or LinkType.RELATES_TO, clean.text(str(target), raw.note)))
    return tuple(Reference(type_, target, identify(SYSTEM, target)) for type_, target in found)


def _comments(raw: Raw, issue: IssueId, created_at: Timestamp) -> list[Comment]:
    found: list[Comment] = []
    for number, remark in enumerate(raw.array("comments")):
        document = remark if isinstance(remark, dict) else {"body": remark}
        one = Raw(_with_our_keys(document), raw.remarks, f"{raw.where} comment {number + 1}")
        body = one.string("description")
        if body is None:
            raw.keep("comments", remark)
            continue
        at = one.timestamp("created_at") or created_at
        key = one.string("id") or str(number)
        author = one.actor("created_by", SYSTEM)
        extra: dict[str, Json] = one.surplus(SYSTEM)
        found += clean.comments(issue, f"comment {key}", body, at, author, extra)
    return found
