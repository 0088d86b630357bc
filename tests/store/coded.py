"""Repositories with files of the code in them."""

import os
from collections.abc import Mapping
from pathlib import Path

from git_jit.store.codetree import CodeTree
from tests.store.gitrepo import Place, ordinary


def written(place: Place, files: Mapping[str, str | bytes], message: str = "files") -> str:
    """Commit these files of the working tree; the name of the commit."""
    top = Path(place.git("rev-parse", "--show-toplevel"))
    for path, content in files.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    place.git("-C", str(top), "add", "--all")
    place.git("commit", "-q", "-m", message)
    return place.git("rev-parse", "HEAD")


def coded(base: Path, files: Mapping[str, str | bytes]) -> Place:
    place = ordinary(base)
    written(place, files)
    return place


def tree_of(place: Place) -> CodeTree:
    return CodeTree(place.layout, {**os.environ, **place.env})
