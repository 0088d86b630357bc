"""What `rules.toml` of a `.jit` directory asserts, as far as rules of ours say the same.

A rule is taken over whole or not at all: one with a word that we do not know is reported, never weakened.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from git_jit.canonical import Malformed
from git_jit.config import Config, ConfigInvalid
from git_jit.model import Json
from git_jit.ops.imports.record import Remarks
from git_jit.query import Term, Word, unparse
from git_jit.query.rules import objections
from git_jit.record import record, replace
from git_jit.rules import DEPENDENCIES, ERROR, ORPHAN_LEAF, STRATEGIC, Rule
from git_jit.rules import parse as parse_rule

SEVERITIES: Final = {"error": ERROR, "warn": "warning", "warning": "warning"}
HIERARCHY: Final = {"orphan-leaf": ORPHAN_LEAF, "strategic-consistency": STRATEGIC}
OURS: Final = frozenset({"default:label-format", "default:type-hierarchy-known"})
"""By our grammar, and by the types of the configuration."""
KNOWN: Final = frozenset({"name", "when", "severity", "enforce", "assert", "message", "description"})
ASKED: Final = ("type", "state", "label", "priority", "assignee")
"""What `when` may ask; the words are those of our filters."""
FINISHED: Final = frozenset({"done", "archived"})


@record(kw_only=True)
class Asserted:
    """What the rules say together."""

    closed: bool
    """Whether undeclared namespaces are refused."""
    uniques: frozenset[str]
    """Namespaces of which an issue has one label at most."""
    required: frozenset[str]
    rules: Mapping[str, Rule]


def read(document: Mapping[str, Any], remarks: Remarks) -> Asserted:
    """Everything that `rules.toml` says. What has no counterpart is reported."""
    closed = False
    uniques: set[str] = set()
    required: set[str] = set()
    rules: dict[str, Rule] = {}
    for table in map(_table, document.get("rules", [])):
        name = str(table.get("name", ""))
        label = _table(_table(table.get("assert")).get("require-label"))
        namespace = str(label.get("label", "")).removesuffix(":*")
        if name == "default:namespace-registry":
            closed = table.get("enforce") is True
        elif name in OURS:
            continue
        elif label and "when" not in table and table.get("enforce") is True and ":" not in namespace:
            uniques.update({namespace} if label.get("max") == 1 else ())
            required.update({namespace} if label.get("min", 0) >= 1 else ())
        elif rule := _rule(table):
            rules[_name(name, rules)] = rule
        else:
            remarks.add("rules-not-mapped", "rules.toml", name)
    return Asserted(closed=closed, uniques=frozenset(uniques), required=frozenset(required), rules=rules)


def understood(config: Config, remarks: Remarks) -> Config:
    """Without the rules whose filter asks for what this configuration does not know, such as a type."""
    wrong = objections(config)
    for name in wrong:
        remarks.add("rules-not-mapped", "rules.toml", name)
    return replace(config, rules={name: rule for name, rule in config.rules.items() if name not in wrong})


def _name(name: str, taken: Mapping[str, Rule]) -> str:
    slug = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._") or "rule"
    number = next(
        count for count in range(1, len(taken) + 2) if (slug if count == 1 else f"{slug}-{count}") not in taken
    )
    return slug if number == 1 else f"{slug}-{number}"


def _rule(table: Mapping[str, Any]) -> Rule | None:
    """One rule; None if ours could not say all of it."""
    assertion = _table(table.get("assert"))
    kinds = [kind for kind in assertion if kind in _KINDS]
    severity = SEVERITIES.get(str(table.get("severity", "error")))
    when = _when(table.get("when", {}))
    if len(assertion) != 1 or not kinds or table.keys() - KNOWN or severity is None or when is None:
        return None
    requires = _KINDS[kinds[0]](_table(assertion[kinds[0]]))
    if requires is None:
        return None
    enforce = table.get("enforce") is True and severity == ERROR
    data: dict[str, Json] = {"when": when or None, "severity": severity, "enforce": enforce, **requires}
    if isinstance(message := table.get("message"), str):
        data["message"] = " ".join(message.split())
    try:
        return parse_rule("x", data)
    except (Malformed, ConfigInvalid):
        return None


def _when(value: object) -> str | None:
    """The filter that says the same; None if there is none."""
    table = _table(value)
    terms = []
    for field, wanted in table.items():
        values = wanted if isinstance(wanted, list) else [wanted]
        if field not in ASKED or not values or not all(isinstance(each, str) and each for each in values):
            return None
        terms.append(unparse(Term(field, "", tuple(map(_word, values)))))
    return " ".join(terms) if terms or value == {} else None


def _word(text: str) -> Word:
    return Word(text, quoted=not re.fullmatch(r"[A-Za-z0-9*][A-Za-z0-9*:_.-]*", text))


def _labels(table: Mapping[str, Any]) -> dict[str, Json] | None:
    if table.keys() - {"label", "min", "max"}:
        return None
    least = table.get("min", 0 if "max" in table else 1)
    return {"labels": {"pattern": table.get("label"), "min": least, "max": table.get("max")}}


def _sections(table: Mapping[str, Any]) -> dict[str, Json] | None:
    if table.keys() != {"heading"}:
        return None
    return {"sections": {"headings": [_heading(table["heading"])], "not_empty": True}}


def _coverage(table: Mapping[str, Any]) -> dict[str, Json] | None:
    names = {
        "criteria-section": "section",
        "marker": "marker",
        "id-pattern": "id_pattern",
        "satisfies-namespace": "by",
        "container-from-label": "container",
        "child-type-exclude": "without_types",
    }
    states = table.get("child-state", [])
    states = states if isinstance(states, list) else [states]
    is_known = not table.keys() - {*names, "child-link", "child-state"} and not set(map(str, states)) - FINISHED
    if not is_known or table.get("child-link") != DEPENDENCIES:
        return None
    data: dict[str, Json] = {ours: table[theirs] for theirs, ours in names.items() if theirs in table}
    return {
        "coverage": {
            **data,
            "section": _heading(table.get("criteria-section")),
            "among": DEPENDENCIES,
            "finished": bool(states),
        }
    }


def _heading(value: object) -> Json:
    """`success_criteria` stands for the heading `Success Criteria`."""
    if not isinstance(value, str):
        return None
    return value.replace("_", " ").title() if re.fullmatch("[a-z0-9_]+", value) else value


def _hierarchy(table: Mapping[str, Any]) -> dict[str, Json] | None:
    return {"hierarchy": HIERARCHY.get(str(table.get("kind")))} if table.keys() == {"kind"} else None


_KINDS: Final[Mapping[str, Callable[[Mapping[str, Any]], dict[str, Json] | None]]] = {
    "require-label": _labels,
    "require-section": _sections,
    "label-coverage": _coverage,
    "type-hierarchy": _hierarchy,
}


def _table(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}
