"""The rules for one document alone; what needs other issues is in `graph_rules` and `reference_rules`.

A rule is a generator of findings. Shapes (types, syntax, limits that a JSON Schema can state) come from the
published schemas; here is what they cannot say, and the words for people.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from git_jit import patterns
from git_jit.canonical import Malformed
from git_jit.codec import encode_issue, issue_document
from git_jit.config import Config, ConfigInvalid, Namespace, suggestion
from git_jit.errors import InvalidValue
from git_jit.model import MAX_LABEL, MAX_TITLE, Issue, Json, LinkType
from git_jit.text import clean_body, clean_title
from git_jit.validate import shape
from git_jit.validate.finding import Finding, Severity

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
    """Everything that is wrong with `issue` by itself under the rules of `config`, errors and warnings."""
    return [finding for rule in _RULES for finding in rule(issue, config)]


def _shape(issue: Issue, _: Config) -> Iterator[Finding]:
    document = issue_document(issue)
    for path, message in shape.errors("issue", document):
        field = path[2:].partition(".")[0].partition("[")[0]
        if field == "title":
            continue  # `_texts` says it better
        code = _CODES.get(field, "shape_invalid")
        yield _error(issue, code, _sentence(document, path, message), _HINTS[code])


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


def _texts(issue: Issue, _: Config) -> Iterator[Finding]:
    try:
        clean_title(issue.title)
    except InvalidValue as error:
        yield _error(issue, "title_invalid", error.message, error.hint or _HINTS["title_invalid"])
    try:
        clean_body(issue.description)
    except InvalidValue as error:
        yield _error(issue, "description_invalid", error.message, error.hint)


def _size(issue: Issue, _: Config) -> Iterator[Finding]:
    try:
        encode_issue(issue)
    except Malformed as error:
        hint = "move long text and large values into files of the repository, and name the files here"
        yield _error(issue, "not_storable", f"the issue cannot be stored: {error.message}", hint)


def _namespaces(issue: Issue, config: Config) -> Iterator[Finding]:
    values = _values_by_namespace(issue)
    for name, rule in config.namespaces.items():
        yield from _namespace(issue, name, rule, values.get(name, []))
    if config.closed_namespaces:
        for name in sorted(values.keys() - _declared(config)):
            hint = suggestion(name, sorted(_declared(config)), what="namespaces")
            yield _error(issue, "namespace_unknown", f"namespace '{name}' is not declared", hint)


def _namespace(issue: Issue, name: str, rule: Namespace, values: list[str]) -> Iterator[Finding]:
    if rule.required and not values:
        hint = f"add one: 'git jit label add {issue.id[:7]} {name}:…'"
        yield _error(issue, "label_required", f"a label '{name}:…' is required", hint)
    if rule.unique and len(values) > 1:
        listed = ", ".join(f"{name}:{value}" for value in values)
        hint = "keep one of them: 'git jit label rm'"
        yield _error(issue, "label_not_unique", f"only one label '{name}:…' is allowed, not {listed}", hint)
    for value in values:
        if rule.values and value not in rule.values:
            hint = suggestion(value, rule.values, what="values")
            yield _error(issue, "label_value", f"label '{name}:{value}' has a value that is not allowed", hint)
        elif rule.pattern is not None and not patterns.matches(rule.pattern, value):
            hint = f"values of '{name}' match {rule.pattern}"
            yield _error(issue, "label_value", f"label '{name}:{value}' has a value that is not allowed", hint)


def _types(issue: Issue, config: Config) -> Iterator[Finding]:
    for type_ in _values_by_namespace(issue).get(TYPE, []):
        if config.types and type_ not in config.types:
            hint = suggestion(type_, sorted(config.types), what="types")
            yield _error(issue, "type_unknown", f"type '{type_}' is not in the hierarchy", hint)


def _fields(issue: Issue, config: Config) -> Iterator[Finding]:
    if config.fields is None:
        return
    from git_jit.validate import schema  # imports jsonschema; only repositories with custom rules pay for it

    hint = "'git jit config get fields' prints the schema"
    try:
        for path, message in schema.field_errors(config.fields, issue.fields):
            yield _error(issue, "field_invalid", f"'fields{path[1:]}' does not fit: {message}", hint)
    except ConfigInvalid as error:
        yield _error(issue, error.code, error.message, error.hint)


_RULES: Final[tuple[Rule, ...]] = (_shape, _texts, _size, _namespaces, _types, _fields)


def _error(issue: Issue, code: str, message: str, hint: str | None) -> Finding:
    return Finding(code=code, severity=Severity.ERROR, subject=issue.id, message=message, hint=hint)


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
