"""What merges could not decide: listed as it is stored, and settled by a person in one commit.

A merge never leaves anything half done: one value stands in the document, the others wait in `conflicts/`. To settle
means to take one of them, or a third, and to remove the file.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from git_jit import canonical
from git_jit.canonical import Malformed
from git_jit.codec import Malformed as BadDocument
from git_jit.codec import decode_config, issue_document, issue_from_document
from git_jit.errors import InvalidValue, JitError, NotFound, Refused, UsageError
from git_jit.merge import CONFLICTS, MEMBERS, MISSING, REASONS, Conflict, Entry, decode, member_name
from git_jit.model import MIN_PREFIX, Caller, Issue, IssueId, Message, Oid, short
from git_jit.ops import settings, transact
from git_jit.ops.desk import Desk, Terms, check_change
from git_jit.paths import CONFIG, Place, place_of
from git_jit.record import record
from git_jit.store import Store
from git_jit.view import Plan, View, readable

OP: Final = "resolve"
UNIT: Final = ("state", "closed_at", "close_reason", "resolution")
"""What goes with a state, and is decided with it."""
ADDED: Final = ("dependencies", "links")
"""Fields of which single members wait: taking one adds it."""


class ConflictNotFound(NotFound):
    """Nothing of that name waits for a decision."""

    code = "conflict_not_found"


class SayWhichValue(UsageError):
    """Several values wait, or none is named."""

    code = "say_which_value"


class CannotTake(Refused):
    """The value that waits does not fit any more."""

    code = "cannot_take"


@record(kw_only=True)
class Waiting:
    """One decision that waits."""

    file: str
    subject: str
    """An issue's id, `config`, `gate-<key>` or `file-<digest>`."""
    issue: IssueId | None
    title: str
    conflict: Conflict

    @property
    def field(self) -> str:
        return ".".join(self.conflict.field) or "document"

    @property
    def why(self) -> str:
        return REASONS.get(self.conflict.reason, self.conflict.reason)

    def to_json(self) -> dict[str, object]:
        """As `--json` shows it. Values are as they are stored: a text of several lines is a list."""
        conflict = self.conflict
        return {
            "subject": self.subject,
            "id": self.issue,
            "title": self.title,
            "field": self.field,
            "path": conflict.path,
            "reason": conflict.reason,
            "base": _json(conflict.base),
            "kept": _entry(conflict.kept),
            "lost": [_entry(entry) for entry in conflict.lost],
            "file": self.file,
        }


@record(kw_only=True)
class Resolved:
    """A decision that was made, and by which commit (None for a dry run)."""

    waiting: Waiting
    choice: str
    """`keep`, `take` or `value`."""
    value: object
    commit: Oid | None

    def to_json(self) -> dict[str, object]:
        return {
            "subject": self.waiting.subject,
            "id": self.waiting.issue,
            "field": self.waiting.field,
            "choice": self.choice,
            "value": _json(self.value),
            "commit": self.commit,
        }


@record(kw_only=True)
class Choice:
    """What a person decided: exactly one of the three."""

    keep: bool = False
    take: int | None = None
    """Which of the values that wait, from 1."""
    value: str | None = None

    @property
    def name(self) -> str:
        return "keep" if self.keep else "take" if self.take is not None else "value"


# --- listing --------------------------------------------------------------------------------------------


def waiting(store: Store, view: View, subject: str | None = None) -> list[Waiting]:
    """Every decision that waits as of the view, in order of file; those of one `subject` or the beginning of its id."""
    assert view.base is not None
    found = []
    for file, oid in sorted(store.files(CONFLICTS, view.base).items()):
        about = file.split("/")[1]
        if subject is not None and not _is_meant(about, subject):
            continue
        conflict = _read(next(store.blobs([oid])))
        if conflict is not None:
            issue = place_of(conflict.path).issue
            title = _title(view, issue) or conflict.path
            found.append(Waiting(file=file, subject=about, issue=issue, title=title, conflict=conflict))
    return found


def is_other_subject(text: str) -> bool:
    """Whether `text` names, as `conflicts/` does, something that is no issue: the rules, a gate, a file."""
    return text == CONFIG.removesuffix(".json") or text.startswith(("gate-", "file-"))


def count(store: Store, view: View) -> int:
    """How many decisions wait."""
    return len(store.files(CONFLICTS, view.base)) if view.base else 0


def _is_meant(subject: str, text: str) -> bool:
    wanted = text.lower().replace("-", "")
    return subject == text or (len(wanted) >= MIN_PREFIX and subject.startswith(wanted))


def _read(data: bytes | None) -> Conflict | None:
    """The conflict in a file; None for one that somebody else made."""
    try:
        document = canonical.loads(data) if data is not None else None
    except Malformed:
        return None
    return decode(document) if isinstance(document, dict) else None


def _title(view: View, issue: IssueId | None) -> str | None:
    with suppress(JitError):
        found = readable(view, issue) if issue else None
        return found.title if found else None
    return None


def _entry(entry: Entry) -> dict[str, object]:
    return {"value": _json(entry.value), "stamp": str(entry.stamp), "path": entry.path}


def _json(value: object) -> object:
    return None if value is MISSING else value


# --- settling -------------------------------------------------------------------------------------------


def resolve(
    store: Store, caller: Caller, subject: str, name: str | None, choice: Choice, *, dry_run: bool = False
) -> Resolved:
    """Settle what waits about the field `name` (may be left out if only one does).

    Raises `ConflictNotFound`, `SayWhichValue`, `CannotTake`, `ValidationFailed`, `CycleError`.
    """
    request = caller.new_request()
    chosen: list[tuple[Waiting, object]] = []

    def plan(view: View) -> Plan:
        one = _only(waiting(store, view, subject), subject, name)
        entry = _chosen(one, choice)
        chosen[:] = [(one, entry.value)]
        return _plan(store, view, caller, one, choice, entry)

    def message(_: Plan) -> Message:
        one = chosen[0][0]
        about = short(one.issue) if one.issue else one.subject
        return Message(
            op=OP, subject=f"{OP}: {one.field} of {about}", actor=caller.actor, request=request, at=caller.now
        )

    published = transact(store, plan, message, caller=caller, dry_run=dry_run)
    return Resolved(waiting=chosen[0][0], choice=choice.name, value=chosen[0][1], commit=published.commit)


def _only(found: Sequence[Waiting], subject: str, name: str | None) -> Waiting:
    fitting = [one for one in found if name is None or one.field == name]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        what = f"'{name}' of '{subject}'" if name else f"'{subject}'"
        raise ConflictNotFound(f"nothing about {what} waits for a decision", hint="'git jit conflicts' lists what does")
    names = ", ".join(f"{short(one.issue) if one.issue else one.subject} {one.field}" for one in fitting)
    raise SayWhichValue(f"several things about '{subject}' wait: {names}", hint="name the field as well")


def _chosen(one: Waiting, choice: Choice) -> Entry:
    """The value that shall stand."""
    lost = one.conflict.lost
    if choice.keep:
        return one.conflict.kept
    if choice.value is not None:
        return Entry(_spoken(one.conflict.field, choice.value))
    number = choice.take or 1
    if not 1 <= number <= len(lost):
        raise SayWhichValue(
            f"there are {len(lost)} values to take, not {number}", hint="'git jit conflicts' lists them"
        )
    return lost[number - 1]


def _spoken(name: Sequence[str], text: str) -> Any:
    """What a person typed, as the field stores it."""
    if name[:1] == ("description",):
        return text.split("\n")
    if text == "none":
        return None
    if name[:1] == ("estimate",) and text.isascii() and text.isdigit():
        return int(text)
    if name[:1] == ("labels",) or name[:1] == ("dependencies",):
        raise InvalidValue(".".join(name), "is a set; '--keep' or '--take' decide about its member")
    if name[:1] == ("state",):
        raise InvalidValue("state", "goes with other fields; '--keep' or '--take', then 'git jit update'")
    return text


def _plan(store: Store, view: View, caller: Caller, one: Waiting, choice: Choice, entry: Entry) -> Plan:
    raw: dict[str, bytes | None] = {one.file: None}
    if choice.keep:
        return Plan(raw=raw)
    if not one.conflict.field:
        return _whole(view, caller, one, entry, choice)
    place = place_of(one.conflict.path)
    if place.issue and not place.comment:
        return _issue_plan(view, caller, one, entry, place, raw)
    data = store.blob_at(str(view.base), one.conflict.path)
    document = canonical.loads(data) if data is not None else None
    if not isinstance(document, dict):
        raise _gone(one)
    changed = canonical.dumps(_with(document, one.conflict.field, entry.value))
    if one.conflict.path == CONFIG:
        settings.check(view.config, decode_config(changed), caller)
    return Plan(raw={**raw, one.conflict.path: changed})


def _whole(view: View, caller: Caller, one: Waiting, entry: Entry, choice: Choice) -> Plan:
    """Documents that come back as they were: an issue that was deleted, with the comments that came meanwhile."""
    if choice.value is not None:
        raise InvalidValue("document", "is a whole document; '--keep' or '--take' decide about it")
    entries = one.conflict.lost if one.conflict.reason == "deleted" else (entry,)
    desk = Desk(view, Terms(now=caller.now))
    raw: dict[str, bytes | None] = {one.file: None}
    for each in entries:
        if each.path is None or not isinstance(each.value, dict):
            raise CannotTake(
                "the value that waits was too large to be stored with the decision",
                hint="'git jit log' names the merge; both of its parents still have it",
            )
        place = place_of(each.path)
        if place.issue and not place.comment:
            issue = _issue(one.conflict.field, _without_missing_targets(view, each.value))
            if issue.id != place.issue:
                raise InvalidValue("id", f"must be '{place.issue}', as the place of the document says")
            desk.bring(issue)
        else:
            raw[each.path] = canonical.dumps(each.value)
    return desk.overlay.plan(raw=raw, notes=tuple(desk.notes))


def _without_missing_targets(view: View, document: Mapping[str, Any]) -> dict[str, Any]:
    """An issue that comes back must not wait for one that is gone."""
    there = [id for id in document.get("dependencies", []) if view.version(id) is not None]
    return {**document, "dependencies": there}


def _issue_plan(
    view: View, caller: Caller, one: Waiting, entry: Entry, place: Place, raw: dict[str, bytes | None]
) -> Plan:
    assert place.issue is not None
    desk = Desk(view, Terms(now=caller.now))
    before = desk.overlay.issue(place.issue)
    if before is None:
        raise _gone(one)
    after = _changed(before, one.conflict.field, entry.value)
    gone = [id for id in set(after.dependencies) - set(before.dependencies) if view.version(id) is None]
    if gone:
        raise CannotTake(
            f"'{short(min(gone))}' is not here any more, so nothing can wait for it",
            hint="'git jit resolve' with '--keep' leaves it as it is",
        )
    check_change(before, after, view.config)
    desk.bring(after)
    return desk.overlay.plan(raw=raw, notes=tuple(desk.notes))


def _changed(issue: Issue, field: Sequence[str], value: object) -> Issue:
    return _issue(field, _with(issue_document(issue), field, value))


def _issue(field: Sequence[str], document: dict[str, Any]) -> Issue:
    """The issue that a document tells once `field` has the value that was taken."""
    try:
        return issue_from_document(document)
    except BadDocument as error:
        raise InvalidValue(".".join(field) or "document", error.message) from error


def _gone(one: Waiting) -> CannotTake:
    return CannotTake(
        f"'{one.conflict.path}' is not here any more",
        hint="'git jit resolve' with '--keep' settles it; 'git jit issue restore' brings an issue back",
    )


def _with(document: Mapping[str, Any], field: Sequence[str], value: Any) -> dict[str, Any]:
    """The document with a value at a path of keys, by what the field is."""
    result = dict(document)
    name, *rest = field
    if name == "state" and not rest and isinstance(value, dict):
        for key in UNIT:
            result.pop(key, None)
        return {**result, **value}
    if name == "types" and not rest and isinstance(value, dict):
        return {**result, **value}
    if name in ADDED and not rest and not isinstance(value, list):
        present = list(result.get(name) or [])
        result[name] = [*present, *([value] if value not in present else [])]
        return result
    if name in MEMBERS and rest:
        members = result.get(name) or []
        if rest[0] not in [member_name(name, member) for member in members]:
            raise _moved(field)
        result[name] = [_set(m, rest[1:], value) if member_name(name, m) == rest[0] else m for m in members]
        return result
    if name == "labels" and rest:
        others = [label for label in result.get(name, []) if label.partition(":")[0] != rest[0]]
        result[name] = sorted({*others, *(value or [])})
        return result
    return _set(result, field, value)


def _set(document: Mapping[str, Any], field: Sequence[str], value: Any) -> dict[str, Any]:
    result = dict(document)
    name, *rest = field
    if rest:
        below = result.get(name)
        if not isinstance(below, dict):
            raise _moved(field)
        result[name] = _set(below, rest, value)
    elif value is MISSING:
        result.pop(name, None)
    else:
        result[name] = value
    return result


def _moved(field: Sequence[str]) -> CannotTake:
    return CannotTake(
        f"'{'.'.join(field)}' is not where it was", hint="'git jit resolve' with '--keep' leaves it as it is"
    )
