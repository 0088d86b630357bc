"""The lines between `---` at the top of an outline: the name of the plan, and what holds for all its issues."""

from collections.abc import Callable, Mapping
from typing import Final

from git_jit.errors import InvalidValue
from git_jit.model import Json
from git_jit.plans.notation import PERSON
from git_jit.record import field, record
from git_jit.times import minutes

FENCE: Final = "---"

NAME: Final = "plan"
SINGLE: Final = ("priority", "assignee", "state", "parent", "due", "defer_until", "estimate")
LABELS: Final = ("type", "epic", "milestone")
"""Short for a label of that namespace."""
LISTS: Final = ("labels", "gates")
OTHER_NAMES: Final[Mapping[str, str]] = {"name": NAME, "label": "labels", "gate": "gates", "defer": "defer_until"}
KNOWN: Final = (NAME, *SINGLE, *LABELS, *LISTS)

Complain = Callable[[int, int, str], None]
"""Called with line and column (both from 0) and what is wrong there."""


@record(kw_only=True)
class Front:
    """What was said once for all."""

    name: str | None = None
    defaults: Mapping[str, Json] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    """On which line each default is said."""

    def completed(self, fields: Mapping[str, Json]) -> dict[str, Json]:
        """`fields` of an issue with what they leave open; labels are added, but for namespaces that it uses itself."""
        own = fields.get("labels", [])
        ours = self.defaults.get("labels", [])
        whole = {**self.defaults, **fields}
        if isinstance(own, list) and isinstance(ours, list) and ours:
            used = {_namespace(label) for label in own}
            whole["labels"] = [*(label for label in ours if _namespace(label) not in used), *own]
        return whole


def read_front(lines: list[str], complain: Complain) -> tuple[Front, int]:
    """What stands between line 0, which is a fence, and the next one; and the number of the line after it."""
    end = next((n for n, line in enumerate(lines) if n and line.rstrip() == FENCE), None)
    if end is None:
        complain(0, 0, f"begins the front matter, which no other '{FENCE}' ends")
        return Front(), len(lines)
    name: str | None = None
    defaults: dict[str, Json] = {}
    found: dict[str, int] = {}
    for number in range(1, end):
        line = lines[number]
        if not line.strip():
            continue
        key, colon, value = (part.strip() for part in line.partition(":"))
        key = key.lower().replace("-", "_")
        key = OTHER_NAMES.get(key, key)
        if not colon or not value:
            complain(number, 0, "is not 'name: value'")
        elif key not in KNOWN:
            complain(number, 0, f"'{key}' is not known here; known are {', '.join(KNOWN)}")
        elif key in found:
            complain(number, 0, f"says '{key}' a second time")
        elif key == NAME:
            name, found[key] = value, number
        else:
            found[key] = number
            _default(defaults, key, value, lambda message, number=number: complain(number, 0, message))  # type: ignore[misc]
    lines_of = {("labels" if key in LABELS else key): number for key, number in found.items()}
    return Front(name=name, defaults=defaults, lines=lines_of), end + 1


def _default(defaults: dict[str, Json], key: str, value: str, complain: Callable[[str], None]) -> None:
    if key in LABELS or key in LISTS:
        members: list[Json] = [f"{key}:{value}"] if key in LABELS else [one.strip() for one in value.split(",")]
        present = defaults.setdefault("labels" if key in LABELS else key, [])
        assert isinstance(present, list)  # nothing else is put there
        present += members
    elif key == "assignee":
        who = value.removeprefix("@")
        defaults[key] = who if ":" in who else f"{PERSON}:{who}"
    elif key == "estimate":
        try:
            defaults[key] = minutes(value)
        except InvalidValue as error:
            complain(str(error.details["rule"]))
    else:
        defaults[key] = value.lower() if key in {"priority", "state"} else value


def _namespace(label: Json) -> str:
    return str(label).partition(":")[0]
