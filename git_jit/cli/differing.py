"""Differences as text, Markdown and JSON: a line for each issue, and a summary that carries a bulk change's review."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from git_jit.cli.json_out import minified
from git_jit.cli.sanitize import one_line
from git_jit.differences import (
    SEVERAL,
    Differences,
    Fate,
    FileDifference,
    Group,
    IssueDifference,
    Remark,
    Step,
    Tally,
    Verb,
    grouped,
    summary,
)
from git_jit.model import Json, short
from git_jit.text import counted

MAX_VALUE: Final = 60
"""Characters of an old or new value in text; JSON has them whole."""
NAMED: Final = 8
"""Ids that stand beside an identical change; `--each` and JSON name all."""
SUMMARY_FROM: Final = 10
"""Issues from which a summary comes first: fewer are read as fast as their summary."""
MOST_ROWS: Final = 100
"""Rows of Markdown for single issues. A job summary of GitHub holds 1 MiB, a comment 65,536 characters."""
GAP: Final = "   "
WORDS: Final[Mapping[str, str]] = {"labels": "label", "dependencies": "dep", "links": "link", "documents": "doc"}
"""What a member of a set is called."""
SHORT_IDS: Final = frozenset({"dependencies"})
QUOTED: Final = frozenset({"title", "close_reason"})


# --- one step -------------------------------------------------------------------------------------------


def step_text(step: Step, *, born: bool = False) -> str:
    """`state ready → done`, `+label sprint:7`, `gate tests pending → passed`. Of a new thing only what it has."""
    top, _, key = step.field.partition(".")
    name = f"gate {key}" if top == "gates" and key else WORDS.get(step.field, step.field)
    match step.verb:
        case Verb.REWRITE:
            lines = f"+{step.new} -{step.old} lines" if step.new or step.old else "lines in another order"
            said = f"{name} {lines}"
        case Verb.ADD:
            value = "" if top == "gates" and _word(step, step.new) == "pending" else f" {_word(step, step.new)}"
            said = f"+{name}{value}"
        case Verb.REMOVE:
            said = f"-{name}" if key else f"-{name} {_word(step, step.old)}"
        case _ if born:
            said = f"{name} {_word(step, step.new)}"
        case _:
            said = f"{name} {_word(step, step.old)} → {_word(step, step.new)}"
    return one_line(said)


def _word(step: Step, value: Json) -> str:
    """A value on one line, cut where it is long."""
    if isinstance(value, dict) and step.field.startswith("gates."):
        value = value.get("status")
    if isinstance(value, dict) and value.keys() == {"type", "target"}:
        text = f"{value['type']}:{short(str(value['target']))}"
    elif isinstance(value, dict) and isinstance(value.get("path"), str):
        text = str(value["path"])
    elif value is None:
        text = "none"
    elif isinstance(value, str):
        text = f'"{value}"' if step.field in QUOTED else value
    else:
        text = minified(value).rstrip("\n")
    if step.field in SHORT_IDS:
        return short(text)
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"


def _remark_text(remark: Remark) -> str:
    if remark.fate is Fate.CREATED:
        what = "edit of a comment" if remark.replaces else "comment"
        return one_line(f"+{what} by {remark.author or 'nobody known'}")
    return "-comment" if remark.fate is Fate.DELETED else "comment altered in place"


def issue_text(issue: IssueDifference, gap: str = GAP) -> str:
    """What was done to an issue, on one line, without its id and title."""
    born = issue.fate is Fate.CREATED
    parts = [] if issue.fate is Fate.UPDATED else [issue.fate.value]
    parts += ["cannot be read"] if issue.unreadable else []
    parts += [step_text(step, born=born) for step in issue.steps]
    parts += [_remark_text(remark) for remark in issue.remarks]
    return gap.join(parts) if parts else "spelled otherwise"


def file_text(file: FileDifference) -> str:
    """What was done to a file that is no issue."""
    steps = GAP.join(step_text(step) for step in file.steps)
    return f"{one_line(file.path)}  {steps or file.fate.value}"


def tally_text(tally: Tally) -> str:
    """One line of the summary, without the number of issues."""
    if tally.fate is not Fate.UPDATED:
        return tally.fate.value
    if tally.step is not None:
        return step_text(tally.step)
    if tally.field == "comments":
        return f"comments: {tally.ways}"
    return one_line(f"{WORDS.get(tally.field, tally.field)} changed in {tally.ways} different ways")


def counts_text(found: Differences) -> str:
    """`218 issues: 1 created, 217 updated; 3 comments; 1 other file`."""
    fates = [f"{number} {fate.value}" for fate in Fate if (number := found.count(fate))]
    parts = [f"{counted(len(found.issues), 'issue')}: {', '.join(fates)}"] if fates else []
    parts += [counted(found.remarks, "comment")] if found.remarks else []
    parts += [counted(len(found.files), "other file")] if found.files else []
    return "; ".join(parts) or "no differences"


# --- text -----------------------------------------------------------------------------------------------


def text_lines(found: Differences, *, each: bool = False) -> Iterator[str]:
    """Everything, a line for each issue; where the same was done to several, one line for all of them."""
    if len(found.issues) >= SUMMARY_FROM:
        yield counts_text(found)
        for tally in summary(found):
            yield f"{len(tally.ids):>7}  {tally_text(tally)}"
        yield ""
    for group in ordered(found.issues, each=each):
        yield _group_line(group)
    for file in found.files:
        yield file_text(file)


def ordered(issues: Sequence[IssueDifference], *, each: bool) -> list[Group]:
    """Bulk changes first, then the issues one by one in order of id."""
    groups = [] if each else [group for group in grouped(issues) if len(group.issues) >= SEVERAL]
    told = {issue.id for group in groups for issue in group.issues}
    return groups + [Group(issues=(issue,)) for issue in issues if issue.id not in told]


def _group_line(group: Group) -> str:
    issue = group.one
    if len(group.issues) == 1:
        title = f"{GAP}({one_line(issue.title)})" if issue.title and not _tells_title(issue) else ""
        return f"{short(issue.id)}  {issue_text(issue)}{title}"
    return f"{len(group.issues)} issues: {issue_text(issue, ', ')}{GAP}({names_of(group)})"


def _tells_title(issue: IssueDifference) -> bool:
    return any(step.field == "title" for step in issue.steps)


def names_of(group: Group) -> str:
    """The first ids of a group, and how many more there are."""
    ids = [short(issue.id) for issue in group.issues]
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return " ".join(ids[:NAMED]) + more


# --- Markdown -------------------------------------------------------------------------------------------


def markdown_lines(found: Differences, *, each: bool = False) -> Iterator[str]:
    """A summary table, then a table of issues, then other files; what is foreign cannot leave its cell."""
    yield f"**{counts_text(found)}**"
    tallies = summary(found)
    if len(found.issues) > 1 and tallies:
        yield from ("", "| issues | change |", "|---:|---|")
        yield from (f"| {len(tally.ids)} | {cell(tally_text(tally))} |" for tally in tallies)
    groups = ordered(found.issues, each=each)
    if groups:
        yield from ("", "| issue | title | change |", "|---|---|---|")
        yield from map(_markdown_row, groups[:MOST_ROWS])
    if len(groups) > MOST_ROWS:
        yield f"\n… and {len(groups) - MOST_ROWS} more rows; `git jit diff` in a clone shows all."
    if found.files:
        yield from ("", "| other file | change |", "|---|---|")
        for file in found.files:
            steps = "; ".join(step_text(step) for step in file.steps)
            yield f"| {cell(one_line(file.path))} | {cell(steps or file.fate.value)} |"


def _markdown_row(group: Group) -> str:
    issue = group.one
    change = cell(issue_text(issue, "; "))
    if len(group.issues) == 1:
        return f"| `{short(issue.id)}` | {cell(one_line(issue.title or ''))} | {change} |"
    return f"| {len(group.issues)} issues | {cell(names_of(group))} | {change} |"


_MARKUP: Final = str.maketrans({c: f"\\{c}" for c in "\\`*_{}[]()#+-!|~>"} | {"<": "&lt;", "&": "&amp;", "@": "&#64;"})
"""Nothing in a cell is markup, a link, an image, HTML or the mention of a person."""


def cell(text: str) -> str:
    """One line of foreign text for a table of Markdown."""
    return text.translate(_MARKUP)


# --- JSON -----------------------------------------------------------------------------------------------


def value_of(found: Differences) -> dict[str, object]:
    """Everything, whole, as `--json` and `--format json` show it."""
    return {
        "counts": {
            **{fate.value: found.count(fate) for fate in Fate},
            "comments": found.remarks,
            "files": len(found.files),
        },
        "summary": [_tally_value(tally) for tally in summary(found)],
        "issues": [_issue_value(issue) for issue in found.issues],
        "files": [_file_value(file) for file in found.files],
    }


def _tally_value(tally: Tally) -> dict[str, object]:
    return {
        "issues": len(tally.ids),
        "change": tally_text(tally),
        "field": tally.field or None,
        "ways": tally.ways,
        "ids": list(tally.ids),
    }


def _issue_value(issue: IssueDifference) -> dict[str, object]:
    return {
        "id": issue.id,
        "title": issue.title,
        "fate": issue.fate,
        "unreadable": issue.unreadable,
        "fields": {change.field: {"old": change.old, "new": change.new} for change in issue.fields},
        "comments": [
            {"id": remark.comment, "fate": remark.fate, "author": remark.author, "replaces": remark.replaces}
            for remark in issue.remarks
        ],
    }


def _file_value(file: FileDifference) -> dict[str, object]:
    fields = {change.field: {"old": change.old, "new": change.new} for change in file.fields}
    return {"path": file.path, "fate": file.fate, "fields": fields}
