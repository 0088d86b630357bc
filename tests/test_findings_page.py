"""`docs/reference/findings.md` is the catalogue of findings as a page; with JIT_ACCEPT=1 it is written."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from git_jit.validate.catalogue import CATALOGUE, Kind
from git_jit.validate.clone_kinds import CLONE
from git_jit.validate.kinds import DOCUMENTS, GRAPH, REFERENCES, REPOSITORY, RULES, RUNS

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "findings.md"
ACCEPTING = "JIT_ACCEPT" in os.environ  # asked here, because tests run in an environment without such variables
HEAD = """\
# Findings

What `git jit validate` can find, by code. `git jit validate --explain CODE` says the same in a terminal. A *binding*
finding keeps its severity; that of any other is changed with the rule `severities`, `off` included:
`git jit config set severities.unresolved off`. One *by choice* is off until it is given a severity there. What `--fix` does, `git jit undo` takes back; without a fix a
person has to decide. See [how to validate and mend](../how-to/validation.md).
"""
SECTIONS: Mapping[str, Mapping[str, Kind]] = {
    "Documents": DOCUMENTS,
    "Dependencies and parents": GRAPH,
    "References": REFERENCES,
    "Rules of the repository": REPOSITORY,
    "Rules about issues": RULES,
    "Runs of gates": RUNS,
    "This clone": CLONE,
}


def page() -> Iterator[str]:
    yield HEAD
    for title, kinds in SECTIONS.items():
        yield f"\n## {title}\n"
        for code, kind in kinds.items():
            how = ", binding" if kind.binding else ", by choice" if kind.by_choice else ""
            yield f"\n### `{code}`\n\n*{kind.severity}{how}*: {kind.meaning}.\n\n- Why it matters: {kind.reason}.\n"
            yield f"- Fix: {kind.fix}.\n" if kind.fix else "- Fix: none; a person has to decide.\n"


def test_the_page_is_the_catalogue() -> None:
    wanted = "".join(page())
    if ACCEPTING:
        PAGE.write_text(wanted, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == wanted


def test_every_code_stands_in_one_section() -> None:
    assert sorted(code for kinds in SECTIONS.values() for code in kinds) == sorted(CATALOGUE)
