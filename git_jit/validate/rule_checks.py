"""What each kind of rule requires of one issue: what was looked for, what was found, and what lacks.

One function a kind, from a requirement and a ground to a question about issues; explaining a rule and finding who
breaks it ask the same function, so they cannot differ.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from git_jit import glob
from git_jit.model import IssueId, short
from git_jit.query.rules import field_condition
from git_jit.query.values import pieces
from git_jit.rules import (
    ORPHAN_LEAF,
    Coverage,
    Fields,
    ForbiddenLabels,
    Gates,
    Hierarchy,
    Labels,
    Requirement,
    Sections,
)
from git_jit.validate.issue_rules import TYPE
from git_jit.validate.repository_rules import belonging, belongs_to_nothing
from git_jit.validate.rule_around import coverage, gates
from git_jit.validate.rule_ground import Answer, Ground, Judge, Lack
from git_jit.validate.sections import is_written, items, section

NOTHING: Final = "nothing"
_WAYS: Final[Mapping[str, str]] = {
    "assignee": "-a kind:name",
    "defer": "--defer DATE",
    "due": "--due DATE",
    "epic": "--epic E",
    "estimate": "--estimate TIME",
    "gate": "--add-gate KEY",
    "milestone": "-m M",
    "parent": "--parent ID",
    "type": "--type T",
}
"""The option of `git jit update` that gives an issue what it lacks."""

_WORDS: Final[Mapping[str, str]] = {"defer": "day to defer it to", "doc": "document", "due": "due date"}
"""What fields are called in a sentence, where that is not their name."""


def judge_of(requires: Requirement, ground: Ground) -> Judge:  # noqa: PLR0911 (one line a kind)
    """The question that a requirement puts to an issue."""
    match requires:
        case Labels():
            return _labels(requires, ground)
        case ForbiddenLabels():
            return _forbidden(requires, ground)
        case Sections():
            return _sections(requires, ground)
        case Fields():
            return _fields(requires, ground)
        case Coverage():
            return coverage(requires, ground)
        case Gates():
            return gates(requires, ground)
        case Hierarchy():
            return _orphan(ground) if requires.kind == ORPHAN_LEAF else _strategic(ground)


def _labels(requires: Labels, ground: Ground) -> Judge:
    fits = glob.compiled(pieces(requires.pattern))
    what = f"'{requires.pattern}'"
    least, most = requires.min, requires.max
    wanted = f"{_range(least, most)} that {'fits' if most == 1 else 'fit'} {what}"

    def judge(id: IssueId) -> Answer:
        found = [label for label in ground.labels(id) if fits(label)]
        lacks: tuple[Lack, ...] = ()
        if len(found) < least:
            said = f"has no label {what}" if least == 1 else f"has {len(found)} of {least} labels {what}"
            lacks = (Lack(said, f"'git jit label add {short(id)} {_example(requires.pattern)}'"),)
        elif most is not None and len(found) > most:
            said = f"has {len(found)} labels {what}, of at most {most}: {', '.join(found)}"
            lacks = (Lack(said, f"'git jit label rm {short(id)} {found[-1]}' takes one away"),)
        return Answer(wanted=wanted, found=", ".join(found) or NOTHING, lacks=lacks)

    return judge


def _range(least: int, most: int | None) -> str:
    match least, most:
        case _, None:
            return f"{least} or more labels"
        case 0, int():
            return f"at most {most} label{'' if most == 1 else 's'}"
        case _ if least == most:
            return f"just {least} label{'' if least == 1 else 's'}"
        case _:
            return f"{least} to {most} labels"


def _example(pattern: str) -> str:
    return pattern.replace("*", "…").replace("?", "…")


def _forbidden(requires: ForbiddenLabels, ground: Ground) -> Judge:
    fits = [glob.compiled(pieces(pattern)) for pattern in requires.patterns]
    wanted = f"no label that fits {_quoted(requires.patterns, ' or ')}"

    def judge(id: IssueId) -> Answer:
        found = [label for label in ground.labels(id) if any(each(label) for each in fits)]
        lacks = tuple(
            Lack(
                f"has the label '{label}', which is forbidden", f"'git jit label rm {short(id)} {label}' takes it away"
            )
            for label in found
        )
        return Answer(wanted=wanted, found=", ".join(found) or NOTHING, lacks=lacks)

    return judge


def _sections(requires: Sections, ground: Ground) -> Judge:
    least = requires.min_items
    below = f" with {least} or more items below" if least else " with text below" if requires.not_empty else ""
    noun = "section" if len(requires.headings) == 1 else "sections"
    wanted = f"in the description, the {noun} {_quoted(requires.headings, ', ')}{below}"

    def judge(id: IssueId) -> Answer:
        description = ground.content(id).description
        found, lacks = [], []
        for heading in requires.headings:
            lines = section(description, heading)
            if lines is None:
                lacks.append(f"the description has no section '{heading}'")
                continue
            count = sum(1 for _ in items(lines))
            found.append(f"'{heading}' with {count} item{'' if count == 1 else 's'}")
            if count < least:
                lacks.append(f"section '{heading}' has {count} of {least} items")
            elif requires.not_empty and not is_written(lines):
                lacks.append(f"section '{heading}' is empty")
        hint = f"'git jit edit {short(id)}' opens it; a heading is a line like '## {requires.headings[0]}'"
        return Answer(wanted=wanted, found=", ".join(found) or NOTHING, lacks=tuple(Lack(said, hint) for said in lacks))

    return judge


def _quoted(texts: Iterable[str], between: str) -> str:
    return between.join(f"'{text}'" for text in texts)


def _fields(requires: Fields, ground: Ground) -> Judge:
    conditions = {name: field_condition(name, ground.config) for name in requires.names}
    wanted = ", ".join(requires.names)

    def judge(id: IssueId) -> Answer:
        found = [name for name, condition in conditions.items() if ground.holds(condition, id)]
        lacks = tuple(
            Lack(f"has no {_WORDS.get(name, name)}", _way(id, name)) for name in requires.names if name not in found
        )
        return Answer(wanted=wanted, found=", ".join(found) or NOTHING, lacks=lacks)

    return judge


def _way(id: IssueId, name: str) -> str:
    if name in _WAYS:
        return f"'git jit update {short(id)} {_WAYS[name]}' gives it one"
    if name.startswith("field."):
        return f"'git jit update {short(id)} --field {name.removeprefix('field.')}=VALUE' gives it one"
    return f"'git jit show {short(id)}' shows what it has"


def _orphan(ground: Ground) -> Judge:
    config = ground.config
    namespaces = belonging(config)
    ways = ", ".join(f"'{namespace}…'" for namespace in namespaces)

    def judge(id: IssueId) -> Answer:
        labels, parents = ground.labels(id), ground.parents(id)
        belongs = [f"'{short(parent)}'" for parent in parents]
        belongs += [label for label in labels if label.startswith(namespaces)]
        lacks = tuple(
            Lack(
                f"is of type '{type_}' and belongs to nothing",
                f"'git jit update {short(id)} --parent ID' or 'git jit label add {short(id)} {namespaces[0]}…'",
            )
            for type_ in belongs_to_nothing(config, labels, parents)
        )
        return Answer(
            wanted=f"for the lowest types, a parent or a label of {ways}",
            found=", ".join(belongs) or NOTHING,
            lacks=lacks,
        )

    return judge


def _strategic(ground: Ground) -> Judge:
    namespaces = ground.config.membership

    def judge(id: IssueId) -> Answer:
        labels = ground.labels(id)
        own = [type_ for type_ in _types(labels) if type_ in namespaces]
        found = [label for label in labels if label.startswith(tuple(f"{namespaces[type_]}:" for type_ in own))]
        lacks = tuple(
            Lack(
                f"is of type '{type_}', but has no label '{namespaces[type_]}:…' by which others belong to it",
                f"'git jit label add {short(id)} {namespaces[type_]}:…'",
            )
            for type_ in own
            if not any(label.startswith(f"{namespaces[type_]}:") for label in labels)
        )
        wanted = ", ".join(f"'{namespaces[type_]}:…'" for type_ in own) or NOTHING
        return Answer(wanted=f"labels of its own: {wanted}", found=", ".join(found) or NOTHING, lacks=lacks)

    return judge


def _types(labels: Iterable[str]) -> list[str]:
    return [label[len(TYPE) + 1 :] for label in labels if label.startswith(f"{TYPE}:")]
