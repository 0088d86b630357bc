"""Backlog.md: one Markdown file a task, in `tasks`, `completed`, `drafts` and `archive`.

A task keeps its identity when it is completed; an archived one is identified by its path, because the ids
of archived tasks are used again.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from git_jit.model import Actor, IssueId, LinkType, State
from git_jit.ops.imports import clean, words
from git_jit.ops.imports.assemble import assemble
from git_jit.ops.imports.frontmatter import Page, read_page
from git_jit.ops.imports.raw import Raw
from git_jit.ops.imports.reading import CONFLICT, first_marker, printable, read_text, regular_files
from git_jit.ops.imports.record import (
    DEPENDS_ON,
    UNKNOWN_TIME,
    MalformedInput,
    Parsed,
    Problem,
    Record,
    Reference,
    Remarks,
    SourceMissing,
    identify,
)

SYSTEM: Final = "backlog"
LIVE: Final = ("tasks", "completed", "drafts")
ARCHIVED: Final = ("archive/tasks", "archive/drafts")


def read(path: str) -> Parsed:
    """Read a backlog folder, or the repository that holds one. Raises `SourceMissing` or `MalformedInput`."""
    root = _find(path)
    remarks = Remarks()
    pages = list(_pages(root, remarks))
    ids = _ids(pages)
    records = [_record(folder, name, page, ids, remarks) for folder, name, page in pages]
    if not records:
        remarks.add("empty-input", path, "no task")
    return Parsed(system=SYSTEM, origin=path, records=tuple(records), remarks=remarks)


def _find(path: str) -> Path:
    for root in (Path(path), Path(path, "backlog"), Path(path, ".backlog")):
        if (root / "tasks").is_dir():
            return root
    raise SourceMissing(
        f"'{path}' holds no 'tasks' directory", hint="name the 'backlog' directory, or the repository it is in"
    )


def _pages(root: Path, remarks: Remarks) -> Iterator[tuple[str, str, Page]]:
    """Every task file with its folder and name. Raises `MalformedInput` with all that cannot be read."""
    problems: list[Problem] = []
    for folder in (*LIVE, *ARCHIVED):
        place = root / folder
        if not place.is_dir():
            continue
        for name, usable in regular_files(place, ".md"):
            where = printable(f"{folder}/{name}")
            if not usable:
                remarks.add("file-not-read", where, "not a Markdown file")
                continue
            try:
                yield folder, printable(name), _page(place / name, where)
            except MalformedInput as error:
                problems += error.problems
    if problems:
        raise MalformedInput(problems)


def _page(path: Path, where: str) -> Page:
    text = read_text(path, shown=where)
    if marker := first_marker(text):
        raise MalformedInput([Problem(where, marker, CONFLICT)])
    page = read_page(text, where)
    if page is None:
        raise MalformedInput([Problem(where, 1, "has no front matter")])
    for key in ("id", "title"):
        if not isinstance(page.head.get(key), str):
            raise MalformedInput([Problem(where, None, f"has no '{key}'")])
    return page


def _source_id(folder: str, name: str, page: Page) -> str:
    return f"{folder}/{name}" if folder in ARCHIVED else _key(page)


def _key(page: Page) -> str:
    return str(page.head["id"]).strip()


def _ids(pages: list[tuple[str, str, Page]]) -> dict[str, IssueId]:
    """What tasks call each other, to ids: a live task before an archived one of the same name."""
    found: dict[str, IssueId] = {}
    for folder, name, page in pages:  # live folders come first
        found.setdefault(_key(page).casefold(), identify(SYSTEM, _source_id(folder, name, page)))
    return found


def _record(folder: str, name: str, page: Page, ids: dict[str, IssueId], remarks: Remarks) -> Record:
    raw = Raw(page.head, remarks, f"{folder}/{name}")
    source_id = clean.text(_source_id(folder, name, page), raw.note)
    raw.drop("id")
    title = raw.required("title")
    standing = _standing(raw, folder)
    updated_at = raw.timestamp("updated_date")
    created_at = raw.timestamp("created_date") or updated_at
    if created_at is None:
        raw.note("missing-field", "created_date")
    if standing.state.terminal:
        raw.note("closed-at-guessed", str(updated_at or created_at))
    if updated_at:
        raw.note("updated-at-derived", updated_at)
    references = _references(raw, ids)
    created_by = raw.actor("reporter", SYSTEM)
    type_ = raw.string("type")
    of_type = clean.label(f"type:{type_}", raw.note) if type_ else None
    labels = [*standing.labels, *([of_type] if of_type else ())]
    if milestone := raw.string("milestone"):
        labels += [made] if (made := clean.label(f"milestone:{milestone}", raw.note)) else []
    issue, comments = assemble(
        raw,
        system=SYSTEM,
        source_id=source_id,
        id=identify(SYSTEM, source_id),
        title=title,
        body=clean.text(page.body, raw.note),
        created_at=created_at or UNKNOWN_TIME,
        created_by=created_by,
        state=standing.state,
        priority=words.priority(raw, "priority"),
        assignee=_assignee(raw),
        labels=raw.labels("labels", SYSTEM, always=tuple(labels)),
        closed_at=(updated_at or created_at or UNKNOWN_TIME) if standing.state.terminal else None,
    )
    return Record(
        source_id=source_id,
        where=raw.where,
        issue=issue,
        references=references,
        comments=tuple(comments),
        updated_at=updated_at,
        open=standing.open,
    )


def _standing(raw: Raw, folder: str) -> words.Standing:
    """The state that the status and the folder mean together."""
    said = raw.rest.get("status")
    found = words.standing(raw, "status")
    if folder in ARCHIVED:
        if not found.state.terminal:
            raw.keep("status", said, "state-kept")
        return words.Standing(State.ARCHIVED, open=False, labels=found.labels)
    if folder == "completed" and not found.state.terminal:
        raw.keep("status", said, "state-kept")
        return words.Standing(State.DONE, open=False, labels=found.labels)
    if folder == "drafts" and found.open:
        return words.Standing(State.BACKLOG, open=False, labels=found.labels)
    return found


def _assignee(raw: Raw) -> Actor | None:
    """The first assignee is ours; the others are kept."""
    names = raw.strings("assignee")
    if len(names) > 1:
        raw.keep("assignee", names[1:], "several-assignees")
    raw.rest["assignee"] = names[0] if names else None
    return raw.actor("assignee", SYSTEM)


def _references(raw: Raw, ids: dict[str, IssueId]) -> tuple[Reference, ...]:
    found = [(DEPENDS_ON, target) for target in raw.strings("dependencies")]
    found += [(LinkType.PARENT, target) for target in raw.strings("parent_task_id")]
    return tuple(
        Reference(type_, target, ids.get(target.casefold()) or identify(SYSTEM, target)) for type_, target in found
    )
