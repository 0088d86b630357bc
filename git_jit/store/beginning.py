"""The first commit of a tracker: the rules, and what tells a host's visitors what this branch is."""

from typing import Final, Protocol

from git_jit import codec
from git_jit.config import Config
from git_jit.errors import Refused
from git_jit.model import Commit, Message, Oid
from git_jit.store import tree
from git_jit.store.backend import Object
from git_jit.store.housekeeping import Kept, after_write

README: Final = b"""\
# Issues

This branch holds the issues of this repository, one file each, and nothing else. It is written by `git jit`:
every change is one commit, and its message says who did what. Edit it with `git jit`, not by hand.

- `issues/` one JSON file for each issue
- `comments/` remarks on issues
- `gates/` definitions of quality gates
- `config.json` the rules of this repository
"""
ATTRIBUTES: Final = b"""\
* -text
*.json diff=jit merge=jit
"""
"""No translation of line ends: a blob is its bytes. Where our drivers are configured, git shows and merges by field."""


class AlreadyInitialised(Refused):
    """There are issues here already, or signs that there were."""

    code = "already_initialised"


class Empty(Kept, Protocol):
    """A repository without issues."""

    def traces(self) -> list[str]: ...

    def publish(
        self, root: Oid, objects: list[Object], parent: Commit | None, message: Message
    ) -> tuple[Oid, dict[Oid, Object]]: ...


def begin(empty: Empty, config: Config, message: Message) -> Oid:
    """Make the first commit. Raises `AlreadyInitialised` if there is any sign of issues here."""
    with empty.queue:
        there = [empty.ref] if empty.backend.ref(empty.ref) else []
        if found := there + empty.traces():
            raise AlreadyInitialised(
                f"there are issues here already: '{found[0]}'",
                hint="run 'git jit status'",
                details={"found": found},
            )
        files: dict[str, bytes | None] = {
            "README.md": README,
            ".gitattributes": ATTRIBUTES,
            "config.json": codec.encode_config(config),
        }
        root, objects = tree.splice(empty.backend, None, files)
        published, written = empty.publish(root, objects, None, message)
    after_write(empty, published, written)
    return published
