"""The JSON Schemas (2020-12) of what is stored and exported, one file a kind."""

from functools import cache
from json import loads
from typing import Any, Final

KINDS: Final = ("issue", "comment", "gate", "config", "conflict", "lease", "export")


def text(kind: str) -> str:
    """The schema file of one of `KINDS`, as it is published."""
    with open(f"{__file__.rpartition('/')[0]}/{kind}.json", encoding="utf-8") as file:  # noqa: PTH123
        return file.read()


@cache
def schema(kind: str) -> dict[str, Any]:
    """The schema of one of `KINDS`. Shared: do not change it."""
    document: dict[str, Any] = loads(text(kind))
    return document
