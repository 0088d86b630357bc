"""Every command that changes something, with words that make it work, and repositories for it to work in.

`MUTATING` is the table that all sweeps go through. A test compares it with the table of the program: a new command
joins it, or `READING`.
"""

import errno
import io
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from git_jit.cli import App, Edited
from git_jit.cli.program import run
from git_jit.cli.world import RealGit
from git_jit.codec import encode_issue
from git_jit.model import Issue, IssueId, Timestamp
from git_jit.ops.snapshot_manifest import MANIFEST, Manifest, count
from git_jit.paths import issue_path
from git_jit.store.archive import Announced, sha256, write_tar
from git_jit.store.repository import Repository
from git_jit.store.system import System
from tests.faults.kit.calls import Failing
from tests.faults.kit.damage import REF, blob, delete_ref, git, plant
from tests.faults.kit.holders import dead_writer
from tests.faults.kit.machine import fast_place


class Command(NamedTuple):
    """One way to change something. `words` are its arguments, `stdin` what it reads."""

    words: tuple[str, ...]
    stdin: bytes = b""
    start: str = "tracker"
    """The repository to run it in: a key of `STARTS`."""
    moves: bool = True
    """Whether it moves the reference of the issues; the others change this clone only."""
    claims: bool | None = None
    """Whether it moves the reference of the claims, which then decides: done or not. None: it is not about claims."""


def number(n: int) -> str:
    """The id of issue number `n` of a template: it can be named by its first four digits."""
    return f"{n:04d}abcdef{'0' * 22}"


def plan(count: int) -> bytes:
    issues = [{"key": f"k{i}", "title": f"Planned {i}"} for i in range(count)]
    return json.dumps({"issues": issues}).encode()


LINES: Final = b'{"id": "x-1", "title": "From elsewhere"}\n{"id": "x-2", "title": "And another"}\n'


def snapshot() -> bytes:
    """A snapshot of one issue."""
    id = IssueId("9999abcdef".ljust(32, "0"))
    made = Issue(id=id, title="From a snapshot", created_at=Timestamp("2026-11-21T09:00:00.000000Z"))
    files = {issue_path(id): encode_issue(made)}
    announced = {name: Announced(len(data), sha256(data)) for name, data in files.items()}
    manifest = Manifest(revision=None, counts=count(announced), files=announced)
    out = io.BytesIO()
    write_tar(out, [(MANIFEST, manifest.encode()), *files.items()], compressed=True)
    return out.getvalue()


MUTATING: Final[Mapping[str, Command]] = {
    "init": Command(("init",), start="empty"),
    "create": Command(("create", "Something new", "-b", "With a description.")),
    "update": Command(("update", "0001", "--priority", "high")),
    "edit": Command(("edit", "0001")),
    "close": Command(("close", "0001")),
    "reopen": Command(("reopen", "0003")),
    "comment": Command(("comment", "0001", "Seen.")),
    "undo": Command(("undo",)),
    "redo": Command(("redo",)),
    "import": Command(("import", "--from", "jsonl", "-"), LINES),
    "snapshot import": Command(("snapshot", "import", "-"), snapshot()),
    "issue reject": Command(("issue", "reject", "0001", "--reason", "no")),
    "issue archive": Command(("issue", "archive", "0003")),
    "issue assign": Command(("issue", "assign", "0001", "--to", "me")),
    "issue unassign": Command(("issue", "unassign", "0005")),
    "issue delete": Command(("issue", "delete", "0006")),
    "issue restore": Command(("issue", "restore", number(4))),
    "issue create-many": Command(("issue", "create-many", "-"), plan(3)),
    "issue bulk-update": Command(("issue", "bulk-update", "--filter", "is:open", "--add-label", "part:roof")),
    "issue bulk-delete": Command(("issue", "bulk-delete", "--filter", "title:Spare", "--expect", "1")),
    "dep add": Command(("dep", "add", "0005", "--on", "0001")),
    "dep rm": Command(("dep", "rm", "0002", "--on", "0001")),
    "label add": Command(("label", "add", "0001", "-l", "part:wall")),
    "label rm": Command(("label", "rm", "0005", "-l", "part:door")),
    "label rename": Command(("label", "rename", "part:door", "part:gate")),
    "apply-trailers": Command(("apply-trailers",), start="coded"),
    "config set": Command(("config", "set", "stale_days", "30")),
    "config unset": Command(("config", "unset", "stale_days")),
    "gate define": Command(("gate", "define", "lint")),
    "gate preset": Command(("gate", "preset", "go")),
    "gate update": Command(("gate", "update", "review", "--title", "Read twice"), start="gated"),
    "gate remove": Command(("gate", "remove", "spare"), start="gated"),
    "gate add": Command(("gate", "add", "0001", "spare"), start="gated"),
    "gate rm": Command(("gate", "rm", "0005", "review"), start="gated"),
    "gate pass": Command(("gate", "pass", "0005", "review"), start="gated"),
    "gate fail": Command(("gate", "fail", "0005", "review"), start="gated"),
    "doc add": Command(("doc", "add", "0001", "docs/new.md"), start="documented"),
    "doc rm": Command(("doc", "rm", "0001", "docs/plan.md"), start="documented"),
    "doc check": Command(("doc", "check", "--fix"), start="documented"),
    "doc archive": Command(("doc", "archive", "docs/plan.md"), start="documented"),
    "template apply": Command(("template", "apply", "bug", "0001")),
    "recover": Command(("recover", "--apply"), start="lost"),
    "bundle": Command(("bundle",), moves=False),
    "doctor": Command(("doctor", "--fix"), start="untidy", moves=False),
    "validate": Command(("validate", "--fix"), start="broken"),
    "errors clear": Command(("errors", "clear", "--all"), start="failed", moves=False),
    "errors resolve": Command(("errors", "resolve", "--all"), start="failed", moves=False),
}
"""By the name of the command, as `git jit help` spells it."""

VARIANTS: Final[Mapping[str, Command]] = {
    "issue create-many of a pack": Command(("issue", "create-many", "-"), plan(60)),
    "recover of one issue": Command(("recover", "--issue", number(4))),
}
"""Other ways through the same commands: above 50 blobs a change is stored as one pack, by git."""

READING: Final = frozenset(
    {
        *(
            "status",
            "prime",
            "list",
            "ready",
            "blocked",
            "search",
            "show",
            "log",
            "events",
            "export",
            "snapshot export",
            "snapshot verify",
            "schema",
            "health",
        ),
        *("conflicts", "merge-file", "textconv", "diff", "check"),
        *("hooks install", "hooks uninstall", "hooks status", "hooks run", "hook run"),
        *("completion", "demo", "version", "help", "issue history", "dep tree", "dep why"),
        *("query all", "query strategic", "query closed", "query stale", "query saved"),
        *("doc list", "doc show", "doc history", "doc diff"),
        *("template list", "template show"),
        *("gate list", "gate show", "gate history", "gate wait", "gate trust"),
        *("graph deps", "graph rdeps", "graph roots", "graph order", "graph waves", "graph critical-path"),
        *(
            "graph leaves",
            "graph why",
            "errors list",
            "errors show",
            "errors stats",
            "graph export",
            "label list",
            "label values",
            "config list",
            "config get",
        ),
    }
)
"""Commands that change nothing in the repository (`demo` has one of its own)."""

RUNNING: Final = frozenset({"gate run", "gate run-all"})
"""Commands that run commands of other people's: `tests/faults/test_catalogue_gates.py` troubles them."""

SHARING: Final = frozenset({"sync", "fetch", "pull", "push", "merge", "resolve", "propose"})
"""Commands about other clones: `python -m tests.faults.clones` kills them, and cuts their connections."""

CLAIMING: Final = frozenset(
    {f"claim {verb}" for verb in ("take", "renew", "release", "check", "list", "evict", "rejoin")}
)
"""Commands that move two references, of which the first decides: `python -m tests.faults.claims` stops and kills them."""


HOLDING: Final[Mapping[str, Command]] = {
    "claim take": Command(("claim", "take", "0001"), claims=True),
    "claim take of the next": Command(("claim", "--next"), start="claimed", claims=True),
    "claim take over": Command(("claim", "0001", "--actor", "agent:bob"), start="abandoned", claims=True),
    "claim renew": Command(("claim", "renew", "0001"), start="claimed", moves=False, claims=False),
    "claim release": Command(("claim", "release", "0001"), start="claimed", claims=True),
    "claim evict": Command(("claim", "evict", "0005", "--reason", "gone"), start="claimed", claims=True),
    "close under a claim": Command(("close", "0001"), start="claimed"),
}
"""Commands about claims: two references, of which the first decides and the second follows."""


def every() -> dict[str, Command]:
    return {**MUTATING, **VARIANTS, **HOLDING}


# --- repositories -----------------------------------------------------------------------------------------

_HISTORY: Final[Sequence[tuple[tuple[str, ...], bytes]]] = (
    (("init",), b""),
    (("create", "Foundation"), b""),
    (("create", "Walls", "--depends-on", "0001"), b""),
    (("create", "Plot"), b""),
    (("create", "Mistake"), b""),
    (("create", "Door", "-l", "part:door", "--assignee", "human:ada"), b""),
    (("create", "Spare"), b""),
    (("close", "0003"), b""),
    (("comment", "0001", "Concrete."), b""),
    (("config", "set", "stale_days", "40"), b""),
    (("issue", "delete", "0004"), b""),
    (("update", "0005", "--priority", "low"), b""),
    (("undo",), b""),
)
"""The last one is there to be redone, and leaves `undo` the one before."""

UNASKED: Final = "unasked"
"""In place of the name of a commit, where nobody has looked."""
PERSON: Final = (("user.name", "Ada Lovelace"), ("user.email", "ada@example.org"))


class FakeEditor(RealGit):
    """Git itself, but for the editor: it changes the title."""

    def edit(self, text: str) -> Edited:
        return Edited(text.replace("title: ", "title: New ", 1), "/nowhere")

    def forget(self, path: str) -> None:
        pass


class Done(NamedTuple):
    """What a command left: its exit status and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def error(self) -> Any:
        return json.loads(self.out)["error"]


class Place:
    """A repository, and commands in it, run inside this process with ids and times that do not vary."""

    def __init__(self, path: Path, *, ids: int = 1, second: int = 0) -> None:
        """`ids`: the number of the first new issue; `second`: the time of the first command."""
        self.path = path
        self.common = path / ".git"
        self.tokens: dict[str, str] = {}
        """What commands in copies act under: a copy is another clone, so only a token says who they are."""
        self.copies_at = 5000
        """The second at which the first command in a copy is run."""
        self.moved = False
        """Whether it was copied after claims were made in it, so that they are another clone's."""
        self.claimed: str | None = UNASKED
        """Where the claims were when this copy was made."""
        self.shift_years = 0
        """By how much the clock that commands see is wrong."""
        self._ids = itertools.count(ids)
        self._seconds = itertools.count(second)
        self._ulids = itertools.count(second * 100)
        names = [name for name in os.environ if name.startswith(("GIT_", "JIT_", "XDG_"))]
        self.environ = {key: value for key, value in os.environ.items() if key not in names}
        self.environ |= {"HOME": str(path), "GIT_CONFIG_NOSYSTEM": "1", "JIT_ACTOR": "human:ada"}

    def open(self, system: System | None = None) -> Repository:
        return Repository.open(str(self.path), self.environ, backend="files", system=system)

    def run(self, *words: str, stdin: bytes = b"", system: System | None = None) -> Done:
        """Run one command line; every write of it goes through `system`."""
        out, err = io.StringIO(), io.StringIO()
        status = run(words, self._app(out, err, stdin, system))
        return Done(status, out.getvalue(), err.getvalue())

    def works(self, *words: str, stdin: bytes = b"") -> str:
        done = self.run(*words, stdin=stdin)
        assert done.status == 0, done
        return done.out

    def _app(self, out: io.StringIO, err: io.StringIO, stdin: bytes, system: System | None) -> App:
        second = next(self._seconds)
        moment = Timestamp(
            f"{2026 + self.shift_years}-11-20T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.000000Z"
        )
        here = FakeEditor(str(self.path), self.environ)
        return App(
            environ=self.environ,
            cwd=str(self.path),
            stdin=io.BytesIO(stdin),
            stdout=out,
            stderr=err,
            stdin_is_terminal=True,
            stdout_is_terminal=False,
            stderr_is_terminal=False,
            open_store=lambda: self.open(system),
            init_store=lambda config, message: self.open(system).init(config, message),
            git=here,
            now=lambda: moment,
            new_id=lambda: IssueId(number(next(self._ids))),
            new_ulid=lambda: f"01{next(self._ulids):024d}",
            local_dir=here.local_dir,
        )

    def tip(self, ref: str = REF) -> str | None:
        """The commit that the reference names; None if there is none. Reads the file, like `cat`."""
        try:
            return (self.common / ref).read_text().strip()
        except FileNotFoundError:
            return None

    def git(self, *words: str) -> str:
        return git(self.common, *words)

    def copy(self, to: Path) -> "Place":
        """The same repository elsewhere; ids and times go on from where they are far from used up.

        Objects are hard links: git and we replace their files and never write into them. Two names of one file (a
        lock and its intent) stay two names of one file.
        """
        copies: dict[int, str] = {}

        def copy_file(source: str, target: str) -> str:
            number = Path(source).stat().st_ino
            if "/objects/" in source or number in copies:
                os.link(copies.get(number, source), target)
            else:
                shutil.copy2(source, target)
                copies[number] = target
            return target

        shutil.copytree(self.path, to, symlinks=True, copy_function=copy_file)
        made = Place(to, ids=1000, second=self.copies_at)
        made.environ |= self.tokens
        made.tokens = self.tokens
        made.claimed = made.tip("refs/jit/claims")
        return made


def make_empty(path: Path) -> Place:
    """A git repository with a commit, and no issues."""
    path.mkdir(parents=True)
    environ = {"GIT_DIR": str(path / ".git"), "HOME": str(path), "PATH": os.environ["PATH"]}
    subprocess.run(["git", "init", "-q", "--template=", str(path)], env=environ, check=True)
    for key, value in PERSON:
        subprocess.run(["git", "config", key, value], env=environ, check=True)
    return Place(path)


def make_tracker(path: Path) -> Place:
    """Five issues with a dependency, labels, a comment, one closed and one deleted, and an undo at the end."""
    place = make_empty(path)
    for words, stdin in _HISTORY:
        place.works(*words, stdin=stdin)
    return place


def make_broken(path: Path) -> Place:
    """A tracker in which an issue waits for one that is not there, and another is not spelled as it should be."""
    place = make_tracker(path)
    files = {}
    for n, old, new in ((2, number(1).encode(), number(99).encode()), (6, b"{", b"{ ")):
        (name,) = (line for line in place.git("ls-tree", "-r", "--name-only", REF).split() if number(n) in line)
        files[name] = blob(place.common, name).replace(old, new, 1)
    plant(place.common, files)
    return place


def make_lost(path: Path) -> Place:
    """A tracker whose reference is gone."""
    place = make_tracker(path)
    delete_ref(place.common, log=False)
    return place


def make_untidy(path: Path) -> Place:
    """A tracker that a writer left by `kill -9`, without its reflog, and with an index that is none."""
    place = make_tracker(path)
    dead_writer(place.common)
    (place.common / "logs" / REF).unlink()
    (place.common / "jit" / "index.sqlite").write_bytes(b"no index")
    return place


def make_failed(path: Path) -> Place:
    """A tracker in which a write has failed, which is remembered among the errors."""
    place = make_tracker(path)
    failed = place.run("create", "Nothing", system=Failing(2, errno.EIO))
    assert failed.status, failed
    assert "write_failed" in place.works("errors", "list")
    return place


def make_gated(path: Path) -> Place:
    """A tracker with two gates, one of which an issue requires."""
    place = make_tracker(path)
    place.works("gate", "define", "review")
    place.works("gate", "define", "spare")
    place.works("gate", "add", "0005", "review")
    return place


def make_claimed(path: Path) -> Place:
    """A tracker in which Ada holds an issue, and an agent another one."""
    place = make_tracker(path)
    place.works("issue", "unassign", "0005")
    place.tokens = {"JIT_CLAIM_TOKEN": json.loads(place.works("claim", "0001", "--json"))["data"]["token"]}
    place.works("claim", "0005", "--actor", "agent:bob")
    place.copies_at = 100  # while the claims are good
    return place


def make_abandoned(path: Path) -> Place:
    """A tracker in which an issue is held by a process that has ended."""
    place = make_tracker(path)
    ended = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    place.works("claim", "0001", "--actor", "agent:eve", "--pid", str(ended.pid))
    ended.communicate()
    return place


def make_coded(path: Path) -> Place:
    """A tracker beside code, of which a commit closes an issue."""
    place = make_tracker(path)
    tree = place.git("mktree")
    oid = place.git("commit-tree", tree, "-m", "Lay the foundation\n\nCloses-Jit: 0001")
    place.git("update-ref", "refs/heads/main", oid)
    return place


def make_documented(path: Path) -> Place:
    """A tracker beside code of three pages. Issues name two of them, one by the name it had in the commit before."""
    place = make_tracker(path)
    text = "# A page\n\nWith a [link](new.md) and enough lines to be known again.\n"
    (path / "docs").mkdir()
    for page, former in (("old.md", None), ("new.md", "old.md")):
        (path / "docs" / page).write_text(text)
        (path / "docs/plan.md").write_text(f"{text}\n[over there]({page})\n")
        if former:
            (path / "docs" / former).unlink()
        place.git(f"--work-tree={path}", "add", "--all", "docs")
        place.git("commit", "-q", "-m", f"Write {page}")
        place.works("doc", "add", *(("0001", "docs/plan.md") if former else ("0002", "docs/old.md")))
    return place


STARTS: Final = {
    "empty": make_empty,
    "tracker": make_tracker,
    "broken": make_broken,
    "lost": make_lost,
    "untidy": make_untidy,
    "failed": make_failed,
    "coded": make_coded,
    "claimed": make_claimed,
    "abandoned": make_abandoned,
    "gated": make_gated,
    "documented": make_documented,
}


class Workshop:
    """Repositories by the dozen: each start is made once and copied for every case."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._starts: dict[str, Place] = {}
        self._serial = itertools.count(1)

    def start(self, name: str) -> Place:
        """The one to copy. Leave it as it is."""
        if name not in self._starts:
            self._starts[name] = STARTS[name](self.directory / f"start-{name}")
        return self._starts[name]

    def new_path(self) -> Path:
        return self.directory / f"case-{next(self._serial)}"

    @contextmanager
    def case(self, name: str = "tracker") -> Iterator[Place]:
        """A fresh copy of a start, removed at the end."""
        path = self.new_path()
        try:
            yield self.start(name).copy(path)
        finally:
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def workshop() -> Iterator[Workshop]:
    """On a file system in memory where there is one."""
    with tempfile.TemporaryDirectory(dir=fast_place(), prefix="jit-faults-", ignore_cleanup_errors=True) as directory:
        yield Workshop(Path(directory))
