"""Does a file that an issue names exist in the code? Asked of git, and answered without reading a file.

`git ls-tree` reads trees alone, so the answer costs what the named paths cost, not what the repository holds, and a
clone without blobs (`--filter=blob:none`) fetches nothing.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from git_jit.store.layout import Layout
from git_jit.store.process import Finished, failure, run

MAX_ARGUMENTS: Final = 64 * 1024
"""Bytes of paths on one command line; Linux takes 128 KiB in one argument and 2 MB in all, macOS 1 MB."""
_HEX: Final = "0123456789abcdef"
_NO_FETCH: Final = {"GIT_NO_LAZY_FETCH": "1"}
"""Looking must not go to the network; git below 2.45 does not know the variable."""


def existing(
    layout: Layout, environ: Mapping[str, str], commit: str | None, paths: Collection[str]
) -> frozenset[str] | None:
    """Those of `paths` that are a file or a directory in `commit` (None: HEAD).

    None when that cannot be known: there is no such commit here (a shallow clone, a branch that is gone, no code
    yet), or its trees were never fetched.
    """
    if commit is not None and (commit.strip(_HEX) or not commit):
        return None
    tree = f"{commit or 'HEAD'}^{{tree}}"
    quiet = {**environ, **_NO_FETCH}
    if run(layout, ["rev-parse", "--quiet", "--verify", tree], environ=quiet).status:
        return None
    found: set[str] = set()
    for chunk in chunks([path for path in paths if askable(path)]):
        done = run(layout, _question(tree, chunk), environ=quiet)
        if done.status and _is_not_here(done):
            return None
        if done.status:
            raise failure(done, "looking for files of the code")
        found.update(_names(done))
    return frozenset(path for path in paths if path.rstrip("/") in found)


def _question(tree: str, paths: Sequence[str]) -> list[str]:
    named = [path.rstrip("/") for path in paths]
    return ["--literal-pathspecs", "ls-tree", "-z", "-t", "--full-tree", "--name-only", tree, "--", *named]


def _is_not_here(done: Finished) -> bool:
    """A tree that was never fetched is an answer; a git that cannot work is an error."""
    return "not a tree object" in done.err or "could not" in done.err


def _names(done: Finished) -> list[str]:
    return done.out.decode("utf-8", "surrogateescape").split("\0")[:-1]


def askable(path: str) -> bool:
    """Whether a file of a tree can have this name: git takes `..` as a way out, and stops."""
    parts = path.rstrip("/").split("/")
    return "\0" not in path and not any(part in {"", ".", ".."} for part in parts) and encodable(path)


def encodable(path: str) -> bool:
    """Whether there are bytes that are this text: bytes that are not UTF-8 are lone surrogates."""
    try:
        return bool(path.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        return False


def chunks(paths: Collection[str]) -> Iterator[Sequence[str]]:
    """Parts that fit on a command line."""
    chunk: list[str] = []
    size = 0
    for path in sorted(set(paths)):
        length = len(path.encode("utf-8", "surrogateescape")) + 1
        if chunk and size + length > MAX_ARGUMENTS:
            yield chunk
            chunk, size = [], 0
        chunk.append(path)
        size += length
    if chunk:
        yield chunk
