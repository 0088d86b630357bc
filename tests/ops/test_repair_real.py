"""Damage by git's own plumbing, then validate, mend and take back, with the real program in a real repository.

With `JIT_REAL_DATA`, the folder with `jit-workspace/`, also on an import of that; and with `JIT_SESSION` the session is
written there.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from git_jit.model import Oid
from git_jit.ops.validation import validate
from git_jit.store.backend import Backend, Object
from git_jit.store.repository import Repository
from tests.program import REF, Done, Repo, make_repo

DATA = os.environ.get("JIT_REAL_DATA")
SESSION = os.environ.get("JIT_SESSION")
MISSING = "d" * 32


class Session(Repo):
    """Commands one after the other, with all that they say."""

    def run(self, *words: str) -> Done:
        done = self.jit(*words)
        status = f"[{done.status}]\n" if done.status else ""
        self.lines += [f"$ git jit {' '.join(words)}\n{done.out}{done.err}{status}"]
        return done

    def __init__(self, path: Path, env: dict[str, str]) -> None:
        super().__init__(path, env)
        self.lines: list[str] = []

    def tree(self) -> str:
        return self.git("rev-parse", f"{REF}^{{tree}}")

    def files(self) -> list[str]:
        return self.git("ls-tree", "-r", "--name-only", REF).splitlines()

    def at(self, path: str) -> bytes:
        """The bytes at a path, which `git` without its last line end would not be."""
        return (self.git("cat-file", "blob", f"{REF}:{path}") + "\n").encode()

    def bytes_of_git(self) -> dict[str, str]:
        """The hash of every file below `.git`, except the index, which may be made at any time."""
        root = self.path / ".git"
        found = (path for path in root.rglob("*") if path.is_file())
        return {
            str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in found
            if not path.name.startswith("index.sqlite")
        }


def altered(data: bytes, **fields: Any) -> bytes:
    return (json.dumps({**json.loads(data), **fields}, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def damage(session: Session) -> dict[str, str]:
    """Seven kinds of damage in one commit; subjects by kind."""
    paths = [path for path in session.files() if path.startswith("issues/")]
    cut, dangling, one, two, wrong, spelled = paths[3:9]
    ids = {path: Path(path).stem for path in paths}
    session.plant(
        {
            cut: session.at(cut)[:100],
            dangling: altered(session.at(dangling), dependencies=[MISSING]),
            one: altered(session.at(one), dependencies=[ids[two]]),
            two: altered(session.at(two), dependencies=[ids[one]]),
            wrong: session.at(paths[0]),
            spelled: json.dumps(json.loads(session.at(spelled))).encode(),
            "issues/README.txt": b"not an issue\n",
        }
    )
    return {
        "unreadable": cut, "dependency_missing": ids[dangling], "id_mismatch": wrong, "not_canonical": spelled,
        "misplaced": "issues/README.txt",
    }  # fmt: skip


def start(path: Path) -> Session:
    path.mkdir()
    return Session(path, make_repo(path, path.parent).env)


def found(done: Done) -> set[tuple[str, str]]:
    return {(finding["code"], finding["subject"]) for finding in done.data["findings"]}


def go_through(session: Session) -> None:
    """Validate, damage, validate, dry run, mend, again, undo."""
    assert session.run("validate", "--only", "unreadable", "--only", "cycle").status == 0
    before = session.jit("validate", "--json").data
    subjects = damage(session)
    damaged = session.tree()

    assert session.run("validate").status == 4
    seen = session.jit("validate", "--json")
    assert seen.status == 4
    assert set(subjects.items()) <= found(seen)
    assert {"cycle"} <= {code for code, _ in found(seen)}

    files = session.bytes_of_git()
    dry = session.run("validate", "--fix", "--dry-run")
    assert session.bytes_of_git() == files, "a dry run changes no byte"
    assert session.tree() == damaged

    mended = session.run("validate", "--fix")
    assert dry.out.startswith(mended.out), "the same report, and then the fields"
    after = session.jit("validate", "--json").data
    assert (after["issues"], after["errors"]) == (before["issues"], 1), "the foreign file is left to a person"
    tip = session.git("rev-parse", REF)
    assert session.run("validate", "--fix").err.count("nothing to fix") == 1
    assert session.git("rev-parse", REF) == tip

    assert session.run("undo").status == 0
    assert session.tree() == damaged, "every byte of the damage is back"
    session.git("fsck", "--strict", "--no-dangling")


def test_damage_and_repair(tmp_path: Path) -> None:
    session = start(tmp_path / "tracker")
    session.works("init", "--template", "minimal")
    for number in range(12):
        session.works("create", f"Issue {number}")
    go_through(session)


@pytest.mark.skipif(not DATA, reason="JIT_REAL_DATA is not set")
def test_damage_and_repair_of_a_real_tracker(tmp_path: Path) -> None:
    session = start(tmp_path / "tracker")
    session.run("init", "--template", "minimal")
    session.run("import", "--from", "jit", f"{DATA}/jit-workspace", "--no-progress")
    go_through(session)
    if SESSION:
        Path(SESSION).write_text("\n".join(session.lines).replace(str(DATA), "…"), encoding="utf-8")


def test_an_issue_whose_object_is_gone_comes_back(tmp_path: Path) -> None:
    session = start(tmp_path / "tracker")
    session.works("init", "--template", "minimal")
    id = session.works("create", "Before").out.strip()
    session.works("update", id, "--title", "After")
    path = next(path for path in session.files() if path.startswith("issues/"))
    oid = session.git("rev-parse", f"{REF}:{path}")
    (session.path / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    (session.path / ".git" / "jit" / "index.sqlite").unlink()

    assert ("unreadable", path) in found(session.jit("validate", "--json"))
    done = session.works("validate", "--fix", "--json")
    assert done.data["fixes_applied"] == {"restored_from_history": 1}
    assert session.works("show", id, "--json").data["title"] == "Before"


def test_an_entry_that_is_no_plain_file_is_found_and_made_one(tmp_path: Path) -> None:
    """The bytes are in order, and yet no command reads them: only the view knows."""
    session = start(tmp_path / "tracker")
    session.works("init", "--template", "minimal")
    id = session.works("create", "Before").out.strip()
    path = session.path_of(id)
    session.plant({path: session.at(path)}, mode="100755")

    for words in ([], [], [id]):
        again = session.jit("validate", *words, "--json")
        (finding,) = again.data["findings"]
        assert (again.status, finding["code"], finding["subject"]) == (4, "unreadable", path)
        assert finding["message"] == "cannot be read: is not a plain file (mode 100755)"
    session.works("validate", "--fix")
    assert session.works("show", id, "--json").data["title"] == "Before"
    assert session.works("validate", "--json").data["findings"] == []


def test_a_second_run_reads_no_document_that_was_there_before_the_last_commit(tmp_path: Path) -> None:
    """What the last commit brought is looked at each time, as a part of this clone: a crash could have cut it."""
    session = start(tmp_path / "tracker")
    session.works("init", "--template", "minimal")
    ids = [session.works("create", f"Issue {number}").out.strip() for number in range(4)]
    store = Repository.open(str(session.path), session.env, backend="files")
    assert validate(store).read == 5
    counting = Counting(store.backend)
    store.backend = counting
    assert validate(store).read == 0
    earlier = {session.git("rev-parse", f"{REF}:{session.path_of(id)}") for id in ids[:-1]}
    assert len(earlier) == 3
    assert not earlier & set(counting.read_oids)


class Counting:
    """A back end that notes which objects are asked for."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.read_oids: list[Oid] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.backend, name)

    def read(self, oid: Oid) -> Object:
        self.read_oids.append(oid)
        return self.backend.read(oid)

    def read_many(self, oids: Iterable[Oid]) -> Iterator[Object | Oid]:
        wanted = list(oids)
        self.read_oids += wanted
        return self.backend.read_many(wanted)
