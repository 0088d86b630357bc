"""The reference pages say what the program does."""

import re
from pathlib import Path

import pytest

from git_jit.codec import decode_config, is_canonical, issue_document
from git_jit.config import Config
from git_jit.config_keys import entries
from git_jit.model import Issue, IssueId, Timestamp
from git_jit.templates import TEMPLATES

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"


def example(page: str) -> bytes:
    found = re.search(r"^```json\n(.*?)^```$", (REFERENCE / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1].encode()


def first_cells(page: str) -> set[str]:
    lines = (REFERENCE / page).read_text(encoding="utf-8").splitlines()
    return {name for line in lines if line.startswith("| `") for name in re.findall(r"`([^`]+)`", line.split(" | ")[0])}


def test_the_example_of_an_issue_is_canonical() -> None:
    assert is_canonical(example("storage-format.md"), "issue")


def test_the_example_of_a_configuration_is_the_default_template() -> None:
    assert is_canonical(example("configuration.md"), "config")
    assert decode_config(example("configuration.md")) == TEMPLATES["default"]


def test_every_field_of_an_issue_is_documented() -> None:
    bare = Issue(id=IssueId("0" * 32), title="x", created_at=Timestamp("2026-11-21T09:00:00.000000Z"))
    assert set(issue_document(bare)) <= first_cells("storage-format.md")


def test_every_key_and_template_is_documented() -> None:
    documented = first_cells("configuration.md")
    assert {key for key, value in entries(Config()) if value != {}} <= documented
    for table in ("types.<name>", "membership.<type>", "queries.<name>"):
        assert table in documented
    for name, rules in TEMPLATES.items():
        line = next(
            line for line in (REFERENCE / "configuration.md").read_text().splitlines() if f"| `{name}` |" in line
        )
        for word in (*rules.types, *rules.namespaces):
            assert re.search(rf"\b{word}\b", line), (name, word)


@pytest.mark.parametrize("key", ["description", "unique", "required", "values", "pattern"])
def test_every_key_of_a_namespace_is_documented(key: str) -> None:
    assert f"namespaces.<name>.{key}" in first_cells("configuration.md")
