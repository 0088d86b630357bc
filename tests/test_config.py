import json
from pathlib import Path

import pytest

from git_jit import config_keys
from git_jit.config import KEYS, LATER, Config, ConfigInvalid, Namespace, dump, parse, stored
from git_jit.model import Json
from git_jit.rules import Fields, Rule
from git_jit.templates import TEMPLATES

CUSTOM = Path(__file__).parent / "cases" / "stored" / "config-custom.json"


@pytest.mark.parametrize("rules", [Config(), *TEMPLATES.values()], ids=["empty", *TEMPLATES])
def test_dump_and_parse_are_inverse(rules: Config) -> None:
    assert parse(dump(rules)) == rules


def test_nothing_said_means_the_defaults() -> None:
    assert parse({}) == Config()


def test_a_stored_configuration_is_read_whole() -> None:
    document = json.loads(CUSTOM.read_bytes())
    del document["schema"]
    rules = parse(document)
    assert rules.namespaces["points"] == Namespace(
        description="Size by agreement", unique=True, values=("1", "2", "3", "5", "8", "13")
    )
    assert rules.extra == {"x-board": {"columns": ["todo", "doing"]}}
    assert stored(rules) == document
    later: dict[str, Json] = {"required_sections": {}, "review": None, "rules": {}, "severities": {}, "templates": {}}
    archive: dict[str, Json] = {"archive_categories": {}, "archive_directory": None, "archive_never": []}
    assert dump(rules) == {**document, **later, **archive}


@pytest.mark.parametrize(
    ("document", "message", "hint"),
    [
        ({"namespace": {}}, "configuration 'namespace' is not a key", "did you mean 'namespaces'?"),
        (
            {"zzz": 1},
            "configuration 'zzz' is not a key",
            f"keys here are {', '.join(KEYS)}",
        ),
        (
            {"namespaces": {"epic": {"uniqe": True}}},
            "configuration 'namespaces.epic.uniqe' is not a key",
            "did you mean 'unique'?",
        ),
        (
            {"types": {"epic": 1}, "strategic_types": ["epik"]},
            "configuration 'strategic_types' names 'epik', which 'types' does not declare",
            "did you mean 'epic'?",
        ),
        (
            {"types": {"epic": 1}, "default_type": "q"},
            "configuration 'default_type' names 'q', which 'types' does not declare",
            "types are epic",
        ),
    ],
)
def test_a_wrong_name_comes_with_a_suggestion(document: dict[str, Json], message: str, hint: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        parse(document)
    assert (caught.value.message, caught.value.hint) == (message, hint)
    assert (caught.value.code, caught.value.status) == ("config_invalid", 4)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"namespaces": []}, "configuration 'namespaces' must be an object"),
        ({"namespaces": {"epic": True}}, "configuration 'namespaces.epic' must be an object"),
        ({"namespaces": {"epic": {"unique": "yes"}}}, "configuration 'namespaces.epic.unique' must be true or false"),
        ({"namespaces": {"epic": {"values": [1]}}}, "configuration 'namespaces.epic.values[0]' must be a string"),
        (
            {"namespaces": {"Epic": {}}},
            "configuration 'namespaces.Epic' must be named with lower-case letters, digits and '-'",
        ),
        ({"namespaces": {"e": {"pattern": r"(a)\1"}}}, "configuration 'namespaces.e.pattern' refers back to a group"),
        (
            {"namespaces": {"e": {"pattern": "["}}},
            "configuration 'namespaces.e.pattern' is not a regular expression: unterminated character set at position 0",
        ),
        (
            {"namespaces": {"e": {"pattern": "[ab]", "values": ["a", "c"]}}},
            "configuration 'namespaces.e.values' holds 'c', which does not fit the pattern",
        ),
        ({"closed_namespaces": None}, "configuration 'closed_namespaces' must be true or false"),
        ({"types": {"epic": "1"}}, "configuration 'types.epic' must be an integer"),
        ({"types": {"epic": -1}}, "configuration 'types.epic' must not be negative"),
        (
            {"types": {"a b": 1}},
            "configuration 'types.a b' must be named with letters, digits and '._-', beginning with a letter or digit",
        ),
        (
            {"types": {"epic": 1}, "membership": {"bug": "b"}},
            "configuration 'membership' names 'bug', which 'types' does not declare",
        ),
        ({"stale_days": 0}, "configuration 'stale_days' must be at least 1"),
        ({"stale_days": True}, "configuration 'stale_days' must be an integer"),
        ({"queries": {"mine": 1}}, "configuration 'queries.mine' must be a string"),
        ({"review": "always"}, "configuration 'review' must be one of off, propose, required, not 'always'"),
        *(
            (
                {"archive_directory": path},
                f"configuration 'archive_directory' must be a path from the top of the repository, like 'docs/archive', not '{path}'",
            )
            for path in ("/tmp", "../x", "a/../b", "", ".git/x", "a//b", "a\x1b[31m")
        ),
        ({"severities": {"cycle": 1}}, "configuration 'severities.cycle' must be a string"),
        (
            {"severities": {"unresolved": "fatal"}},
            "configuration 'severities.unresolved' must be one of error, warning, off, not 'fatal'",
        ),
        ({"required_sections": ["Why"]}, "configuration 'required_sections' must be an object"),
        ({"required_sections": {"*": "Why"}}, "configuration 'required_sections.*' must be an array"),
        (
            {"required_sections": {"a b": []}},
            "configuration 'required_sections.a b' must be named with letters, digits and '._-', beginning with a letter or digit",
        ),
        (
            {"required_sections": {"*": ["## Why"]}},
            "configuration 'required_sections.*' must hold headings: one line of text each, without '#'",
        ),
        (
            {"required_sections": {"*": ["a\nb"]}},
            "configuration 'required_sections.*' must hold headings: one line of text each, without '#'",
        ),
        (
            {"types": {"epic": 1}, "required_sections": {"*": ["Why"], "bug": ["Steps"]}},
            "configuration 'required_sections' names 'bug', which 'types' does not declare",
        ),
        ({"fields": []}, "configuration 'fields' must be an object or null"),
    ],
)
def test_a_wrong_value_is_named_by_its_key(document: dict[str, Json], message: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        parse(document)
    assert caught.value.message == message


def test_keys_that_came_later_are_stored_only_where_they_say_something() -> None:
    assert not set(LATER) & stored(Config()).keys()
    rules = Config(
        required_sections={"*": ("Why",)},
        severities={"unresolved": "off"},
        review="required",
        rules={"due": Rule(requires=Fields(names=("due",)))},
        archive_directory="dev/archive",
        archive_categories={"design": "features"},
        archive_never=("docs",),
        templates={"story": {"issues": [{"title": "x"}]}},
    )
    assert stored(rules) == dump(rules)
    assert parse(stored(rules)) == rules


def test_without_a_hierarchy_any_type_may_have_members() -> None:
    assert parse({"membership": {"epic": "epic"}}).membership == {"epic": "epic"}


def test_keys_of_other_programs_are_kept() -> None:
    rules = parse({"x-board": {"columns": ["a"]}})
    assert rules.extra == {"x-board": {"columns": ["a"]}}
    assert dump(rules)["x-board"] == {"columns": ["a"]}


def test_every_key_can_be_got_and_set_to_what_it_is() -> None:
    for rules in TEMPLATES.values():
        for key, value in config_keys.entries(rules):
            assert config_keys.get(rules, key) == value
            text = "none" if value is None else value if isinstance(value, str) else json.dumps(value)
            assert config_keys.set_value(rules, key, text) == rules
