"""Options that narrow a list. Each is a term of the filter language; an issue must meet them all."""

import re
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Final, TypeVar

from git_jit.cli.parameters import add, text

Function = TypeVar("Function", bound=Callable[..., object])

TERMS: Final = {
    "state": ("-s", "--state", "S", "In this state (several: 'ready,backlog')."),
    "label": ("-l", "--label", "L", "With this label ('component:*' for any of a namespace)."),
    "assignee": ("-a", "--assignee", "WHO", "Assigned to 'me', 'none' or 'kind:name'."),
    "created-by": ("-A", "--author", "WHO", "Created by this actor."),
    "milestone": ("-m", "--milestone", "M", "In this milestone."),
    "priority": ("-p", "--priority", "P", "Of this priority ('>=high')."),
}
"""Field of the filter language to option names (gh's and glab's letters), metavar and help."""


def _dest(field: str) -> str:
    return f"by_{field}".replace("-", "_")


OPTIONS: Final = (
    text("--filter", "-f", metavar="EXPR", help="Only what meets this filter."),
    *(
        text(long, short, dest=_dest(field), metavar=metavar, many=True, help=help)
        for field, (short, long, metavar, help) in TERMS.items()
    ),
)

NAMES_STATES: Final = r"(?i)\b(?:(?:state|status|closed)\s*:|is:(?:open|closed|broken)\b)"


def narrow_options(function: Function) -> Function:
    """Adds `--filter` and the short terms; they arrive as one list `filters` of texts in the filter language."""

    @wraps(function)
    def narrowed(*args: Any, **kwargs: Any) -> object:
        filters = [text for text in [kwargs.pop("filter")] if text is not None]
        for field in TERMS:
            filters += [f"{field}:{quoted(field, value)}" for value in kwargs.pop(_dest(field))]
        return function(*args, filters=filters, **kwargs)

    return add(OPTIONS, narrowed)  # type: ignore[return-value]


def names_states(filters: Sequence[str]) -> bool:
    """Whether a filter says which states it wants. Then `list` does not add "open" to it."""
    return any(re.search(NAMES_STATES, text) for text in filters)


def quoted(field: str, value: str) -> str:
    """`value` as the filter language takes it: bare where it can be (wildcards, lists, comparisons), else quoted."""
    if value and not any(c.isspace() or c in '()"\\' for c in value):
        return value
    operator = value[: len(value) - len(value.lstrip("<>=!"))] if field == "priority" else ""
    text = value[len(operator) :].replace("\\", "\\\\").replace('"', '\\"')
    return f'{operator}"{text}"'
