import pytest

from git_jit.config import Config
from git_jit.validate.sections import headings, missing_sections, section

RULES = Config(required_sections={"*": ("Why",), "bug": ("Steps", "why")})


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("", []),
        ("# Why\ntext\n### How  to ###\n", ["Why", "How to"]),
        ("#Why\n####### Why\n    # Why\nWhy\n#\n", []),
        ("```sh\n# Why\n```\n# A", ["A"]),
        ("~~~\n```\n# Why\n~~~~\n# A", ["A"]),
        ("```\n# Why", []),
        ("```\n# Why\n``` sh\n# Why", []),
    ],
)
def test_headings_are_those_of_markdown(markdown: str, expected: list[str]) -> None:
    assert list(headings(markdown)) == expected


@pytest.mark.parametrize(
    ("description", "types", "missing"),
    [
        ("", [], ["Why"]),
        ("# WHY", [], []),
        ("# Why", ["bug"], ["Steps"]),
        ("## steps\n# why", ["bug"], []),
        ("", ["bug", "task"], ["Why", "Steps", "why"]),
    ],
)
def test_the_headings_for_a_type_and_for_all_must_be_there(
    description: str, types: list[str], missing: list[str]
) -> None:
    assert missing_sections(description, types, RULES) == missing


def test_without_rules_nothing_is_missing() -> None:
    assert missing_sections("", ["bug"], Config()) == []


def test_a_section_is_found_by_its_words_in_any_case() -> None:
    found = section("text\n##  Straße \t und Weg ##\nyes\n# Next\nno", "STRASSE und weg")
    assert found is not None
    assert [line.text for line in found] == ["yes"]
    assert section("strasse und weg\n# Weg und\n", "STRASSE und weg") is None
