"""The page of commands is what the program says."""

import re
from pathlib import Path

from git_jit.cli.reference import page
from tests.cli.tree import commands

PAGE = Path(__file__).parent.parent.parent / "docs/reference/commands.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m git_jit.cli.reference > docs/reference/commands.md"


def test_every_command_has_a_chapter_and_every_link_leads_to_one() -> None:
    text = PAGE.read_text(encoding="utf-8")
    anchors = {"git-jit-" + line.replace(" ", "-") for line in re.findall(r"^#{2,3} git jit (.+)$", text, re.MULTILINE)}
    assert {"git-jit-" + path.replace(" ", "-") for path, _, _ in commands()} <= anchors
    assert set(re.findall(r"\(#([^)]+)\)", text)) <= anchors
