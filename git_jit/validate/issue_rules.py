"""The rules for one document alone; what needs other issues is in `graph_rules` and `reference_rules`.

A rule is a generator of findings. Shapes (types, syntax, limits that a JSON Schema can state) come from the
published schemas; here is what they cannot say, and the words for people.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from git_jit import patterns, schemas
from git_jit.canonical import Malformed
from git_jit.codec import encode_issue, issue_document
from git_jit.config import Config, ConfigInvalid, Namespace
from git_jit.errors import InvalidValue
from git_jit.model import ACTOR_PATTERN, LABEL_PATTERN, MAX_LABEL, MAX_TITLE, Issue, Json, LinkType, short
from git_jit.record import fields as record_fields
from git_jit.text import clean_body, clean_title, suggestion
from git_jit.validate import mends, shape
from git_jit.validate.finding import Finding, Fix

Rule: TypeAlias = Callable[[Issue, Config], Iterator[Finding]]

TYPE: Final = "type"
"""The namespace whose values are the types of the hierarchy."""

_CODES: Final = {
    "assignee": "assignee_invalid",
    "created_by": "actor_invalid",
    "gates": "gate_invalid",
    "labels": "label_invalid",
    "links": "link_invalid",
}
_HINTS: Final = {
    "assignee_invalid": "an assignee is kind:name, like human:ada or agent:worker-1",
    "actor_invalid": "an actor is kind:name, like human:ada or agent:worker-1",
    "gate_invalid": "the key of a gate has lower-case letters, digits and '._-', like unit-tests",
    "label_invalid": f"a label is namespace:value, like component:web, of at most {MAX_LABEL} characters",
    "link_invalid": f"types of links are {', '.join(LinkType)}",
    "shape_invalid": "'git jit schema issue' prints what an issue may hold",
    "title_invalid": f"a title is one line of 1 to {MAX_TITLE} characters",
}


def check_issue(issue: Issue, config: Config) -> list[Finding]:
    """Everything that is wrong with `issue` by itself under the rules of `config`, errors and warnings, weighed."""
    return _weighed(_asked(issue, config, _EVERY), config)


def check_changed(before: Issue, after: Issue, config: Config) -> list[Finding]:
    """The same, but only of the fields in which `after` is another than `before`. Whatever `check_issue` says of the
    others it says of `before` too; and an update changes one field of twenty.
    """
    changed = frozenset(name for name in _EVERY if getattr(before, name) != getattr(after, name))
    return _weighed(_asked(after, config, _EVERY if "extra" in changed else changed), config)


def _weighed(findings: Iterable[Finding], config: Config) -> list[Finding]:
    found = [*findings]
    if not found:
        return found
    from git_jit.validate.catalogue import weigh

    return weigh(found, config)


def finding(code: str, subject: str, message: str, hint: str | None = None, fix: Fix | None = None) -> Finding:
    """As in the catalogue, which is loaded when the first issue is not sound."""
    from git_jit.validate.catalogue import finding as weighed

    return weighed(code, subject, message, hint, fix)


def check_stored_issue(issue: Issue, config: Config) -> list[Finding]:
    """The same for an issue that is known to be spelled within the limits, not weighed; and a schema for custom
    fields that cannot be used is left out, because it is wrong once and not in every issue.
    """
    found = _asked(issue, config, _EVERY, but=_size)
    return [finding for finding in found if finding.code != ConfigInvalid.code]


def _asked(issue: Issue, config: Config, fields: frozenset[str], *, but: Rule | None = None) -> Iterator[Finding]:
    """What the rules say that look at one of `fields`."""
    yield from _shape(issue, fields)
    for rule, seen in _RULES.items():
        if rule is not but and not seen.isdisjoint(fields):
            yield from rule(issue, config)


def _shape(issue: Issue, fields: frozenset[str]) -> Iterator[Finding]:
    document = issue_document(issue)
    judged = document
    if fields is not _EVERY:
        needed = schemas.schema("issue")["required"]
        judged = {name: value for name, value in document.items() if name in fields or name in needed}
    for path, message in shape.errors("issue", judged):
        field = path[2:].partition(".")[0].partition("[")[0]
        if field == "title":
            continue  # `_texts` says it better
        code = _CODES.get(field, "shape_invalid")
        yield finding(code, issue.id, _sentence(document, path, message), _HINTS[code], _lower(document, path))


def _sentence(document: Mapping[str, Json], path: str, message: str) -> str:
    """The finding in words; what people mistype most is quoted."""
    syntax = message.startswith("must match")
    match path.partition("["), document:
        case ("$.labels", "[", index), {"labels": [*labels]}:
            return f"label '{labels[int(index[:-1])]}' {'is not namespace:value' if syntax else message}"
        case ("$.assignee" | "$.created_by", _, _), _:
            return f"'{document[path[2:]]}' {'is not an actor' if syntax else message}"
        case _:
            return f"'{path[2:]}' {message}"


def _lower(document: Mapping[str, Json], path: str) -> Fix | None:
    """What mends a label or an actor of which only the first part is not in lower case."""
    match path.partition("["), document:
        case ("$.labels", "[", index), {"labels": [*labels]}:
            label = str(labels[int(index[:-1])])
            return mends.lower_namespace(label) if _lowered(label, LABEL_PATTERN) else None
        case ("$.assignee" | "$.created_by", _, _), _:
            actor = str(document[path[2:]])
            return mends.lower_actor(path[2:], actor) if _lowered(actor, ACTOR_PATTERN) else None
        case _:
            return None


def _lowered(text: str, pattern: str) -> bool:
    """Whether `text` fits the pattern with its first part in lower case, and not as it is."""
    first, colon, rest = text.partition(":")
    return first != first.lower() and patterns.found(pattern, first.lower() + colon + rest)


def _texts(issue: Issue, _: Config) -> Iterator[Finding]:
    try:
        clean_title(issue.title)
    except InvalidValue as error:
        yield finding("title_invalid", issue.id, error.message, error.hint or _HINTS["title_invalid"])
    try:
        clean_body(issue.description)
    except InvalidValue as error:
        yield finding("description_invalid", issue.id, error.message, error.hint)


def _size(issue: Issue, _: Config) -> Iterator[Finding]:
    try:
        encode_issue(issue)
    except Malformed as error:
        hint = "move long text and large values into files of the repository, and name the files here"
        yield finding("not_storable", issue.id, f"the issue cannot be stored: {error.message}", hint)


def _namespaces(issue: Issue, config: Config) -> Iterator[Finding]:
    values = _values_by_namespace(issue)
    for name, rule in config.namespaces.items():
        yield from _namespace(issue, name, rule, values.get(name, []))
        if rule.required and name not in values:
            hint = f"add one: 'git jit label add {short(issue.id)} {name}:…'"
            fix = _default_type(name, config)
            yield finding("label_required", issue.id, f"a label '{name}:…' is required", hint, fix)
    if config.closed_namespaces:
        for name in sorted(values.keys() - _declared(config)):
            hint = suggestion(name, sorted(_declared(config)), known="namespaces are")
            yield finding("namespace_unknown", issue.id, f"namespace '{name}' is not declared", hint)


def _namespace(issue: Issue, name: str, rule: Namespace, values: list[str]) -> Iterator[Finding]:
    if rule.unique and len(values) > 1:
        listed = ", ".join(f"{name}:{value}" for value in values)
        hint = "keep one of them: 'git jit label rm'"
        yield finding("label_not_unique", issue.id, f"only one label '{name}:…' is allowed, not {listed}", hint)
    for value in values:
        if rule.values and value not in rule.values:
            hint = suggestion(value, rule.values, known="values are")
            yield finding("label_value", issue.id, f"label '{name}:{value}' has a value that is not allowed", hint)
        elif rule.pattern is not None and not patterns.matches(rule.pattern, value):
            hint = f"values of '{name}' match {rule.pattern}"
            yield finding("label_value", issue.id, f"label '{name}:{value}' has a value that is not allowed", hint)


def _types(issue: Issue, config: Config) -> Iterator[Finding]:
    for type_ in _values_by_namespace(issue).get(TYPE, []):
        if config.types and type_ not in config.types:
            hint = suggestion(type_, sorted(config.types), known="types are")
            yield finding("type_unknown", issue.id, f"type '{type_}' is not in the hierarchy", hint)


def _fields(issue: Issue, config: Config) -> Iterator[Finding]:
    if config.fields is None:
        return
    from git_jit.validate import schema  # imports jsonschema; only repositories with custom rules pay for it

    hint = "'git jit config get fields' prints the schema"
    try:
        for path, message in schema.field_errors(config.fields, issue.fields):
            yield finding("field_invalid", issue.id, f"'fields{path[1:]}' does not fit: {message}", hint)
    except ConfigInvalid as error:
        yield finding(error.code, issue.id, error.message, error.hint)


def _default_type(namespace: str, config: Config) -> Fix | None:
    label = f"{TYPE}:{config.default_type}"
    fits = namespace == TYPE and config.default_type is not None and patterns.found(LABEL_PATTERN, label)
    return mends.add_label(label) if fits else None


def _sections(issue: Issue, config: Config) -> Iterator[Finding]:
    if not config.required_sections:
        return
    from git_jit.validate.sections import missing_sections

    for heading in missing_sections(issue.description, _values_by_namespace(issue).get(TYPE, []), config):
        hint = f"'git jit edit {short(issue.id)}' opens it; a heading is a line like '## {heading}'"
        yield finding("section_missing", issue.id, f"the description has no section '{heading}'", hint)


def _closing(issue: Issue, _: Config) -> Iterator[Finding]:
    if not issue.state.terminal and (issue.closed_at or issue.close_reason):
        what = f"was closed on {issue.closed_at[:10]}" if issue.closed_at else "has a reason of closing"
        yield finding("closed_but_open", issue.id, f"is {issue.state}, but {what}", fix=mends.clear_closing())


def _unresolved(issue: Issue, _: Config) -> Iterator[Finding]:
    for link in issue.unresolved:
        yield finding("unresolved", issue.id, f"refers to '{link.target}' ({link.type}), which is not here")


_EVERY: Final = frozenset(record_fields(Issue))
_RULES: Final[Mapping[Rule, frozenset[str]]] = {
    _texts: frozenset({"title", "description"}),
    _size: _EVERY,
    _namespaces: frozenset({"labels"}),
    _types: frozenset({"labels"}),
    _fields: frozenset({"fields"}),
    _sections: frozenset({"description", "labels"}),
    _closing: frozenset({"state", "closed_at", "close_reason"}),
    _unresolved: frozenset({"unresolved"}),
}
"""Each with the fields that it looks at. Before all of them goes `_shape`, which looks at one field after the other."""


def _values_by_namespace(issue: Issue) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for label in issue.labels:
        namespace, _, value = label.partition(":")
        values.setdefault(namespace, []).append(value)
    return values


def _declared(config: Config) -> set[str]:
    """Namespaces with a rule, and those that the hierarchy of types uses."""
    implied = {TYPE, *config.membership.values()} if config.types else set()
    return implied | set(config.namespaces)
