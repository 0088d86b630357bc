import pytest

from git_jit.config import Config, ConfigInvalid, Namespace
from git_jit.config_keys import entries, get, set_value, unset
from git_jit.model import Json

RULES = Config(
    namespaces={"epic": Namespace(description="The goal", unique=True)},
    types={"epic": 1, "task": 2},
    queries={"v1.0": "milestone:v1.0"},
)


def test_the_list_names_every_value() -> None:
    assert entries(RULES) == [
        ("archive_categories", {}),
        ("archive_directory", None),
        ("archive_never", []),
        ("closed_namespaces", False),
        ("default_type", None),
        ("fields", None),
        ("membership", {}),
        ("namespaces.epic.description", "The goal"),
        ("namespaces.epic.pattern", None),
        ("namespaces.epic.required", False),
        ("namespaces.epic.unique", True),
        ("namespaces.epic.values", []),
        ("queries.v1.0", "milestone:v1.0"),
        ("required_sections", {}),
        ("review", None),
        ("rules", {}),
        ("severities", {}),
        ("stale_days", 14),
        ("strategic_types", []),
        ("templates", {}),
        ("types.epic", 1),
        ("types.task", 2),
    ]


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("namespaces.epic.unique", "false", False),
        ("namespaces.epic.unique", "On", True),
        ("namespaces.epic.values", "a, b,c", ["a", "b", "c"]),
        ("namespaces.epic.values", '["a,b"]', ["a,b"]),
        ("namespaces.epic.values", "", []),
        ("namespaces.epic.pattern", r"v\d+", r"v\d+"),
        ("namespaces.epic.pattern", "none", None),
        ("namespaces.team.description", "Who owns it", "Who owns it"),
        ("closed_namespaces", "true", True),
        ("types.bug", "2", 2),
        ("types", '{"a": 1}', {"a": 1}),
        ("default_type", "task", "task"),
        ("strategic_types", "epic", ["epic"]),
        ("membership.epic", "epic", "epic"),
        ("queries.my.next", "is:ready", "is:ready"),
        ("stale_days", " 30 ", 30),
        ("review", "required", "required"),
        ("severities.link_missing", "off", "off"),
        ("archive_directory", "dev/archive", "dev/archive"),
        ("archive_directory", "none", None),
        ("archive_categories.design", "features", "features"),
        ("archive_never", "docs/, README.md", ["docs/", "README.md"]),
        ("severities", '{"unresolved": "error"}', {"unresolved": "error"}),
        ("required_sections.task", "Steps, Expected", ["Steps", "Expected"]),
        ("required_sections.*", "Why", ["Why"]),
        ("fields", '{"type": "object"}', {"type": "object"}),
        ("fields", "none", None),
        ("x-board", '{"columns": []}', {"columns": []}),
    ],
)
def test_a_value_is_set_from_text(key: str, text: str, value: Json) -> None:
    assert get(set_value(RULES, key, text), key) == value


def test_setting_one_key_leaves_the_others() -> None:
    after = dict(entries(set_value(RULES, "stale_days", "30")))
    assert after == {**dict(entries(RULES)), "stale_days": 30}


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        ("stale_days", "soon", "configuration 'stale_days' must be a whole number, not 'soon'"),
        ("stale_days", "0", "configuration 'stale_days' must be at least 1"),
        ("types.bug", "9" * 30, f"configuration 'types.bug' must be a whole number, not '{'9' * 30}'"),
        (
            "namespaces.epic.unique",
            "maybe",
            "configuration 'namespaces.epic.unique' must be true or false, not 'maybe'",
        ),
        ("namespaces.epic.uniqe", "true", "configuration 'namespaces.epic.uniqe' is not a key"),
        ("namespaces.epic.unique.x", "true", "configuration 'namespaces.epic.unique.x' is not a key"),
        ("stale_days.x", "1", "configuration 'stale_days.x' is not a key"),
        ("fields.type", "object", "configuration 'fields.type' is not a key"),
        ("nothing", "1", "configuration 'nothing' is not a key"),
        ("", "1", "configuration '' is not a key"),
        (
            "fields",
            "{",
            "configuration 'fields' is not JSON: expecting property name enclosed in double quotes (line 1, column 2)",
        ),
        ("fields", '"\ud800"', "configuration 'fields' is not UTF-8 at byte 1"),
        ("types", "[]", "configuration 'types' must be an object"),
        ("default_type", "tusk", "configuration 'default_type' names 'tusk', which 'types' does not declare"),
    ],
)
def test_a_wrong_key_or_value_is_refused(key: str, text: str, message: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        set_value(RULES, key, text)
    assert caught.value.message == message


def test_tables_can_be_read_and_emptied() -> None:
    assert get(RULES, "types") == {"epic": 1, "task": 2}
    assert unset(RULES, "types").types == {}
    assert unset(RULES, "queries.v1.0").queries == {}
    assert unset(RULES, "namespaces.epic").namespaces == {}
    assert unset(RULES, "namespaces.epic.unique").namespaces == {"epic": Namespace(description="The goal")}


@pytest.mark.parametrize("key", ["types.bug", "nothing", "namespaces.team.unique", "stale_days.x"])
def test_what_is_not_set_is_not_found(key: str) -> None:
    for ask in (get, unset):
        with pytest.raises(ConfigInvalid, match="is not set"):
            ask(RULES, key)
