"""Pushes that nobody honest would make, from the corpus of reliability.md 2.15, against a server with our hooks.

    python -m tests.faults.hostile_pushes --count 1000 --seed 1

Each push is one commit on top of a sound tracker with one thing wrong that the seed chooses, sent by `git push` to a
bare repository on which `git jit hooks install --server` was run. It has to be refused, with a message that names the
issue (or path, or commit) and says what is wrong, without a traceback, and without moving the reference; and a sound
push in between has to get in. Prints one JSON object and ends with status 1 if anything is wrong.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

PUBLISHED: Final = "refs/heads/jit/issues"
LOCAL: Final = "refs/jit/issues"
ISSUES: Final = 12
SOUND_EVERY: Final = 50
MIB: Final = 1 << 20
LIMIT_S: Final = 60
"""A push that takes longer hangs."""
ESCAPE: Final = "\x1b]0;owned\x07"


class Push(NamedTuple):
    """One hostile push: what to send, and what the message has to name."""

    commit: str
    names: str


@dataclass
class Attacker:
    """A clone, and the dice by which its owner is hostile."""

    path: Path
    env: Mapping[str, str]
    dice: Random

    def git(self, *words: str, stdin: bytes = b"") -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.path, env=self.env, input=stdin, capture_output=True, check=False
        )
        assert done.returncode == 0, (words, done.stderr.decode())
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def any(self) -> str:
        return self.dice.choice(self.ids)

    @property
    def ids(self) -> list[str]:
        return [f"{number:04x}{'0' * 28}" for number in range(ISSUES)]

    def document(self, id: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.git("cat-file", "blob", f"{LOCAL}:{path_of(id)}"))
        return found

    # --- objects, well formed or not ---

    def store(self, kind: str, data: bytes) -> str:
        return self.git("hash-object", "-w", "-t", kind, "--literally", "--stdin", stdin=data)

    def tree(self, entries: Sequence[tuple[bytes, bytes, str]], *, sort: bool = True) -> str:
        lines = sorted(entries, key=lambda e: e[1] + b"/" if e[0] == b"40000" else e[1]) if sort else entries
        return self.store(
            "tree", b"".join(b"%s %s\0%s" % (mode, name, bytes.fromhex(oid)) for mode, name, oid in lines)
        )

    def entries(self, of: str) -> list[tuple[bytes, bytes, str]]:
        listed = self.git("ls-tree", of)
        rows = (line.split(None, 3) for line in listed.splitlines())
        return [(mode.lstrip("0").encode(), name.encode(), oid) for mode, _, oid, name in rows]

    def with_entry(self, mode: bytes, name: bytes, oid: str, *, below: str = "", sort: bool = True) -> str:
        """The tree of the issues with one more entry, at the top or in the directory `below`."""
        if not below:
            return self.tree([*self.entries(LOCAL), (mode, name, oid)], sort=sort)
        first, _, rest = below.partition("/")
        inner = [*self.entries(f"{LOCAL}:{below}"), (mode, name, oid)]
        made = self.tree(inner, sort=sort)
        if rest:
            upper = [e for e in self.entries(f"{LOCAL}:{first}") if e[1] != rest.encode()]
            made = self.tree([*upper, (b"40000", rest.encode(), made)])
        return self.tree(
            [*(e for e in self.entries(LOCAL) if e[1] != first.encode()), (b"40000", first.encode(), made)]
        )

    def planted(self, files: Mapping[str, bytes | None]) -> str:
        """The tree of the issues with other contents."""
        index = {**self.env, "GIT_INDEX_FILE": str(self.path / ".git/hostile-index")}
        here = Attacker(self.path, index, self.dice)
        here.git("read-tree", LOCAL)
        for path, data in files.items():
            if data is None:
                here.git("update-index", "--force-remove", path)
            else:
                oid = here.git("hash-object", "-w", "--stdin", stdin=data)
                here.git("update-index", "--add", "--cacheinfo", f"100644,{oid},{path}")
        return here.git("write-tree")

    def commit(self, tree: str, *, message: bytes = b"by hand\n", head: bytes = b"", parent: str | None = LOCAL) -> str:
        who = (
            head or b"author Eve <eve@example.org> 1763683200 +0000\ncommitter Eve <eve@example.org> 1763683200 +0000\n"
        )
        parents = f"parent {self.git('rev-parse', parent)}\n".encode() if parent else b""
        return self.store("commit", f"tree {tree}\n".encode() + parents + who + b"\n" + message)

    def issue(self, which: str, fields: Mapping[str, object]) -> str:
        """A commit in which an issue has other fields, well spelled."""
        return self.commit(self.planted({path_of(which): spelled({**self.document(which), **fields})}))

    def raw(self, id: str, data: bytes) -> str:
        return self.commit(self.planted({path_of(id): data}))


def path_of(id: str) -> str:
    return f"issues/{id[:2]}/{id}.json"


def spelled(document: object) -> bytes:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


# --- the corpus -------------------------------------------------------------------------------------------

Make = Callable[[Attacker], Push]


def bytes_of_an_issue(make: Callable[[Random, bytes], bytes]) -> Make:
    """The document of an issue as other bytes."""

    def push(eve: Attacker) -> Push:
        id = eve.any()
        return Push(eve.raw(id, make(eve.dice, spelled(eve.document(id)))), id[:7])

    return push


def fields_of_an_issue(make: Callable[[Attacker, str], Mapping[str, object]]) -> Make:
    """An issue with other fields, well spelled."""

    def push(eve: Attacker) -> Push:
        id = eve.any()
        return Push(eve.issue(id, make(eve, id)), id[:7])

    return push


def entry(mode: bytes, name: bytes, *, below: str = "", shown: str | None = None, sort: bool = True) -> Make:
    """One more entry in a tree."""

    def push(eve: Attacker) -> Push:
        oid = eve.store("blob", b"evil\n") if mode != b"40000" else eve.tree([])
        if mode == b"160000":
            oid = eve.git("rev-parse", LOCAL)
        made = eve.with_entry(mode, name, oid, below=below, sort=sort)
        return Push(eve.commit(made), shown if shown is not None else name.decode())

    return push


def of_commit(message: Callable[[Random], bytes] = lambda _: b"x\n", head: bytes = b"") -> Make:
    def push(eve: Attacker) -> Push:
        tree = eve.planted({path_of(id := eve.any()): spelled({**eve.document(id), "title": "Another"})})
        oid = eve.commit(tree, message=message(eve.dice), head=head)
        return Push(oid, f"commit {oid[:10]}")

    return push


def within(data: bytes, key: bytes, value: bytes) -> bytes:
    """The document with the value of a key replaced by other bytes."""
    return re.sub(b'"%s": [^\n]*,' % key, lambda _: b'"%s": %s,' % (key, value), data, count=1)


def cycle(eve: Attacker) -> Push:
    first, *rest = eve.dice.sample(eve.ids, eve.dice.randint(2, 5))
    ring = [first, *rest]
    files = {
        path_of(id): spelled({**eve.document(id), "dependencies": [after]})
        for id, after in zip(ring, [*rest, first], strict=True)
    }
    return Push(eve.commit(eve.planted(files)), "|".join(id[:7] for id in ring))


def parent_cycle(eve: Attacker) -> Push:
    one, two = eve.dice.sample(eve.ids, 2)
    files = {
        path_of(id): spelled({**eve.document(id), "links": [{"type": "parent", "target": other}]})
        for id, other in ((one, two), (two, one))
    }
    return Push(eve.commit(eve.planted(files)), f"{one[:7]}|{two[:7]}")


def misplaced(eve: Attacker) -> Push:
    id = eve.any()
    return Push(eve.commit(eve.planted({f"issues/ff/{id}.json": spelled(eve.document(id))})), f"issues/ff/{id}.json")


def other_id(eve: Attacker) -> Push:
    id, new = eve.any(), f"{eve.dice.getrandbits(128):032x}"
    return Push(eve.commit(eve.planted({path_of(new): spelled(eve.document(id))})), path_of(new))


def rules(make: Callable[[Random], bytes]) -> Make:
    return lambda eve: Push(eve.commit(eve.planted({"config.json": make(eve.dice)})), "config.json")


def deep_tree(eve: Attacker) -> Push:
    oid = eve.tree([(b"100644", b"x", eve.store("blob", b"deep\n"))])
    for _ in range(eve.dice.randint(10, 200)):
        oid = eve.tree([(b"40000", b"d", oid)])
    return Push(eve.commit(eve.with_entry(b"40000", b"d", oid)), "d/d/d/")


def doubled(eve: Attacker) -> Push:
    id = eve.any()
    oid = eve.store("blob", spelled({**eve.document(id), "title": "The other one"}))
    return Push(
        eve.commit(eve.with_entry(b"100644", f"{id}.json".encode(), oid, below=f"issues/{id[:2]}")), path_of(id)
    )


def wide_tree(eve: Attacker) -> Push:
    oid = eve.store("blob", b"x\n")
    made = eve.tree([(b"100644", b"%07d" % number, oid) for number in range(200_001)])
    return Push(eve.commit(eve.with_entry(b"40000", b"wide", made)), "wide/")


def rewritten(eve: Attacker) -> Push:
    """A sound tracker that does not lead on from what is there."""
    tree = eve.git("rev-parse", f"{LOCAL}^{{tree}}")
    parent = eve.dice.choice([None, f"{LOCAL}~1"])
    return Push(eve.commit(tree, message=b"forget %d\n" % eve.dice.getrandbits(64), parent=parent), PUBLISHED)


def deleted(eve: Attacker) -> Push:
    return Push("", PUBLISHED)


CORPUS: Final[Mapping[str, Make]] = {
    "D1 nested arrays": bytes_of_an_issue(lambda dice, _: b"[" * dice.randint(1_000, 100_000)),
    "D1 nested objects": bytes_of_an_issue(lambda dice, _: b'{"a":' * dice.randint(1_000, 50_000)),
    "D1 a string of 10 MB": bytes_of_an_issue(lambda _, data: within(data, b"title", b'"%s"' % (b"a" * (10 * MIB)))),
    "D1 many keys": bytes_of_an_issue(lambda _, data: b"{" + b",".join(b'"k%d":0' % n for n in range(300_000)) + b"}"),
    "D1 blanks": bytes_of_an_issue(lambda dice, data: data + b" " * dice.randint(5 * MIB, 20 * MIB)),
    "D2 a key twice": bytes_of_an_issue(lambda _, data: data.replace(b'"title"', b'"title": "a",\n  "title"', 1)),
    "D2 a key escaped": bytes_of_an_issue(lambda _, data: data.replace(b'"title"', b'"\\u0074itle"', 1)),
    "D2 not a number": bytes_of_an_issue(
        lambda dice, data: within(data, b"estimate", dice.choice([b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-0", b"1.5"]))
    ),
    "D2 a number of 5,000 digits": bytes_of_an_issue(lambda _, data: within(data, b"estimate", b"9" * 5_000)),
    "D2 a lone surrogate": bytes_of_an_issue(lambda _, data: within(data, b"title", b'"\\ud800"')),
    "D2 no UTF-8": bytes_of_an_issue(lambda _, data: within(data, b"title", b'"\xff\xfe"')),
    "D2 NUL": bytes_of_an_issue(lambda _, data: data.replace(b'"title"', b'"title\0"', 1)),
    "D2 a byte order mark": bytes_of_an_issue(lambda _, data: b"\xef\xbb\xbf" + data),
    "D2 another order": bytes_of_an_issue(
        lambda _, data: json.dumps(dict(reversed(json.loads(data).items())), indent=2).encode() + b"\n"
    ),
    "D2 other blanks": bytes_of_an_issue(lambda dice, data: data.replace(b"\n", dice.choice([b"\r\n", b"\n\n", b" \n"]))),
    "D2 cut off": bytes_of_an_issue(lambda dice, data: data[: dice.randrange(len(data) - 2)]),
    "D2 no JSON": bytes_of_an_issue(lambda dice, _: dice.randbytes(dice.randint(0, 2_000))),
    "D3 dot dot": entry(b"100644", b".."),
    "D3 dot": entry(b"40000", b"."),
    "D3 .git": entry(b"40000", b".git"),
    "D3 .GIT": entry(b"40000", b".GiT"),
    "D3 git~1": entry(b"40000", b"git~1"),
    "D3 a slash": entry(b"100644", b"a/b", shown="b"),
    "D3 a way out": entry(b"100644", b"../../x", shown="x"),
    "D3 a backslash": entry(b"100644", b"a\\b"),
    "D3 a symbolic link": entry(b"120000", b"link"),
    "D3 a submodule": entry(b"160000", b"module"),
    "D3 an executable": entry(b"100755", b"run.sh"),
    "D3 an odd mode": entry(b"100600", b"private"),
    "D3 a name that is no UTF-8": entry(b"100644", b"\xff\xfe", shown="ff"),
    "D3 a name that acts": entry(b"100644", ESCAPE.encode(), shown="owned"),
    "D3 a link among issues": entry(b"120000", b"f" * 32 + b".json", below="issues/00"),
    "D3 dot dot among issues": entry(b"40000", b"..", below="issues/00"),
    "D3 a name twice": doubled,
    "D3 wrong order": entry(b"100644", b"AAA", sort=False, shown="sorted"),
    "D4 a deep tree": deep_tree,
    "D5 a header that acts": of_commit(
        head=f"author {ESCAPE} <e@e> 1763683200 +0000\ncommitter Eve <e@e> 1763683200 +0000\n".encode()
    ),
    "D5 a message of 1 MiB": of_commit(lambda dice: b"x" * (MIB + dice.randrange(1_000))),
    "D5 a message that acts": of_commit(lambda _: f"title {ESCAPE}\n".encode()),
    "D5 a trailer twice": of_commit(lambda _: b"x\n\nJit-Actor: human:ada\nJit-Actor: human:eve\n"),
    "D5 a clock ahead": of_commit(lambda dice: b"x\n\nJit-Op: close\nJit-Clock: %d.0.abc\n" % (4 * 10**12 + dice.randrange(10**9))),
    "D5 a clock of nonsense": of_commit(lambda _: b"x\n\nJit-Op: close\nJit-Clock: %s\n" % (b"9" * 400)),
    "D6 the id of another": other_id,
    "D6 a wrong directory": misplaced,
    "D6 an id that is none": fields_of_an_issue(lambda _, __: {"id": "../../../etc/passwd"}),
    "D6 waits for nothing": fields_of_an_issue(lambda eve, _: {"dependencies": [f"{eve.dice.getrandbits(128):032x}"]}),
    "D6 waits for itself": fields_of_an_issue(lambda _, own: {"dependencies": [own]}),
    "D6 a cycle": cycle,
    "D6 a cycle of parents": parent_cycle,
    "D7 rules with a command": rules(lambda _: b'{\n  "hooks": {"pre-commit": "rm -rf /"},\n  "schema": 1\n}\n'),
    "D7 rules that are none": rules(lambda dice: dice.choice([b"", b"[]\n", b"null\n", b"{", b'{"schema": 99}\n'])),
    "D8 a title that acts": fields_of_an_issue(lambda _, __: {"title": ESCAPE}),
    "D8 a label that is none": fields_of_an_issue(lambda eve, _: {"labels": [eve.dice.choice(["x", "A:", ":", "a b:c", "a:\n"])]}),
    "D8 a link of no type": fields_of_an_issue(lambda eve, _: {"links": [{"type": "javascript:alert(1)", "target": eve.any()}]}),
    "D8 a path that leads out": fields_of_an_issue(lambda eve, _: {"documents": [{"commit": None, "label": None, "path": ESCAPE, "type": 7}]}),
    "D12 fields of wrong types": fields_of_an_issue(
        lambda eve, _: {eve.dice.choice(["title", "state", "labels", "priority", "dependencies", "created_at"]): eve.dice.choice([None, 7, {}, [[]], True])}
    ),
    "D12 a state that is none": fields_of_an_issue(lambda eve, _: {"state": eve.dice.choice(["open", "DONE", "", "🎉"])}),
    "D12 a time that is none": fields_of_an_issue(lambda eve, _: {"created_at": eve.dice.choice(["yesterday", "2026-13-41T99:99:99Z", "0"])}),
    "D9 history rewritten": rewritten,
    "D9 all deleted": deleted,
}  # fmt: skip
RARE: Final[Mapping[str, Make]] = {"D4 a wide tree": wide_tree}
"""What takes seconds to make: once in a run."""


# --- the run ----------------------------------------------------------------------------------------------


@dataclass
class Report:
    """What was tried and what came of it."""

    seed: int
    pushes: int = 0
    refused: int = 0
    sound: int = 0
    by_kind: dict[str, int] = field(default_factory=dict)
    slowest_s: float = 0.0
    seconds: float = 0.0
    found: list[str] = field(default_factory=list)


def lay(place: Path) -> tuple[Attacker, Path]:
    """A server with our hooks and a sound tracker, and a clone of somebody hostile."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "JIT_"))}
    names = place / "bin"
    names.mkdir()
    (names / "git-jit").write_text(f"#!/bin/sh\nexec '{sys.executable}' -P -m git_jit \"$@\"\n")
    (names / "git-jit").chmod(0o755)
    env |= {"HOME": str(place), "GIT_CONFIG_NOSYSTEM": "1", "PATH": f"{names}:{env['PATH']}", "LC_ALL": "C.UTF-8"}
    (place / ".gitconfig").write_text(
        "[user]\n\tname = Eve\n\temail = eve@example.org\n[core]\n\tprotectNTFS = false\n"
    )
    for directory in ("server", "eve"):
        (place / directory).mkdir()
    eve, server = Attacker(place / "eve", env, Random(0)), place / "server"
    subprocess.run(["git", "init", "-q", "--bare", "."], cwd=server, env=env, check=True)
    eve.git("init", "-q")
    subprocess.run(["git-jit", "init", "--template", "minimal"], cwd=eve.path, env=env, check=True, capture_output=True)
    first = {"schema": 1, "title": "An issue", "created_at": "2026-11-21T09:00:00.000000Z"}
    subprocess.run(["git-jit", "create", "Model"], cwd=eve.path, env=env, check=True, capture_output=True)
    (made,) = [
        line for line in eve.git("ls-tree", "-r", "--name-only", LOCAL).splitlines() if line.startswith("issues/")
    ]
    model = json.loads(eve.git("cat-file", "blob", f"{LOCAL}:{made}")) | first
    files: dict[str, bytes | None] = {path_of(id): spelled({**model, "id": id}) for id in eve.ids}
    eve.git("update-ref", LOCAL, eve.commit(eve.planted({**files, made: None}), message=b"begin\n"))
    subprocess.run(["git-jit", "hooks", "install", "--server"], cwd=server, env=env, check=True, capture_output=True)
    eve.git("push", "-q", str(server), f"{LOCAL}:{PUBLISHED}")
    return eve, server


def send(eve: Attacker, server: Path, commit: str) -> tuple[int, str]:
    words = ["git", "push", "--force", str(server), f"{commit}:{PUBLISHED}"]
    done = subprocess.run(words, cwd=eve.path, env=eve.env, capture_output=True, check=False, timeout=LIMIT_S)
    return done.returncode, done.stderr.decode("utf-8", "backslashreplace")


def attack(eve: Attacker, server: Path, name: str, make: Make, report: Report) -> None:
    """One push, and what has to be true afterwards."""
    push = make(eve)
    before, begun = eve.git("ls-remote", str(server), PUBLISHED), time.monotonic()
    status, said = send(eve, server, push.commit)
    report.slowest_s = max(report.slowest_s, round(time.monotonic() - begun, 3))
    report.pushes += 1
    report.by_kind[name] = report.by_kind.get(name, 0) + 1
    told = [line.removeprefix("remote: ") for line in said.splitlines() if line.startswith("remote: error: ")]
    problems = {
        "it got in": status == 0,
        "the reference moved": eve.git("ls-remote", str(server), PUBLISHED) != before,
        "a traceback": "Traceback" in said or "not_judged" in said or "cannot judge" in said,
        "no message": not told,
        f"the message does not name {push.names}": not any(re.search(push.names, line) for line in told),
        "the message acts": "\x1b" in said or "\x07" in said,
    }
    if any(problems.values()):
        report.found.append(f"{name}: {', '.join(what for what, wrong in problems.items() if wrong)}: {said[-600:]}")
    else:
        report.refused += 1


def sound(eve: Attacker, server: Path, report: Report) -> None:
    """A push that has to get in, so that refusing everything is no way out."""
    id = eve.any()
    commit = eve.issue(id, {"title": f"Sound {report.pushes}"})
    status, said = send(eve, server, commit)
    if status:
        report.found.append(f"a sound push was refused: {said[-600:]}")
    eve.git("update-ref", LOCAL, commit)
    report.sound += 1


def run(place: Path, count: int, seed: int, only: Sequence[str] = ()) -> Report:
    """`count` pushes: every kind in turn, in an order and with contents that the seed chooses."""
    eve, server = lay(place)
    begun, report = time.monotonic(), Report(seed)
    kinds = [name for name in CORPUS if not only or name in only]
    dice = Random(seed)
    order = [kinds[number % len(kinds)] for number in range(count)]
    dice.shuffle(order)
    for number, name in enumerate(order):
        eve.dice = Random(f"{seed}/{number}")
        if number % SOUND_EVERY == 0:
            sound(eve, server, report)
        attack(eve, server, name, CORPUS[name], report)
    for name, make in RARE.items() if not only and count >= len(kinds) * 2 else ():
        attack(eve, server, name, make, report)
    sound(eve, server, report)
    report.seconds = round(time.monotonic() - begun, 1)
    report.by_kind = dict(sorted(report.by_kind.items()))
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", default=[], help="a kind of the corpus; may be said several times")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="git-jit-hostile-") as directory:
        report = run(Path(directory), options.count, options.seed, options.only)
    print(json.dumps(asdict(report), indent=1, ensure_ascii=False))
    return 1 if report.found else 0


if __name__ == "__main__":
    sys.exit(main())
