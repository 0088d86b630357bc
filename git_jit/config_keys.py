"""Configuration by key, as `git jit config get/set/list` shows it: `namespaces.epic.unique`."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from git_jit import canonical, config
from git_jit.canonical import Malformed
from git_jit.config import KEYS, NAMESPACE_KEYS, Config, ConfigInvalid
from git_jit.model import Json
from git_jit.text import suggestion

Path: TypeAlias = tuple[str, ...]

_WHOLE: Final = (("fields",),)
_WHOLE_BELOW: Final = (("rules",), ("templates",))
"""What is shown and set as one JSON value: the schema of custom fields, each rule."""
NONE: Final = "none"
"""How a user spells null, as in `--due none`."""


def entries(rules: Config) -> list[tuple[str, Json]]:
    """Every key with its value, in order; empty tables as they are."""
    return [(".".join(path), value) for path, value in _leaves((), config.dump(rules))]


def get(rules: Config, key: str) -> Json:
    """The value at `key`, a table or one value. Raises `ConfigInvalid` if there is none."""
    value: Json = config.dump(rules)
    for step in _path(key):
        if not isinstance(value, dict) or step not in value:
            raise ConfigInvalid(key, "is not set")
        value = value[step]
    return value


def set_value(rules: Config, key: str, text: str) -> Config:
    """`rules` with `key` set to what `text` spells, checked whole. Raises `ConfigInvalid`.

    Flags are `true` or `false`, lists are separated by commas, `none` is null; tables and anything that
    begins with `[` or `{` are JSON.
    """
    path = _path(key)
    document = config.dump(rules)
    table = document
    for step in path[:-1]:
        inner = table.setdefault(step, {})
        if not isinstance(inner, dict):
            raise ConfigInvalid(key, "is not a key")
        table = inner
    table[path[-1]] = _reader_of(path)(key, text)
    return config.parse(document)


def unset(rules: Config, key: str) -> Config:
    """`rules` with `key` back at its default, or gone from its table. Raises `ConfigInvalid`."""
    get(rules, key)
    *above, last = _path(key)
    document = table = config.dump(rules)
    for step in above:
        inner = table[step]
        assert isinstance(inner, dict)  # `get` has walked this path
        table = inner
    del table[last]
    return config.parse(document)


def _path(key: str) -> Path:
    """Cut a key into steps: names of types and queries may hold dots, so a table takes the rest whole."""
    table, _, rest = key.partition(".")
    if not rest:
        return (table,)
    if table == "namespaces":
        return (table, *rest.split(".", 1))
    return (table, rest)


def _leaves(path: Path, value: Json) -> Iterator[tuple[Path, Json]]:
    if isinstance(value, dict) and value and path not in _WHOLE and path[:-1] not in _WHOLE_BELOW:
        for key in sorted(value):
            yield from _leaves((*path, key), value[key])
    else:
        yield path, value


def _flag(key: str, text: str) -> Json:
    match text.strip().lower():
        case "true" | "yes" | "on":
            return True
        case "false" | "no" | "off":
            return False
        case _:
            raise ConfigInvalid(key, f"must be true or false, not '{text}'")


def _integer(key: str, text: str) -> Json:
    digits = text.strip()
    if digits.isascii() and digits.isdigit() and len(digits) < 10:
        return int(digits)
    raise ConfigInvalid(key, f"must be a whole number, not '{text}'")


def _text(_: str, text: str) -> Json:
    return text


def _optional(_: str, text: str) -> Json:
    return None if text.strip().lower() == NONE else text


def _list(key: str, text: str) -> Json:
    if text.lstrip().startswith("["):
        return _json(key, text)
    return [part.strip() for part in text.split(",") if part.strip()]


def _json(key: str, text: str) -> Json:
    if text.strip().lower() == NONE:
        return None
    try:
        return canonical.loads(text.encode(errors="surrogatepass"))
    except Malformed as error:
        raise ConfigInvalid(key, str(error.details["reason"])) from None


Convert: TypeAlias = Callable[[str, str], Json]

_CONVERT: Final[Mapping[Path, Convert]] = {
    ("archive_categories",): _json,
    ("archive_categories", "*"): _text,
    ("archive_directory",): _optional,
    ("archive_never",): _list,
    ("closed_namespaces",): _flag,
    ("default_type",): _optional,
    ("fields",): _json,
    ("membership",): _json,
    ("membership", "*"): _text,
    ("namespaces",): _json,
    ("namespaces", "*"): _json,
    ("namespaces", "*", "description"): _text,
    ("namespaces", "*", "pattern"): _optional,
    ("namespaces", "*", "required"): _flag,
    ("namespaces", "*", "unique"): _flag,
    ("namespaces", "*", "values"): _list,
    ("queries",): _json,
    ("queries", "*"): _text,
    ("required_sections",): _json,
    ("required_sections", "*"): _list,
    ("review",): _optional,
    ("rules",): _json,
    ("rules", "*"): _json,
    ("severities",): _json,
    ("severities", "*"): _text,
    ("stale_days",): _integer,
    ("strategic_types",): _list,
    ("templates",): _json,
    ("templates", "*"): _json,
    ("types",): _json,
    ("types", "*"): _integer,
}


def _reader_of(path: Path) -> Convert:
    """How to read the text for `path`. Raises `ConfigInvalid` with a suggestion if there is no such key."""
    pattern = (path[0], *("*" if depth == 1 else step for depth, step in enumerate(path[1:], 1)))
    if path[0].startswith(config.EXTENSION):
        return _json if len(path) == 1 else _text
    if found := _CONVERT.get(pattern):
        return found
    known = NAMESPACE_KEYS if path[0] == "namespaces" and len(path) == 3 else KEYS
    wrong = path[-1] if known is NAMESPACE_KEYS else path[0]
    raise ConfigInvalid(".".join(path), "is not a key", hint=suggestion(wrong, known, known="keys here are"))
