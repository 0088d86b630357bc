"""The examples of docs/reference/plan-files.md are what they say, and the page names every notation."""

import json
import re
from pathlib import Path

from git_jit.plans import MAX_DEPTH, MAX_ENTRIES, as_json, notation, outline, templates
from git_jit.plans.entries import NAMESPACES
from git_jit.plans.front import KNOWN
from git_jit.record import fields

PAGE = (Path(__file__).parents[2] / "docs/reference/plan-files.md").read_text()


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_examples_are_read() -> None:
    (page,) = blocks("markdown")
    assert [entry.key for entry in outline.parse(page).entries] == [
        "search", "design", "build-the-index", "tokenizer", "writer", "buy-a-disk",
    ]  # fmt: skip
    plan, template = blocks("json")
    assert [entry.key for entry in as_json.parse(plan).entries] == ["search", "design", "build-the-index"]
    assert templates.parse("story", json.loads(template)).container == "story"


def test_every_notation_field_and_bound_is_named() -> None:
    entry = outline.parse("- [ ] x").entries[0]
    for name in notation.ATTRIBUTES:
        assert f"({name}: " in PAGE
    for name in (*fields(entry), *NAMESPACES, *KNOWN):
        spelled = "defer" if name == "defer_until" else name
        assert f"`{spelled}" in PAGE or f" `{name}`" in PAGE or name == "where", name
    assert f"{MAX_ENTRIES:,} issues, {MAX_DEPTH} levels" in PAGE
