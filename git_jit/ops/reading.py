"""A stored document as lines for people: what `git log -p` shows of it where our diff driver is installed."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from git_jit import canonical
from git_jit.canonical import Malformed

FIRST: Final = ("title", "state", "priority", "assignee", "labels", "dependencies")
"""What one asks first; the other fields follow in order of name."""
UNTOLD: Final = frozenset({"schema", "description", "body"})


def readable(data: bytes) -> list[str]:
    """One line a field, the empty ones left out, and texts at the end; the bytes as text if they are no document."""
    try:
        document = canonical.loads(data)
    except Malformed:
        document = None
    if not isinstance(document, dict):
        return data.decode("utf-8", "replace").splitlines()
    names = [*(name for name in FIRST if name in document), *sorted(document.keys() - {*FIRST} - UNTOLD)]
    lines = [f"{name}: {told}" for name in names for told in _told(document[name])]
    return [*lines, *_text(document)]


def _told(value: Any) -> Iterator[str]:
    """Nothing for what is empty; a line for each member of a list or an object."""
    match value:
        case None | [] | {}:
            return
        case str():
            yield value
        case bool():
            yield "yes" if value else "no"
        case list():
            for member in value:
                yield " ".join(_told(member))
        case Mapping():
            for name, member in sorted(value.items()):
                yield f"{name} = {', '.join(_told(member))}"
        case _:
            yield str(value)


def _text(document: Mapping[str, Any]) -> list[str]:
    lines = document.get("description")
    if isinstance(lines, list) and lines:
        return ["", *map(str, lines)]
    body = document.get("body")
    if isinstance(body, list):
        return ["", *map(str, body)]
    return ["", *body.split("\n")] if isinstance(body, str) and body else []
