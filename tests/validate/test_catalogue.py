"""The catalogue is whole: every code has a line in it, and every line is the code of something."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from git_jit import validate
from git_jit.codec import encode_issue
from git_jit.config import Config, ConfigInvalid, Namespace, parse
from git_jit.model import (
    MAX_BODY,
    Actor,
    Comment,
    Document,
    Gate,
    GateKey,
    GateStatus,
    GateVerdict,
    Issue,
    Json,
    Link,
    State,
)
from git_jit.paths import issue_path
from git_jit.record import replace
from git_jit.validate.catalogue import CATALOGUE, check_severities, finding, weigh
from git_jit.validate.clone_kinds import CLONE
from git_jit.validate.finding import Severity
from git_jit.validate.issue_rules import check_issue
from git_jit.validate.run_rules import check_authority, check_leases, check_runs, check_signers, check_stale
from tests.validate.tree import NOW, Tree, comment, id_of, issue, link, tree, with_keys

SOURCES = Path(validate.__file__).parent
READY, DONE, WORKING = State.READY, State.DONE, State.IN_PROGRESS
PATH = issue_path(id_of(1))


def written() -> Iterator[str]:
    """Every code that a rule may give, read from the source: the values of `finding`'s first argument."""
    for path in SOURCES.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and not path.stem.endswith("kinds"):
                yield node.value


def test_every_code_of_the_catalogue_is_written_in_a_rule() -> None:
    assert CATALOGUE.keys() - set(written()) == set()


def test_every_finding_is_made_with_a_code_of_the_catalogue() -> None:
    for path in SOURCES.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "finding":
                code = node.args[0]
                assert not isinstance(code, ast.Constant) or code.value in CATALOGUE, f"{path.name}:{node.lineno}"


TYPES = Config(types={"epic": 1, "task": 2}, default_type="task")
RULES = Config(
    namespaces={"type": Namespace(required=True), "team": Namespace(unique=True, values=("web",))},
    types={"epic": 1, "task": 2},
    closed_namespaces=True,
    fields={"required": ["points"]},
    required_sections={"*": ("Why",)},
)


def stored(*values: Issue | Comment | Gate | Config, **extra: bytes) -> Iterator[str]:
    """The codes of a tree. What has a fix must say so in the catalogue."""
    for each in tree(*values, **extra).check(code=lambda *_: False):
        assert each.fix is None or CATALOGUE[each.code].fix
        yield each.code


def raw(data: bytes) -> Iterator[str]:
    return stored(**{PATH: data})


def by_rules(made: Issue) -> Iterator[str]:
    return (each.code for each in check_issue(made, RULES))


def ruled(rule: Json, *values: Issue | Gate, **rest: Json) -> Iterator[str]:
    return stored(parse({"rules": {"it": rule}, **rest}), *values)


ONE = issue(1)
GATED = {GateKey("tests"): GateStatus()}
LEASE: dict[str, Json] = {
    "issue": id_of(1),
    "state": "held",
    "holder": {"actor": "a:b"},
    "epoch": 1,
    "renew": 0,
    "ttl_s": 60,
}

CASES: dict[str, Iterable[str]] = {
    "unreadable": raw(b"{"),
    "schema_unknown": raw(with_keys(encode_issue(ONE), schema=2)),
    "schema_invalid": stored(replace(comment(1), author=Actor("ada"))),
    "id_mismatch": stored(**{issue_path(id_of(2)): encode_issue(ONE)}),
    "misplaced": stored(**{"issues/x": b""}),
    "not_canonical": raw(with_keys(encode_issue(ONE))),
    "config_invalid": stored(**{"config.json": b'{"schema": 1, "x": 1}'}),
    "shape_invalid": stored(issue(1, estimate=-1)),
    "title_invalid": stored(issue(1, title="")),
    "description_invalid": stored(issue(1, description="x" * (MAX_BODY + 1))),
    "not_storable": by_rules(issue(1, fields={"half": 0.5})),
    "label_invalid": stored(issue(1, labels=("x",))),
    "assignee_invalid": stored(issue(1, assignee="x")),
    "actor_invalid": stored(issue(1, created_by="x")),
    "gate_invalid": stored(issue(1, gates={"A B": GateStatus()})),
    "link_invalid": stored(issue(1, links=(link("x", 1),))),
    "closed_but_open": stored(issue(1, closed_at=NOW)),
    "unresolved": stored(issue(1, unresolved=(Link("x", "y"),))),
    "cycle": stored(issue(1, 2), issue(2, 1)),
    "parent_cycle": stored(issue(1, links=(link("parent", 2),)), issue(2, links=(link("parent", 1),))),
    "self_reference": stored(issue(1, 1)),
    "redundant_dependency": stored(issue(1), issue(2, 1), issue(3, 1, 2)),
    "dependency_missing": stored(issue(1, 2)),
    "link_missing": stored(issue(1, links=(link("parent", 2),))),
    "gate_missing": stored(issue(1, gates=GATED)),
    "document_missing": stored(issue(1, documents=(Document(path="a.md"),))),
    "comment_orphaned": stored(comment(1)),
    "parent_twice": stored(issue(1, links=(link("parent", 2), link("parent", 3)))),
    "label_required": by_rules(ONE),
    "label_not_unique": by_rules(issue(1, labels=("team:a", "team:b"))),
    "label_value": by_rules(issue(1, labels=("team:a",))),
    "namespace_unknown": by_rules(issue(1, labels=("a:b",))),
    "type_unknown": by_rules(issue(1, labels=("type:x",))),
    "field_invalid": by_rules(ONE),
    "section_missing": by_rules(ONE),
    "type_hierarchy": stored(
        TYPES, issue(1, labels=("type:task",)), issue(2, labels=("type:epic",), links=(link("parent", 1),))
    ),
    "orphan_leaf": stored(replace(TYPES, severities={"orphan_leaf": "warning"}), issue(1, labels=("type:task",))),
    "ready_but_blocked": stored(issue(1), issue(2, 1, state=READY)),
    "in_progress_but_blocked": stored(issue(1), issue(2, 1, state=WORKING)),
    "done_but_blocked": stored(issue(1), issue(2, 1, state=DONE)),
    "done_but_gates_open": stored(issue(1, state=DONE, gates=GATED)),
    "rule_labels": ruled({"labels": {"pattern": "a:*"}}, ONE),
    "rule_forbidden_label": ruled({"forbidden_labels": ["a:*"]}, issue(1, labels=("a:b",))),
    "rule_section": ruled({"sections": {"headings": ["Why"]}}, ONE),
    "rule_field": ruled({"fields": ["due"]}, ONE),
    "rule_coverage": ruled(
        {"coverage": {"section": "Why", "id_pattern": "R-[0-9]+"}}, issue(1, description="# Why\n- R-1")
    ),
    "rule_gate": ruled(
        {"gates": {"definition": True}},
        issue(1, gates={"tests": GateStatus(status=GateVerdict.PASSED, definition="0")}),
        Gate(key=GateKey("tests"), title="Tests"),
    ),
    "rule_hierarchy": ruled(
        {"hierarchy": "orphan_leaf"}, issue(1, labels=("type:task",)), types={"epic": 1, "task": 2}
    ),
    "run_invalid": (each.code for each in check_runs({"a": None}, ())),
    "run_orphaned": (each.code for each in check_runs({"a": b'{"schema":1,"issue":"' + b"0" * 32 + b'"}'}, ())),
    "lease_invalid": (each.code for each in check_leases({"a": None}, NOW, ())),
    "lease_orphaned": (each.code for each in check_leases({"a": dict(LEASE)}, NOW, ())),
    "lease_expired": (
        each.code for each in check_leases({"a": {**LEASE, "wall_hint": "2020-01-01T00:00:00.000000Z"}}, NOW, ())
    ),
    "lease_indefinite": (each.code for each in check_leases({"a": {**LEASE, "ttl_s": 0}}, NOW, ())),
    "stale_claim": (each.code for each in check_stale({f"conflicts/{'0' * 32}/state.json": {"reason": "stale_claim"}})),
    "claims_suspended": (each.code for each in check_authority("origin")),
    "claim_signer": (each.code for each in check_signers({"a": ("agent:ada", "Bob")})),
}  # fmt: skip
"""For each code something that has it. Those of one clone are in `test_clone_rules`."""


@pytest.mark.parametrize("code", sorted(CATALOGUE.keys() - CLONE.keys()))
def test_every_code_has_a_case(code: str) -> None:
    assert code in set(CASES[code])


def test_of_a_sound_tree_nothing_is_said() -> None:
    assert Tree({PATH: encode_issue(ONE), "README.md": b"x"}).check(code=lambda *_: True) == ()


def test_each_kind_says_what_and_why_in_a_line() -> None:
    for code, kind in CATALOGUE.items():
        for text in (kind.meaning, kind.reason, *([kind.fix] if kind.fix else [])):
            assert text[0].islower(), code
            assert not text.endswith("."), code
            assert "\n" not in text, code


# --- weights ----------------------------------------------------------------------------------------------


def test_a_repository_weighs_findings_as_it_likes_but_not_the_binding_ones() -> None:
    found = [finding(code, "x", "y") for code in ("cycle", "unresolved", "link_missing", "dependency_missing")]
    rules = Config(
        severities={"cycle": "off", "unresolved": "off", "link_missing": "error", "dependency_missing": "warning"}
    )
    weighed = weigh(found, rules)
    assert [(each.code, each.severity) for each in weighed] == [
        ("cycle", Severity.ERROR),
        ("link_missing", Severity.ERROR),
        ("dependency_missing", Severity.WARNING),
    ]
    assert weigh(weighed, rules) == weighed
    assert weigh(found, Config()) == found


def test_a_way_of_working_is_judged_only_where_it_was_chosen() -> None:
    found = [finding("orphan_leaf", "x", "y")]
    assert weigh(found, Config()) == []
    assert weigh(found, Config(severities={"orphan_leaf": "off"})) == []
    assert weigh(found, Config(severities={"orphan_leaf": "warning"})) == found


def test_what_a_repository_takes_for_a_warning_stands_in_the_way_of_no_write() -> None:
    rules = replace(TYPES, severities={"label_required": "warning"}, namespaces={"type": Namespace(required=True)})
    assert [(each.code, each.severity) for each in check_issue(ONE, rules)] == [("label_required", Severity.WARNING)]


@pytest.mark.parametrize(
    ("severities", "message", "hint"),
    [
        (
            {"cycle": "warning"},
            "configuration 'severities.cycle' is binding: a tracker with it cannot be trusted",
            "'git jit config list' shows every key and its value",
        ),
        (
            {"unresolvd": "off"},
            "configuration 'severities.unresolvd' is not the code of a finding",
            "did you mean 'unresolved'?",
        ),
    ],
)
def test_severities_of_other_codes_are_refused(severities: dict[str, str], message: str, hint: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        check_severities(Config(severities=severities))
    assert (caught.value.message, caught.value.hint) == (message, hint)
    check_severities(Config(severities={"unresolved": "off"}))
