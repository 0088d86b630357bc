"""A plan as JSON: `{"plan": "name", "defaults": {…}, "issues": [{"key": "a", "title": "…", …}]}`."""

import json
from collections.abc import Mapping
from typing import Final

from git_jit.canonical import Malformed, loads
from git_jit.model import Json
from git_jit.plans import Place, PlanInvalid, Problem, Where, WorkPlan
from git_jit.plans.entries import Raw, fields_of, plan_of
from git_jit.reader import Reader

IGNORED: Final = "schema"
"""A key that editors put into JSON files to know their schema."""


def parse(text: str) -> WorkPlan:
    """Read a plan of at most 2 MiB. Raises `PlanInvalid` with everything that the document alone shows to be wrong."""
    try:
        read = Reader(loads(text.encode(errors="surrogatepass")))
        name = read.optional("plan")
        defaults = read.object("defaults")
        issues = read.array("issues")
    except Malformed as error:
        path, reason = str(error.details["path"]), str(error.details["reason"])
        raise PlanInvalid([Problem(place=Place(text=path), message=reason)]) from None
    problems = [
        Problem(place=Place(text=f"$.{key}"), message="is not a field of a plan") for key in read.rest if key != IGNORED
    ]
    raws = raws_of(issues, defaults, "$.issues", problems)
    return plan_of(name, raws, problems, where_in("$"))


def raws_of(issues: list[Json], defaults: Mapping[str, Json], path: str, problems: list[Problem]) -> list[Raw]:
    """The members of an array of entries, with `defaults` for what they do not say."""
    raws = []
    for index, value in enumerate(issues):
        where = where_in(f"{path}[{index}]")
        if isinstance(value, dict):
            raws.append(Raw(fields=value if value.get("issue") else {**defaults, **value}, where=where))
        else:
            problems.append(Problem(place=where(""), message="must be an object"))
    return raws


def where_in(path: str) -> Where:
    """Places below `path`."""
    return lambda name: Place(text=f"{path}.{name}" if name else path)


def dump(plan: WorkPlan) -> str:
    """The inverse of `parse`; every key is said."""
    document: dict[str, Json] = {"plan": plan.name} if plan.name is not None else {}
    document["issues"] = [{"key": entry.key, **fields_of(entry)} for entry in plan.entries]
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
