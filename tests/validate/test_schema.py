import subprocess
import sys

import pytest

from git_jit.config import ConfigInvalid
from git_jit.model import Json
from git_jit.validate import schema

RULES: dict[str, Json] = {
    "type": "object",
    "required": ["points"],
    "properties": {"points": {"type": "integer", "minimum": 0}, "code": {"pattern": "^[A-Z]{2}$"}},
    "additionalProperties": False,
}


def test_custom_fields_are_judged_by_the_repository() -> None:
    assert schema.field_errors(RULES, {"points": 3, "code": "AB"}) == []
    assert [tuple(finding) for finding in schema.field_errors(RULES, {"points": -1, "code": "AB\n", "x": 1})] == [
        ("$.points", "-1 is less than the minimum of 0"),
        ("$.code", "'AB\\n' does not match '^[A-Z]{2}$'"),
        ("$", "Additional properties are not allowed ('x' was unexpected)"),
    ]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"$ref": "https://example.org/schema"}, "configuration 'fields' may not use '$ref'"),
        ({"properties": {"a": {"$ref": "#"}}}, "configuration 'fields' may not use '$ref'"),
        ({"allOf": [{"$dynamicRef": "#x"}]}, "configuration 'fields' may not use '$dynamicRef'"),
        ({"patternProperties": {"(a+)+$": {}}}, "configuration 'fields' may not use 'patternProperties'"),
        (
            {"properties": {"a": {"pattern": r"(a)\1$"}}},
            r"configuration 'fields' has the pattern '(a)\1$', which refers back to a group",
        ),
        ({"type": "strnig"}, "configuration 'fields' is not a JSON Schema at '$.type'"),
        (
            {"properties": {"a": {"minimum": "1"}}},
            "configuration 'fields' is not a JSON Schema at '$.properties.a.minimum'",
        ),
    ],
)
def test_a_schema_that_is_wrong_or_dangerous_is_refused(rules: dict[str, Json], message: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        schema.check_field_schema(rules)
    assert caught.value.message.startswith(message)


def test_jsonschema_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, git_jit.validate, git_jit.validate.schema, git_jit.codec; print('jsonschema' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_the_codec_needs_little() -> None:
    code = (
        "import sys; before = set(sys.modules); import git_jit.codec\n"
        "heavy = {'datetime', 'pathlib', 'tempfile', 'subprocess', 'logging', 'uuid', 'jsonschema', 'pygit2', 'difflib'}\n"
        "print(sorted(heavy & (set(sys.modules) - before)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
