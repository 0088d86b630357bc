"""The rules of a repository, as data: what `config.json` on the issues ref says.

Errors name the key; an unknown key is an error, because a rule that is silently ignored is no rule. Keys
that begin with `x-` belong to other programs: they are kept and never looked at.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from git_jit import patterns
from git_jit.canonical import Malformed
from git_jit.errors import Refused
from git_jit.model import Json
from git_jit.reader import Reader
from git_jit.record import field, record
from git_jit.text import is_heading, suggestion

if TYPE_CHECKING:
    from git_jit.rules import Rule

STALE_DAYS: Final = 14
"""Two weeks: the usual length of an iteration."""
ANY_TYPE: Final = "*"
"""In `required_sections`: issues of every type, and those without one."""
ARCHIVE: Final = "docs/archive"
"""Where documents are archived in a repository that does not say."""
OFF: Final = "off"
SEVERITIES: Final = ("error", "warning", OFF)
REVIEWS: Final = (OFF, "propose", "required")
"""How changes reach the published branch, from the most lenient to the strictest."""


@record(kw_only=True)
class Namespace:
    """The rule for labels `name:…`."""

    description: str = ""
    unique: bool = False
    """At most one label of this namespace on an issue."""
    required: bool = False
    pattern: str | None = None
    """A regular expression that the whole value must match."""
    values: tuple[str, ...] = ()
    """When not empty, the only values allowed."""


@record(kw_only=True)
class Config:
    """Everything a repository may decide for itself. The default is what a repository without rules has."""

    namespaces: Mapping[str, Namespace] = field(default_factory=dict)
    closed_namespaces: bool = False
    """Whether a label of a namespace that is not declared is refused."""
    types: Mapping[str, int] = field(default_factory=dict)
    """Type name to level in the hierarchy; a smaller level is more strategic."""
    strategic_types: tuple[str, ...] = ()
    membership: Mapping[str, str] = field(default_factory=dict)
    """Type name to the label namespace by which issues belong to one of that type."""
    default_type: str | None = None
    queries: Mapping[str, str] = field(default_factory=dict)
    """Saved filters by name."""
    fields: Mapping[str, Json] | None = None
    """A JSON Schema for `Issue.fields`."""
    stale_days: int = STALE_DAYS
    """Days without a change after which an issue that was begun is `is:stale`."""
    required_sections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Type name, or `ANY_TYPE`, to the headings that the description of such an issue must hold."""
    severities: Mapping[str, str] = field(default_factory=dict)
    """Code of a finding to one of `SEVERITIES`; which codes there are is `validate`'s business."""
    review: str | None = None
    """One of `REVIEWS`: how changes are published here. None leaves it to each clone."""
    rules: "Mapping[str, Rule]" = field(default_factory=dict)
    """What issues must be like, by name of the rule (ADR 0023)."""
    archive_directory: str | None = None
    """Where `doc archive` puts documents; None: `ARCHIVE`."""
    archive_categories: Mapping[str, str] = field(default_factory=dict)
    """Type of a document to the directory below the archive that such documents go to."""
    archive_never: tuple[str, ...] = ()
    """Directories and files of which `doc archive` takes nothing away."""
    templates: Mapping[str, Json] = field(default_factory=dict)
    """Plans with holes, by name; what they may say is `plans.templates`' business."""
    extra: Mapping[str, Json] = field(default_factory=dict)
    """The keys that begin with `x-`."""


class ConfigInvalid(Refused):
    """A key of the configuration that is unknown, or whose value is not what it must be."""

    code = "config_invalid"

    def __init__(self, key: str, reason: str, *, hint: str | None = None) -> None:
        super().__init__(
            f"configuration '{key}' {reason}",
            hint=hint or "'git jit config list' shows every key and its value",
            details={"key": key, "reason": reason},
        )


EXTENSION: Final = "x-"
"""The beginning of keys that are not ours."""
KEYS: Final = (
    "archive_categories",
    "archive_directory",
    "archive_never",
    "closed_namespaces",
    "default_type",
    "fields",
    "membership",
    "namespaces",
    "queries",
    "required_sections",
    "review",
    "rules",
    "severities",
    "stale_days",
    "strategic_types",
    "templates",
    "types",
)
LATER: Final = (
    "archive_categories",
    "archive_directory",
    "archive_never",
    "required_sections",
    "review",
    "rules",
    "severities",
    "templates",
)
"""Keys that came after the first published format."""
NAMESPACE_PATTERN: Final = "[a-z][a-z0-9-]*"
NAME_PATTERN: Final = "[A-Za-z0-9][A-Za-z0-9._-]*"
NAMESPACE_KEYS: Final = ("description", "pattern", "required", "unique", "values")


def parse(document: Mapping[str, Json]) -> Config:
    """The configuration that `document` (without its `schema`) says. Raises `ConfigInvalid`."""
    try:
        return _parse(Reader(dict(document), ""))
    except Malformed as error:
        path = str(error.details["path"]).lstrip(".")
        raise ConfigInvalid(path, str(error.details["reason"])) from None


def dump(config: Config) -> dict[str, Json]:
    """The inverse of `parse`, with every key spelled out."""
    return {
        **config.extra,
        "archive_categories": dict(config.archive_categories),
        "archive_directory": config.archive_directory,
        "archive_never": list(config.archive_never),
        "closed_namespaces": config.closed_namespaces,
        "default_type": config.default_type,
        "fields": None if config.fields is None else dict(config.fields),
        "membership": dict(config.membership),
        "namespaces": {name: _dump_namespace(rule) for name, rule in config.namespaces.items()},
        "queries": dict(config.queries),
        "required_sections": {type_: [*headings] for type_, headings in config.required_sections.items()},
        "review": config.review,
        "rules": _dump_rules(config),
        "severities": dict(config.severities),
        "stale_days": config.stale_days,
        "strategic_types": list(config.strategic_types),
        "templates": dict(config.templates),
        "types": dict(config.types),
    }


def stored(config: Config) -> dict[str, Json]:
    """What `dump` says, without the keys of `LATER` that say nothing: a program that does not know them refuses
    the whole configuration, so they appear only where they are used.
    """
    document = dump(config)
    return {key: value for key, value in document.items() if value or key not in LATER}


def _parse(read: Reader) -> Config:
    config = Config(
        namespaces={name: _parse_namespace(name, value) for name, value in read.object("namespaces").items()},
        closed_namespaces=read.flag("closed_namespaces"),
        types=_levels(read),
        strategic_types=tuple(read.strings("strategic_types")),
        membership=read.texts("membership"),
        default_type=read.optional("default_type"),
        queries=read.texts("queries"),
        fields=read.optional_object("fields"),
        stale_days=read.integer("stale_days", STALE_DAYS),
        required_sections=_sections(read),
        severities=read.texts("severities"),
        templates=read.object("templates"),
        review=read.optional("review"),
        rules=_rules(read),
        archive_directory=read.optional("archive_directory"),
        archive_categories=read.texts("archive_categories"),
        archive_never=tuple(read.strings("archive_never")),
        extra={key: read.rest.pop(key) for key in list(read.rest) if key.startswith(EXTENSION)},
    )
    _refuse_unknown(read, KEYS)
    _check(config)
    return config


def _parse_namespace(name: str, value: Json) -> Namespace:
    read = Reader(value, f".namespaces.{name}")
    rule = Namespace(
        description=read.optional("description") or "",
        unique=read.flag("unique"),
        required=read.flag("required"),
        pattern=read.optional("pattern"),
        values=tuple(read.strings("values")),
    )
    _refuse_unknown(read, NAMESPACE_KEYS)
    return rule


def _dump_namespace(rule: Namespace) -> Json:
    return {
        "description": rule.description,
        "pattern": rule.pattern,
        "required": rule.required,
        "unique": rule.unique,
        "values": list(rule.values),
    }


def _levels(read: Reader) -> dict[str, int]:
    levels = Reader(read.object("types"), ".types")
    return {name: levels.integer(name, 0) for name in list(levels.rest)}


def _sections(read: Reader) -> dict[str, tuple[str, ...]]:
    types = Reader(read.object("required_sections"), ".required_sections")
    return {name: tuple(types.strings(name)) for name in list(types.rest)}


def _rules(read: Reader) -> "dict[str, Rule]":
    values = read.object("rules")
    if not values:
        return {}
    from git_jit import rules  # only repositories with rules of their own pay for it

    if len(values) > rules.MAX_RULES:
        raise read.fail("rules", f"must not hold more than {rules.MAX_RULES}")
    return {name: rules.parse(name, value) for name, value in values.items()}


def _dump_rules(config: Config) -> dict[str, Json]:
    if not config.rules:
        return {}
    from git_jit import rules

    return {name: rules.dump(rule) for name, rule in config.rules.items()}


def _refuse_unknown(read: Reader, known: Sequence[str]) -> None:
    for key in read.rest:
        path = f"{read.path}.{key}".lstrip(".")
        raise ConfigInvalid(path, "is not a key", hint=suggestion(key, known, known="keys here are"))


def _check(config: Config) -> None:
    """What the type of a value does not say."""
    for name, rule in config.namespaces.items():
        _check_namespace(f"namespaces.{name}", name, rule)
    for key in ("types", "queries", "rules", "templates"):
        for name in getattr(config, key):
            _check_name(f"{key}.{name}", name)
    for type_, level in config.types.items():
        if level < 0:
            raise ConfigInvalid(f"types.{type_}", "must not be negative")
    if config.stale_days < 1:
        raise ConfigInvalid("stale_days", "must be at least 1")
    _check_word("review", config.review, (None, *REVIEWS))
    for code, severity in config.severities.items():
        _check_word(f"severities.{code}", severity, SEVERITIES)
    _check_sections(config)
    _check_archive(config)
    if config.types:  # without a hierarchy any type goes
        _check_declared("strategic_types", config.strategic_types, config.types)
        _check_declared("membership", config.membership, config.types)
        _check_declared("required_sections", config.required_sections.keys() - {ANY_TYPE}, config.types)
        _check_declared("default_type", [config.default_type] if config.default_type else [], config.types)


def _check_namespace(key: str, name: str, rule: Namespace) -> None:
    if not re.fullmatch(NAMESPACE_PATTERN, name):
        raise ConfigInvalid(key, "must be named with lower-case letters, digits and '-'")
    if rule.pattern is None:
        return
    if objection := patterns.objection(rule.pattern):
        raise ConfigInvalid(f"{key}.pattern", objection)
    for value in rule.values:
        if not patterns.matches(rule.pattern, value):
            raise ConfigInvalid(f"{key}.values", f"holds '{value}', which does not fit the pattern")


def _check_sections(config: Config) -> None:
    for type_, headings in config.required_sections.items():
        key = f"required_sections.{type_}"
        if type_ != ANY_TYPE:
            _check_name(key, type_)
        if not all(map(is_heading, headings)):
            raise ConfigInvalid(key, "must hold headings: one line of text each, without '#'")


def _check_archive(config: Config) -> None:
    said = [(f"archive_categories.{type_}", path) for type_, path in config.archive_categories.items()]
    said += [("archive_directory", config.archive_directory)] if config.archive_directory is not None else []
    for key, path in (*said, *(("archive_never", path) for path in config.archive_never)):
        if not is_below_the_top(path):
            raise ConfigInvalid(key, f"must be a path from the top of the repository, like '{ARCHIVE}', not '{path}'")


def is_below_the_top(path: str) -> bool:
    """Whether a path from the top of a repository leads to something of the code."""
    parts = path.removesuffix("/").split("/")
    return path.isprintable() and not {"", ".", "..", ".git"} & set(parts)


def _check_word(key: str, word: str | None, known: Sequence[str | None]) -> None:
    if word not in known:
        raise ConfigInvalid(key, f"must be one of {', '.join(filter(None, known))}, not '{word}'")


def _check_name(key: str, name: str) -> None:
    if not re.fullmatch(NAME_PATTERN, name):
        raise ConfigInvalid(key, "must be named with letters, digits and '._-', beginning with a letter or digit")


def _check_declared(key: str, used: Iterable[str], types: Iterable[str]) -> None:
    for type_ in used:
        if type_ not in types:
            hint = suggestion(type_, sorted(types), known="types are")
            raise ConfigInvalid(key, f"names '{type_}', which 'types' does not declare", hint=hint)
