"""The canaries of `tests/cases/canaries.json`: secrets that nobody has, in the places where secrets turn up.

A secret is stored in parts, so that no scanner takes this repository for leaky.
"""

import json
from pathlib import Path
from typing import NamedTuple


class Canary(NamedTuple):
    """`text` is how it appears; `secret` is what must not be found anywhere."""

    name: str
    text: str
    secret: str


def canaries() -> list[Canary]:
    """All of them, in order."""
    stored = json.loads((Path(__file__).parent / "cases" / "canaries.json").read_text(encoding="utf-8"))
    return [
        Canary(one["name"], one["before"] + "".join(one["secret"]) + one["after"], "".join(one["secret"]))
        for one in stored
    ]
