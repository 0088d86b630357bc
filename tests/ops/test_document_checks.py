"""What is wrong with documents, and what is not."""

from collections.abc import Iterator

import pytest

from git_jit.model import Document, IssueId, State
from git_jit.ops.document_checks import MAX_COMPARED, MAX_PAGE, Checked, check
from git_jit.ops.documents import Naming
from git_jit.store.codetree import Entry, NoCode
from tests.ops.code import MemoryCode

ID = IssueId("1" * 32)
DEEP: dict[str, str | bytes] = {
    "docs/plan.md": "# Plan\n",
    "docs/design.md": "# The design\n\n<a id='Old'></a>\n",
    "docs/img/a b.png": b"\x89PNG",
    "src/x.py": "x",
    "README.md": "",
}


def naming(path: str, commit: str | None = None) -> Naming:
    return Naming(id=ID, title="A", state=State.READY, document=Document(path=path, commit=commit))


def checked(text: str, **more: str | bytes) -> Checked:
    code = MemoryCode({None: {**DEEP, "docs/plan.md": text, **more}, "HEAD": DEEP})
    return check(code, [naming("docs/plan.md")])


def faults(text: str) -> list[tuple[int | None, str, str]]:
    return [(fault.line, fault.kind, fault.message) for fault in checked(text).faults]


@pytest.mark.parametrize(
    "text",
    [
        "[a](design.md) [b](./design.md#the-design) [c](../README.md) [d](/src/x.py#L10) [e](img) [f](img/) [g](..)",
        "![i](img/a%20b.png) <img src='img/a b.png'>",
        "# Top\n\n[a](#top) [b](#) [c](design.md#old) [d](design.md#OLD) [e](design.md#user-content-old)",
        "[a](https://example.org/gone) [b](mailto:a@b.c) <https://x.y> [c](//host/x)",
        "`[a](gone.md)`\n\n```\n[a](gone.md)\n```\n\n    [a](gone.md)\n",
        "[a][b]\n\n[b]: design.md\n",
        "[undefined][label] and [x]",
    ],
)
def test_sound_pages(text: str) -> None:
    assert faults(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "x\n\n[a](gone.md)",
            (3, "link_broken", "the link 'gone.md' leads to 'docs/gone.md', which does not exist"),
        ),
        (
            "![a](b.png)",
            (1, "link_broken", "the image 'b.png' leads to 'docs/b.png', which does not exist"),
        ),
        (
            "[a](Design.md)",
            (
                1,
                "link_broken",
                "the link 'Design.md' leads to 'docs/Design.md', which does not exist; did you mean 'docs/design.md'?",
            ),
        ),
        (
            "[a](x.py)",
            (1, "link_broken", "the link 'x.py' leads to 'docs/x.py', which does not exist; did you mean 'src/x.py'?"),
        ),
        ("[a](../../x.md)", (1, "link_outside", "the link '../../x.md' leads out of the repository")),
        (
            "[a](design.md#the-desing)",
            (
                1,
                "anchor_missing",
                "the link 'design.md#the-desing' names a heading that 'docs/design.md' does not have; did you mean '#the-design'?",
            ),
        ),
        ("[a](#gone)", (1, "anchor_missing", "the link '#gone' names a heading that this page does not have")),
        (
            "[a][b]\n\n[b]: gone.md\n",
            (3, "link_broken", "the link 'gone.md' leads to 'docs/gone.md', which does not exist"),
        ),
        (
            "[a](img/a%20b.png/x)",
            (1, "link_broken", "the link 'img/a%20b.png/x' leads to 'docs/img/a b.png/x', which does not exist"),
        ),
    ],
)
def test_unsound_pages(text: str, found: tuple[int, str, str]) -> None:
    assert faults(text) == [found]


def test_links_are_counted() -> None:
    found = checked("[a](design.md) [b](https://x.y) ![c](gone.png)")
    assert (found.files, found.links, found.external, len(found.faults)) == (1, 3, 1, 1)
    assert found.faults[0].issues == (ID,)


def test_a_file_that_is_not_there() -> None:
    code = MemoryCode({None: DEEP, "HEAD": DEEP}, renames={"old.md": "docs/plan.md"})
    found = check(code, [naming("old.md"), naming("gone.md"), naming("x/x.py"), naming("docs"), naming("src/x.py")])
    assert [(fault.path, fault.kind, fault.message, fault.new) for fault in found.faults] == [
        ("gone.md", "document_missing", "does not exist", None),
        ("old.md", "document_renamed", "was renamed to 'docs/plan.md'", "docs/plan.md"),
        ("x/x.py", "document_missing", "does not exist; did you mean 'src/x.py'?", None),
    ]
    assert found.renamed == {"old.md": "docs/plan.md"}


def test_a_pinned_document_is_judged_as_of_its_commit() -> None:
    then = {"docs/plan.md": "[a](design.md) [b](later.md)", "docs/design.md": ""}
    now = {"docs/plan.md": "[a](design.md) [b](later.md)", "docs/later.md": ""}
    code = MemoryCode({None: now, "HEAD": now, "a" * 40: then}, renames={"docs/design.md": "docs/new.md"})
    named = [naming("docs/plan.md", "a" * 40), naming("docs/new.md", "a" * 40), naming("x", "f" * 40)]
    found = check(code, named)
    assert [(fault.path, fault.commit, fault.kind) for fault in found.faults] == [
        ("docs/new.md", "a" * 40, "document_missing"),
        ("docs/plan.md", "a" * 40, "link_broken"),
        ("x", "f" * 40, "commit_unknown"),
    ]
    assert found.renamed == {}


def test_what_is_no_page_is_not_read() -> None:
    code = MemoryCode({None: {"a.txt": "[a](gone.md)", "big.md": "x" * (MAX_PAGE + 1), "l.md": "x"}, "HEAD": {}},
                      modes={"l.md": "120000"})  # fmt: skip
    found = check(code, [naming("a.txt"), naming("big.md"), naming("l.md")])
    assert [(fault.path, fault.message) for fault in found.faults] == [
        ("big.md", f"has {MAX_PAGE + 1} bytes; links are looked at in pages of up to {MAX_PAGE}"),
        ("l.md", "is a symbolic link, not a file"),
    ]


def test_bytes_that_are_no_text() -> None:
    code = MemoryCode({None: {"a.md": b"\xff\xfe[a](gone.md)\0"}, "HEAD": {}})
    assert [fault.kind for fault in check(code, [naming("a.md")]).faults] == ["link_broken"]


def test_submodules_are_not_looked_into() -> None:
    code = MemoryCode({None: {"a.md": "[a](sub/x.md) [b](sub)", "sub": ""}, "HEAD": {}}, modes={"sub": "160000"})
    assert check(code, [naming("a.md")]).faults == ()


def test_pages_that_no_issue_names() -> None:
    code = MemoryCode({None: {"docs/a.md": "[a](gone.md)", "docs/b.txt": "", "c.md": "[a](gone.md)"}, "HEAD": {}})
    assert [fault.path for fault in check(code, [], also=["docs"]).faults] == ["docs/a.md"]
    assert [fault.path for fault in check(code, [], also=[""]).faults] == ["c.md", "docs/a.md"]
    assert [fault.kind for fault in check(code, [], also=["gone.md"]).faults] == ["document_missing"]


def test_without_code_there_is_nothing_to_judge_by() -> None:
    with pytest.raises(NoCode):
        check(MemoryCode(), [naming("a.md")])
    assert check(MemoryCode(), []).faults == ()


class Walked(dict[str, Entry]):
    """The files of the code, counting how often somebody goes through all of them."""

    walks = 0

    def __iter__(self) -> Iterator[str]:
        self.walks += 1
        return super().__iter__()


class WalkedCode(MemoryCode):
    """A code that gives its files as `Walked`."""

    def __init__(self, files: dict[str, str | bytes]) -> None:
        super().__init__({None: files, "HEAD": files})
        self.walked = Walked(super().names(None))

    def names(self, commit: str | None) -> Walked:
        return self.walked


def test_many_broken_links_cost_no_walk_through_the_code_each() -> None:
    walks = []
    for many in (1, 100):
        code = WalkedCode({**DEEP, "docs/plan.md": "".join(f"[a](gone{n}.md) " for n in range(many))})
        assert len(check(code, [naming("docs/plan.md")]).faults) == many
        walks.append(code.walked.walks)
    assert walks[0] == walks[1]


def test_advice_about_headings_ends_where_it_would_take_long() -> None:
    """Every pair of a heading that is missing and one that is there would be compared."""
    headings, missing = 1000, MAX_COMPARED // 1000 + 1
    text = "".join(f"# h{n}\n" for n in range(headings)) + "".join(f"[a](#h{n}0x)\n" for n in range(missing))
    advised = ["did you mean" in fault.message for fault in checked(text).faults]
    assert advised == [True] * (missing - 1) + [False]
