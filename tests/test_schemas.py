"""The schemas are valid, refer only to themselves, agree with `model` and `config`, and are what is published."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from git_jit import config, model, schemas
from git_jit.codec import encode_comment, encode_config, encode_gate, issue_document
from git_jit.model import Json
from git_jit.rules import Fields, Rule

PUBLISHED = Path(__file__).parents[1] / "docs" / "reference" / "schemas"


def references(value: Json) -> Iterator[str]:
    match value:
        case dict():
            if isinstance(target := value.get("$ref"), str):
                yield target
            for inner in value.values():
                yield from references(inner)
        case list():
            for inner in value:
                yield from references(inner)


@pytest.mark.parametrize("kind", schemas.KINDS)
def test_a_schema_is_valid_and_stands_alone(kind: str) -> None:
    schema = schemas.schema(kind)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:git-jit:schema:{kind}:1"
    assert {name.removeprefix("#/$defs/") for name in references(schema)} == set(schema.get("$defs", {}))


@pytest.mark.parametrize("kind", schemas.KINDS)
def test_the_published_schema_is_the_one_in_the_package(kind: str) -> None:
    assert (PUBLISHED / f"{kind}.json").read_text(encoding="utf-8") == schemas.text(kind)


def test_no_schema_is_forgotten() -> None:
    assert {path.stem for path in PUBLISHED.glob("*.json")} == set(schemas.KINDS)


def test_every_stored_key_has_a_schema() -> None:
    now = model.Timestamp("2026-11-21T09:00:00.000000Z")
    id = model.IssueId("0" * 32)
    issue = model.Issue(id=id, title="x", created_at=now)
    comment = model.Comment(id=model.CommentId("0" * 26), issue=id, author=None, created_at=now, body="")
    gate = model.Gate(
        key=model.GateKey("k"), title="x", stdin=model.GateInput.ISSUE, memory_mb=1, processes=1, expect_output="x"
    )
    some = {"due": Rule(requires=Fields(names=("due",)))}
    every_rule = config.Config(
        required_sections={"*": ("Why",)},
        severities={"unresolved": "off"},
        review="required",
        rules=some,
        templates={"x": {"issues": [{"key": "x", "title": "X"}]}},
        archive_directory="old",
        archive_categories={"design": "designs"},
        archive_never=("docs/manual",),
    )
    written: dict[str, dict[str, Json]] = {
        "issue": issue_document(issue),
        "comment": json.loads(encode_comment(comment)),
        "gate": json.loads(encode_gate(gate)),
        "config": json.loads(encode_config(every_rule)),
    }
    for kind, document in written.items():
        assert set(schemas.schema(kind)["properties"]) == set(document), kind
    names = schemas.schema("config")["propertyNames"]["anyOf"][0]["enum"]
    assert set(names) == set(written["config"])
    assert set(schemas.schema("config")["$defs"]["namespace"]["properties"]) == set(config.NAMESPACE_KEYS)
    assert {*config.KEYS, "schema"} == set(names)


def test_numbers_and_patterns_are_those_of_the_model() -> None:
    issue = schemas.schema("issue")
    parts, defs = issue["properties"], issue["$defs"]
    assert (parts["title"]["maxLength"], parts["labels"]["maxItems"]) == (model.MAX_TITLE, model.MAX_LABELS)
    assert (defs["label"]["pattern"], defs["label"]["maxLength"]) == (model.LABEL_PATTERN, model.MAX_LABEL)
    assert defs["actor"]["pattern"] == model.ACTOR_PATTERN
    assert defs["gate_key"]["pattern"] == model.GATE_KEY_PATTERN
    assert parts["state"]["enum"] == [*model.State]
    assert parts["priority"]["enum"] == [*model.Priority]
    assert defs["link"]["properties"]["type"]["enum"] == [*model.LinkType]
    assert defs["gate_status"]["properties"]["status"]["enum"] == [*model.GateVerdict]
    rules = schemas.schema("config")
    assert rules["$defs"]["namespace_name"]["pattern"] == f"^{config.NAMESPACE_PATTERN}$"
    assert rules["$defs"]["type_name"]["pattern"] == f"^{config.NAME_PATTERN}$"
    assert rules["properties"]["queries"]["propertyNames"]["pattern"] == f"^{config.NAME_PATTERN}$"


@pytest.mark.parametrize("kind", schemas.KINDS)
def test_patterns_are_anchored(kind: str) -> None:
    for pattern in re.findall(r'"pattern": "([^"]+)"', schemas.text(kind)):
        assert pattern == "^x-" or (pattern[0], pattern[-1]) == ("^", "$")
