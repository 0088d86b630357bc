"""What archiving comes to, and that everything that names a document follows."""

from collections.abc import Mapping

import pytest

from git_jit.config import Config
from git_jit.errors import JitError
from git_jit.model import Document
from git_jit.ops import archiving, documents, settings
from git_jit.ops.archiving import Archive, ArchiveRefused, NothingToArchive
from git_jit.store.codetree import NoCode
from tests.ops.code import MemoryCode, Porter
from tests.ops.test_documents import made, of
from tests.ops.world import World

PLAN = "# Plan\n\n[d](design.md) ![i](img/own.png) ![j](img/shared.png) [x](../src/x.py) [pdf](../files/spec.pdf)\n"
FILES: dict[str, str | bytes] = {
    "docs/plan.md": PLAN,
    "docs/design.md": "[p](plan.md#plan) ![j](img/shared.png)\n",
    "docs/img/own.png": b"\0own",
    "docs/img/shared.png": b"\0shared",
    "files/spec.pdf": b"\0pdf",
    "src/x.py": "print()\n",
    "README.md": "[p](docs/plan.md) and [p](/docs/plan.md)\n",
    "Makefile": "html: docs/plan.md\n",
}


def code(**more: str | bytes) -> MemoryCode:
    files = {**FILES, **{path.replace("__", "/"): text for path, text in more.items()}}
    return MemoryCode({"HEAD": files, None: files})


def planned(*paths: str, to: str | None = None, world: World | None = None) -> Archive:
    world = world or World()
    return archiving.plan(code(), world.store.view(), paths or ["docs/plan.md"], to=to)


def contents(made: Archive) -> Mapping[str, bytes]:
    return {change.path: change.content for change in made.changes}


def test_a_document_goes_with_what_only_it_uses_and_links_follow() -> None:
    made = planned()
    assert made.moves == {
        "docs/plan.md": "docs/archive/plan.md",
        "docs/img/own.png": "docs/archive/img/own.png",
        "files/spec.pdf": "docs/archive/files/spec.pdf",
    }
    assert contents(made) == {
        "docs/archive/plan.md": (
            b"# Plan\n\n[d](../design.md) ![i](img/own.png) ![j](../img/shared.png) [x](../../src/x.py)"
            b" [pdf](files/spec.pdf)\n"
        ),
        "docs/archive/img/own.png": b"\0own",
        "docs/archive/files/spec.pdf": b"\0pdf",
        "README.md": b"[p](docs/archive/plan.md) and [p](/docs/archive/plan.md)\n",
        "docs/design.md": b"[p](archive/plan.md#plan) ![j](img/shared.png)\n",
    }
    assert made.rewritten == ("README.md", "docs/design.md")
    assert made.notes == ("'Makefile' mentions 'docs/plan.md' and is left as it is",)


def test_two_documents_that_use_one_image_take_it_along_and_keep_their_links() -> None:
    made = planned("docs/plan.md", "docs/design.md")
    assert set(made.moves) == {
        "docs/plan.md", "docs/design.md", "docs/img/own.png", "docs/img/shared.png", "files/spec.pdf",
    }  # fmt: skip
    assert contents(made)["docs/archive/design.md"] == FILES["docs/design.md"].encode()  # type: ignore[union-attr]


def test_a_place_of_ones_own() -> None:
    made = planned(to="old")
    assert made.moves == {
        "docs/plan.md": "old/plan.md", "docs/img/own.png": "old/img/own.png", "files/spec.pdf": "old/assets/spec.pdf",
    }  # fmt: skip
    assert b"[pdf](assets/spec.pdf)" in contents(made)["old/plan.md"]


def test_source_code_that_a_document_names_stays() -> None:
    assert "src/x.py" not in planned().moves


def test_what_another_issue_names_stays() -> None:
    world = World()
    made(world, Document(path="docs/img/own.png"))
    assert "docs/img/own.png" not in planned(world=world).moves


@pytest.mark.parametrize(
    ("path", "to", "message"),
    [
        ("docs/gone.md", None, "the last commit of the code has no 'docs/gone.md'"),
        ("docs/plan.md", "docs", "'docs/plan.md' lies in 'docs' already"),
        ("docs", None, "'docs' is a directory"),
        ("docs/plan.md", "src/x.py", "'docs/plan.md' cannot go to 'src/x.py/plan.md': there is something of that name"),
    ],
)
def test_refused(path: str, to: str | None, message: str) -> None:
    with pytest.raises((ArchiveRefused, NothingToArchive)) as caught:
        planned(path, to=to)
    assert caught.value.message == message


def test_a_name_that_is_taken() -> None:
    world = World()
    for there in ("docs__archive__plan.md", "docs__archive__plan.md__x", "docs__archive"):
        with pytest.raises(ArchiveRefused) as caught:
            archiving.plan(code(**{there: "x"}), world.store.view(), ["docs/plan.md"])
        assert "there is something of that name" in caught.value.message
    with pytest.raises(ArchiveRefused):
        archiving.plan(
            code(docs__a__plan_md="", a__plan_md=""), world.store.view(), ["docs/a/plan_md", "a/plan_md"], to="z"
        )


def test_what_is_no_file_is_not_moved() -> None:
    there = code()
    there.modes = {"docs/plan.md": "120000"}
    with pytest.raises(ArchiveRefused):
        archiving.plan(there, World().store.view(), ["docs/plan.md"])
    with pytest.raises(NoCode):
        archiving.plan(MemoryCode({None: FILES}), World().store.view(), ["docs/plan.md"])


def test_links_that_cannot_follow_are_told() -> None:
    there = code(docs__odd_md="")
    files = {**FILES, "docs/odd.md": "<i title='`'>[a](plan.md)</i title='`'>\n"}
    there.commits["HEAD"] = files
    made = archiving.plan(there, World().store.view(), ["docs/plan.md"])
    assert made.notes[0] == "docs/odd.md:1: the link 'plan.md' could not be changed and leads nowhere now"


# --- as a whole ---------------------------------------------------------------------------------------


def test_every_issue_follows_in_one_commit_after_the_files() -> None:
    world, porter = World(), Porter()
    one = made(world, Document(path="docs/plan.md", type="design"), Document(path="docs/img/own.png", commit="a" * 40))
    two = made(world, Document(path="docs/plan.md"), close=True)
    before = len(list(world.store.history()))
    archive, report = archiving.archive(world.store, world.caller(), code(), porter, ["docs/plan.md"])
    assert porter.carried == [archive.changes]
    assert len(list(world.store.history())) == before + 1
    assert next(iter(world.store.history())).subject == "doc-archive: 2 issues"
    assert of(world, one)[0] == Document(path="docs/archive/plan.md", type="design")
    assert of(world, one)[1].commit == "a" * 40
    assert of(world, two) == (Document(path="docs/archive/plan.md"),)
    assert {outcome.id for outcome in report.outcomes} == {one, two}


def test_looking_what_would_happen() -> None:
    world, porter = World(), Porter()
    id = made(world, Document(path="docs/plan.md"))
    _, report = archiving.archive(world.store, world.caller(), code(), porter, ["docs/plan.md"], dry_run=True)
    assert (len(porter.checked), porter.carried, report.commit) == (1, [], None)
    assert report.outcomes[0].changed
    assert of(world, id) == (Document(path="docs/plan.md"),)


class Blocked(Porter):
    def check(self, changes: object) -> None:
        raise ArchiveRefused("in the way")


def test_what_is_in_the_way_changes_no_issue() -> None:
    world = World()
    id = made(world, Document(path="docs/plan.md"))
    with pytest.raises(JitError):
        archiving.archive(world.store, world.caller(), code(), Blocked(), ["docs/plan.md"])
    assert of(world, id) == (Document(path="docs/plan.md"),)


def test_a_second_run_finds_the_files_moved_and_the_issues_not() -> None:
    """What is computed from the last commit comes out the same, so whoever was stopped in between goes on."""
    world, porter = World(), Porter()
    id = made(world, Document(path="docs/plan.md"))
    first = archiving.plan(code(), world.store.view(), ["docs/plan.md"])
    archiving.archive(world.store, world.caller(), code(), porter, ["docs/plan.md"])
    archive, report = archiving.archive(world.store, world.caller(), code(), porter, ["docs/plan.md"])
    assert archive == first
    assert report.commit is None
    assert of(world, id) == (Document(path="docs/archive/plan.md"),)


# --- rules of the repository --------------------------------------------------------------------------


def ruled(**rules: object) -> World:
    world = World()
    for key, value in rules.items():
        settings.set_value(world.store, world.caller(), key.replace("__", "."), str(value))
    return world


def test_the_archive_of_the_repository() -> None:
    made = planned(world=ruled(archive_directory="dev/archive"))
    assert made.moves["docs/plan.md"] == "dev/archive/docs/plan.md"
    made = planned(world=ruled(archive_directory="archive"))
    assert made.moves["docs/plan.md"] == "archive/docs/plan.md"


def test_a_type_has_a_place_of_its_own() -> None:
    world = ruled(archive_categories__design="features")
    made(world, Document(path="docs/plan.md", type="design"), Document(path="docs/design.md", type="notes"))
    archive = planned("docs/plan.md", "docs/design.md", world=world)
    assert archive.moves["docs/plan.md"] == "docs/archive/features/plan.md"
    assert archive.moves["docs/img/own.png"] == "docs/archive/features/img/own.png"
    assert archive.moves["docs/design.md"] == "docs/archive/design.md"


def test_what_is_never_archived() -> None:
    with pytest.raises(ArchiveRefused) as caught:
        planned(world=ruled(archive_never="docs/"))
    assert caught.value.message == "'docs/plan.md' is never archived here"
    assert "files/spec.pdf" not in planned(world=ruled(archive_never="files")).moves


def test_which_documents_of_an_issue_can_be_archived() -> None:
    world = World()
    id = made(
        world, Document(path="docs/plan.md"), Document(path="docs/archive/old.md"), Document(path="x", commit="a")
    )
    assert archiving.archivable(documents.listed(world.store.view(), ids=[id]), Config()) == ["docs/plan.md"]
