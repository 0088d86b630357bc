"""Damage to what is stored. Each function does one kind of it to a repository and says what it hit.

All take the repository's common git directory, a `pathlib.Path`.
"""

import os
import random
import subprocess
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

REF: Final = "refs/jit/issues"


def git(common: Path, *words: str, stdin: bytes = b"") -> str:
    """Ask git itself about the repository; what it says, stripped."""
    environ = {**os.environ, "GIT_DIR": str(common)}
    for role in ("AUTHOR", "COMMITTER"):
        environ |= {f"GIT_{role}_NAME": "Mallory", f"GIT_{role}_EMAIL": "mallory@example.org"}
    done = subprocess.run(["git", *words], input=stdin, env=environ, capture_output=True, check=False)
    assert done.returncode == 0, (words, done.stderr.decode())
    return done.stdout.decode().strip()


def loose(common: Path, oid: str) -> Path:
    """The file of a loose object."""
    return common / "objects" / oid[:2] / oid[2:]


def objects_of_tip(common: Path, rev: str = REF) -> list[str]:
    """The commit that `rev` names, its trees and its blobs, in that order."""
    lines = git(common, "ls-tree", "-r", "-t", "--format=%(objecttype) %(objectname)", rev).splitlines()
    found = sorted(set(lines), key=lambda line: (line.startswith("blob"), line))
    return [git(common, "rev-parse", f"{rev}^{{commit}}"), git(common, "rev-parse", f"{rev}^{{tree}}")] + [
        line.split()[1] for line in found
    ]


# --- files ------------------------------------------------------------------------------------------------


def overwrite(path: Path, data: bytes) -> None:
    """Replace a file's content whatever its mode says."""
    path.chmod(0o644)
    path.write_bytes(data)


def empty(path: Path) -> None:
    """Zero-length: what a power cut leaves of a file that was named before it was synced."""
    overwrite(path, b"")


def truncate(path: Path, keep: float = 0.5) -> None:
    """Cut off: only the first part of the file is there."""
    overwrite(path, path.read_bytes()[: int(path.stat().st_size * keep)])


def flip_bit(path: Path, bit: int) -> None:
    """One bit turned, counted from the start of the file."""
    data = bytearray(path.read_bytes())
    data[bit // 8 % len(data)] ^= 1 << bit % 8
    overwrite(path, bytes(data))


def other_content(path: Path) -> None:
    """A sound object, but not the one whose name the file has."""
    overwrite(path, zlib.compress(b"blob 1\0x"))


def nonsense(path: Path) -> None:
    """Compressed, but no object."""
    overwrite(path, zlib.compress(b"no header at all"))


def zeros(path: Path) -> None:
    """As long as it was, but nothing in it: what some file systems leave after a power cut."""
    overwrite(path, bytes(path.stat().st_size))


def harm_object(common: Path, oid: str, harm: Callable[[Path], None]) -> None:
    """Do it to a loose object's file, and to no hard link of it in another repository."""
    path = loose(common, oid)
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content)
    harm(path)


DAMAGES: Final[Sequence[Callable[[Path], None]]] = (empty, truncate, other_content, nonsense, zeros)
"""Every way in which a loose object's file can be bad."""


# --- packs ------------------------------------------------------------------------------------------------


def repack(common: Path) -> Path:
    """All objects into one pack; its path."""
    git(common, "repack", "-a", "-d", "-q")
    (pack,) = (common / "objects" / "pack").glob("*.pack")
    return pack


def flip_bit_in_pack(common: Path, chance: random.Random) -> int:
    """Repack, then turn one bit of the pack behind its header; the offset of its byte."""
    pack = repack(common)
    bit = chance.randrange(12 * 8, pack.stat().st_size * 8)
    flip_bit(pack, bit)
    return bit // 8


# --- documents --------------------------------------------------------------------------------------------


def plant(common: Path, files: Mapping[str, bytes | None], *, mode: str = "100644", message: str = "by hand") -> str:
    """A commit on top of the issues, made with git's plumbing: `None` removes a path. Returns its name."""
    index = common / "by-hand"
    environ = {**os.environ, "GIT_DIR": str(common), "GIT_INDEX_FILE": str(index)}
    subprocess.run(["git", "read-tree", REF], env=environ, check=True)
    lines = []
    for path, data in files.items():
        oid = "0" * 40 if data is None else git(common, "hash-object", "-w", "--stdin", stdin=data)
        lines.append(f"{'0' if data is None else mode} {oid}\t{path}\n")
    subprocess.run(["git", "update-index", "--index-info"], input="".join(lines).encode(), env=environ, check=True)
    done = subprocess.run(["git", "write-tree"], env=environ, check=True, capture_output=True)
    index.unlink()
    commit = git(common, "commit-tree", done.stdout.decode().strip(), "-p", REF, "-m", message)
    git(common, "update-ref", REF, commit)
    return commit


def blob(common: Path, path: str) -> bytes:
    """What a path of the issues holds."""
    environ = {**os.environ, "GIT_DIR": str(common)}
    return subprocess.run(
        ["git", "cat-file", "blob", f"{REF}:{path}"], env=environ, check=True, capture_output=True
    ).stdout


def corrupt_json(common: Path, path: str, chance: random.Random) -> str:
    """Break the JSON document at `path` in one of the ways that files break; says which."""
    data = blob(common, path)
    ways: dict[str, bytes] = {
        "cut": data[: chance.randrange(1, len(data) - 2)],
        "empty": b"",
        "binary": os.urandom(0) + bytes(chance.randrange(256) for _ in range(64)),
        "conflict": b"<<<<<<< ours\n" + data + b"=======\n" + data + b">>>>>>> theirs\n",
        "not utf-8": data.replace(b'"', b'"\xff', 1),
        "doubled": data + data,
    }
    way = chance.choice(sorted(ways))
    plant(common, {path: ways[way]}, message=f"break {path}")
    return way


# --- the reference and its log ----------------------------------------------------------------------------

BAD_REFS: Final = {"nothing": "", "line": "\n", "dead": "dead\n", "zeros": "\0" * 41, "dangling": "12345678" * 5 + "\n"}
"""Contents by which a reference names no commit (row R5)."""


def break_ref(common: Path, content: str) -> None:
    (common / REF).write_text(content)


def delete_ref(common: Path, *, log: bool = True) -> None:
    """As `git update-ref -d` does: the log goes with it. Without `log` it stays, as after `rm`."""
    if log:
        git(common, "update-ref", "-d", REF)
    else:
        (common / REF).unlink()


def rewind_ref(common: Path, commits: int = 1) -> str:
    """Move the reference back; what it was."""
    was = git(common, "rev-parse", REF)
    git(common, "update-ref", REF, f"{REF}~{commits}")
    return was


def wipe_reflogs(common: Path) -> None:
    """The common recipe for a small repository."""
    git(common, "reflog", "expire", "--expire=now", "--expire-unreachable=now", "--all")
