"""The names a filter may use before a colon, and the words people try instead."""

from collections.abc import Mapping
from typing import Final

FIELDS: Final = (
    "id", "state", "priority", "assignee", "label", "type", "epic", "milestone", "title", "text",
    "depends-on", "blocks", "parent", "link", "gate", "doc", "due", "defer", "estimate",
    "created", "updated", "closed", "created-by", "claimed-by",
    "is", "has", "no", "query",
)  # fmt: skip
CUSTOM: Final = "field."
"""What the name of a custom field follows: `field.points`."""
NOT_PRESENT_ABLE: Final = frozenset({"text", "is", "has", "no", "query"})
"""The fields that `has:` and `no:` cannot ask about, because they are questions themselves."""

ALIASES: Final[Mapping[str, str]] = {"status": "state"}
"""Other names that are understood; the printer writes the name of the house."""
SYNONYMS: Final[Mapping[str, str]] = {
    "author": "created-by",
    "body": "text",
    "creator": "created-by",
    "dependencies": "depends-on",
    "deps": "depends-on",
    "desc": "text",
    "description": "text",
    "owner": "assignee",
    "reporter": "created-by",
    "saved": "query",
    "tag": "label",
    "tags": "label",
    "waits-for": "depends-on",
}
"""Words of other trackers. Not understood (they mean slightly different things there), but answered well."""

_KNOWN: Final = frozenset(FIELDS)


def canonical(name: str) -> str | None:
    """The field that `name` means: any case, `_` for `-`, an alias, or `field.<name>`; None if there is none.

    >>> canonical("Depends_On"), canonical("status"), canonical("field.Points"), canonical("stat")
    ('depends-on', 'state', 'field.Points', None)
    """
    if name in _KNOWN:
        return name
    if name[: len(CUSTOM)].lower() == CUSTOM:
        return CUSTOM + name[len(CUSTOM) :] if len(name) > len(CUSTOM) else None
    folded = name.lower().replace("_", "-")
    folded = ALIASES.get(folded, folded)
    return folded if folded in _KNOWN else None
