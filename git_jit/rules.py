"""Rules of a repository as data: which issues a rule is about, and the one thing it requires of them.

Here is what a rule may say; what its filter means is known to `query.rules`, and who breaks it to `validate.rules`.
Nothing in a rule is code: names and globs are compared, and the one regular expression cannot hang (`patterns`).
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from git_jit import patterns
from git_jit.canonical import Malformed
from git_jit.model import MAX_LABEL, MAX_LABELS, Json
from git_jit.reader import Reader
from git_jit.record import record
from git_jit.text import is_heading

ERROR: Final = "error"
SEVERITIES: Final = (ERROR, "warning", "off")
MAX_RULES: Final = 100
"""Each is asked about every issue that its filter finds; the largest known repository has nine."""
MAX_WHEN: Final = 2_000
"""Characters of a filter."""
MAX_MESSAGE: Final = 300
MAX_NAMES: Final = 50
"""Members of a list in a rule."""
MAX_MARKER: Final = 40
MAX_ITEMS: Final = 1_000
MAX_DAYS: Final = 36_500
"""A hundred years."""
CHILDREN: Final = "children"
DEPENDENCIES: Final = "dependencies"
AMONG: Final = (CHILDREN, DEPENDENCIES)
ORPHAN_LEAF: Final = "orphan_leaf"
STRATEGIC: Final = "strategic_consistency"
HIERARCHY: Final = (ORPHAN_LEAF, STRATEGIC)
_FIELD: Final = "[A-Za-z][A-Za-z0-9._-]*"
_NAMESPACE: Final = "[a-z][a-z0-9-]*"


@record(kw_only=True)
class Labels:
    """From `min` to `max` (None: any number) labels that fit `pattern`, in which `*` and `?` are wildcards."""

    pattern: str
    min: int = 1
    max: int | None = None


@record(kw_only=True)
class ForbiddenLabels:
    """No label that fits any of these."""

    patterns: tuple[str, ...]


@record(kw_only=True)
class Sections:
    """The description has these headings."""

    headings: tuple[str, ...]
    not_empty: bool = False
    """Something is written below each."""
    min_items: int = 0
    """At least so many items of a list, with or without a box, below each."""


@record(kw_only=True)
class Fields:
    """The issue has these, by the names that `has:` of a filter knows."""

    names: tuple[str, ...]


@record(kw_only=True)
class Coverage:
    """Every id in a section of the description is the value of a label of some issue around it."""

    section: str
    id_pattern: str
    """A regular expression (`patterns`) for a whole id."""
    marker: str | None = None
    """Only lines with this text count, such as `[hard]`."""
    by: str = "satisfies"
    """The namespace of the labels that credit an id."""
    among: str = CHILDREN
    """One of `AMONG`: issues below it by parent, or all that it waits for; directly or not."""
    finished: bool = False
    """Only issues that are done credit."""
    without_types: tuple[str, ...] = ()
    """Issues of these types credit nothing, and nobody is looked for behind them."""
    container: str | None = None
    """The namespace of the label that names, by the beginning of its id, the issue to look at instead."""


@record(kw_only=True)
class Gates:
    """Gates that have passed did so recently enough. What has not passed is the workflow's business."""

    keys: str = "*"
    """Which gates, with wildcards."""
    max_age_days: int | None = None
    code: bool = False
    """On the code as it is checked out."""
    definition: bool = False
    """Under the definition of today."""


@record(kw_only=True)
class Hierarchy:
    """What types ask for: one of `HIERARCHY`."""

    kind: str


Requirement: TypeAlias = Labels | ForbiddenLabels | Sections | Fields | Coverage | Gates | Hierarchy


@record(kw_only=True)
class Rule:
    """One rule. Its name is the key it lies under."""

    requires: Requirement
    when: str | None = None
    """The filter that finds the issues it is about; None is every issue."""
    severity: str = ERROR
    enforce: bool = False
    """Whether a write is refused that breaks it."""
    message: str = ""
    """Why there is such a rule, or what to do; for people."""


def kind_of(rule: Rule) -> str:
    """The key of what it requires."""
    return _KINDS[type(rule.requires)]


def parse(name: str, value: Json) -> Rule:
    """The rule that `value` says. Raises `Malformed` with a path that begins with `.rules`."""
    read = Reader(value, f".rules.{name}")
    kinds = [key for key in _READ if key in read.rest]
    if len(kinds) != 1:
        said = f"not {' and '.join(kinds)}" if kinds else "and it has none"
        raise Malformed(read.path, f"must have exactly one of {', '.join(_READ)}, {said}")
    rule = Rule(
        requires=_READ[kinds[0]](read, kinds[0]),
        when=_filter(read),
        severity=_word(read, "severity", SEVERITIES, ERROR),
        enforce=read.flag("enforce"),
        message=_line(read, "message", MAX_MESSAGE) or "",
    )
    _refuse_rest(read, (*kinds, "when", "severity", "enforce", "message"))
    if rule.enforce and rule.severity != ERROR:
        raise read.fail("enforce", f"needs the severity '{ERROR}': a warning is never in the way")
    return rule


def dump(rule: Rule) -> dict[str, Json]:
    """The inverse of `parse`, with every key spelled out."""
    return {
        "when": rule.when,
        "severity": rule.severity,
        "enforce": rule.enforce,
        "message": rule.message,
        kind_of(rule): _dump_requirement(rule.requires),
    }


def _dump_requirement(requires: Requirement) -> Json:
    match requires:
        case ForbiddenLabels(patterns=names) | Fields(names=names):
            return [*names]
        case Hierarchy(kind=kind):
            return kind
        case Labels():
            return {"pattern": requires.pattern, "min": requires.min, "max": requires.max}
        case Sections():
            return {
                "headings": [*requires.headings],
                "not_empty": requires.not_empty,
                "min_items": requires.min_items,
            }
        case Gates():
            return {
                "keys": requires.keys,
                "max_age_days": requires.max_age_days,
                "code": requires.code,
                "definition": requires.definition,
            }
        case Coverage():
            return {
                "section": requires.section,
                "id_pattern": requires.id_pattern,
                "marker": requires.marker,
                "by": requires.by,
                "among": requires.among,
                "finished": requires.finished,
                "without_types": [*requires.without_types],
                "container": requires.container,
            }


# --- one function a requirement -------------------------------------------------------------------------


def _labels(above: Reader, key: str) -> Labels:
    read = _inner(above, key)
    found = Labels(
        pattern=_glob(read, "pattern"),
        min=_number(read, "min", 1, 0, MAX_LABELS) or 0,
        max=_number(read, "max", None, 0, MAX_LABELS),
    )
    _refuse_rest(read, ("pattern", "min", "max"))
    if found.max is not None and found.max < found.min:
        raise read.fail("max", f"must not be less than 'min', {found.min}")
    if found.min == 0 and found.max is None:
        raise Malformed(read.path, "must have a 'min' above 0 or a 'max': any number is no rule")
    return found


def _forbidden(above: Reader, key: str) -> ForbiddenLabels:
    return ForbiddenLabels(patterns=_names(above, key, lambda text: 0 < len(text) <= MAX_LABEL, "labels or globs"))


def _sections(above: Reader, key: str) -> Sections:
    read = _inner(above, key)
    found = Sections(
        headings=_names(read, "headings", is_heading, "headings: one line of text each, without '#'"),
        not_empty=read.flag("not_empty"),
        min_items=_number(read, "min_items", 0, 0, MAX_ITEMS) or 0,
    )
    _refuse_rest(read, ("headings", "not_empty", "min_items"))
    return found


def _fields(above: Reader, key: str) -> Fields:
    return Fields(names=_names(above, key, lambda text: bool(re.fullmatch(_FIELD, text)), "names of fields"))


def _coverage(above: Reader, key: str) -> Coverage:
    read = _inner(above, key)
    found = Coverage(
        section=_heading(read, "section"),
        id_pattern=read.text("id_pattern"),
        marker=_line(read, "marker", MAX_MARKER),
        by=_namespace(read, "by") or "satisfies",
        among=_word(read, "among", AMONG, CHILDREN),
        finished=read.flag("finished"),
        without_types=_names(read, "without_types", bool, "names of types", least=0),
        container=_namespace(read, "container"),
    )
    _refuse_rest(read, ("section", "id_pattern", "marker", "by", "among", "finished", "without_types", "container"))
    if objection := patterns.objection(found.id_pattern):
        raise read.fail("id_pattern", objection)
    return found


def _gates(above: Reader, key: str) -> Gates:
    read = _inner(above, key)
    found = Gates(
        keys=_glob(read, "keys") if "keys" in read.rest else "*",
        max_age_days=_number(read, "max_age_days", None, 1, MAX_DAYS),
        code=read.flag("code"),
        definition=read.flag("definition"),
    )
    _refuse_rest(read, ("keys", "max_age_days", "code", "definition"))
    if found.max_age_days is None and not found.code and not found.definition:
        raise Malformed(read.path, "must have one of max_age_days, code, definition")
    return found


def _hierarchy(above: Reader, key: str) -> Hierarchy:
    return Hierarchy(kind=_word(above, key, HIERARCHY, ""))


_READ: Final[Mapping[str, Callable[[Reader, str], Requirement]]] = {
    "labels": _labels,
    "forbidden_labels": _forbidden,
    "sections": _sections,
    "fields": _fields,
    "coverage": _coverage,
    "gates": _gates,
    "hierarchy": _hierarchy,
}
_KINDS: Final[Mapping[type, str]] = {
    Labels: "labels",
    ForbiddenLabels: "forbidden_labels",
    Sections: "sections",
    Fields: "fields",
    Coverage: "coverage",
    Gates: "gates",
    Hierarchy: "hierarchy",
}


# --- values ---------------------------------------------------------------------------------------------


def _inner(read: Reader, key: str) -> Reader:
    return Reader(read.rest.pop(key), f"{read.path}.{key}")


def _filter(read: Reader) -> str | None:
    when = read.optional("when")
    if when is None:
        return None
    if not when.strip():
        raise read.fail("when", "must not be empty; leave it out for every issue")
    if len(when) > MAX_WHEN:
        raise read.fail("when", f"must have at most {MAX_WHEN} characters")
    return when


def _glob(read: Reader, key: str) -> str:
    pattern = read.text(key)
    if not 0 < len(pattern) <= MAX_LABEL:
        raise read.fail(key, f"must have 1 to {MAX_LABEL} characters")
    return pattern


def _heading(read: Reader, key: str) -> str:
    text = read.text(key)
    if not is_heading(text):
        raise read.fail(key, "must be a heading: one line of text, without '#'")
    return text


def _line(read: Reader, key: str, most: int) -> str | None:
    text = read.optional(key)
    if text is not None and (len(text) > most or text != " ".join(text.split()) or (not text and key == "marker")):
        raise read.fail(key, f"must be one line of at most {most} characters")
    return text


def _namespace(read: Reader, key: str) -> str | None:
    name = read.optional(key)
    if name is not None and not re.fullmatch(_NAMESPACE, name):
        raise read.fail(key, "must be a namespace: lower-case letters, digits and '-'")
    return name


def _word(read: Reader, key: str, known: tuple[str, ...], default: str) -> str:
    word = read.rest.pop(key, default)
    if not isinstance(word, str) or word not in known:
        raise read.fail(key, f"must be one of {', '.join(known)}")
    return word


def _number(read: Reader, key: str, default: int | None, least: int, most: int) -> int | None:
    number = read.optional_integer(key) if key in read.rest else default
    if number is None:
        return default
    if not least <= number <= most:
        raise read.fail(key, f"must be between {least} and {most}")
    return number


def _names(read: Reader, key: str, fits: Callable[[str], bool], what: str, *, least: int = 1) -> tuple[str, ...]:
    names = read.strings(key)
    if not least <= len(names) <= MAX_NAMES or not all(map(fits, names)):
        raise read.fail(key, f"must hold {least} to {MAX_NAMES} {what}")
    return tuple(dict.fromkeys(names))


def _refuse_rest(read: Reader, known: tuple[str, ...]) -> None:
    for key in read.rest:
        raise read.fail(key, f"is not a key; keys here are {', '.join(known)}")
