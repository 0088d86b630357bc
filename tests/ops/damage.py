"""Trackers that somebody else damaged: documents in any state at any path, and ways to be wrong."""

import json
from collections.abc import Mapping

from git_jit.model import IssueId, Json
from git_jit.store import issue_path
from git_jit.view import Plan
from tests.ops.making import publish
from tests.ops.world import World

NOBODY = IssueId("f" * 32)


def plant(world: World, files: Mapping[str, bytes | None]) -> None:
    """A commit of whole files, as a foreign tool would make it."""
    publish(world, Plan(raw=dict(files)))


def stored(world: World, path: str) -> bytes:
    with world.store.view() as view:
        data = world.store.blob_at(view.base or "", path)
    assert data is not None, path
    return data


def altered(data: bytes, **fields: Json) -> bytes:
    """The document with other fields, spelled as other programs spell JSON."""
    return json.dumps({**json.loads(data), **fields}).encode()


def alter(world: World, id: IssueId, **fields: Json) -> None:
    path = issue_path(id)
    plant(world, {path: altered(stored(world, path), **fields)})


def tree_of(world: World) -> str:
    return next(iter(world.store.history())).tree


def everything(world: World) -> dict[str, bytes]:
    """Every file of the tip."""
    with world.store.view() as view:
        changes = world.store.compare(None, view.base or "")
    blobs = world.store.blobs(change.new for change in changes if change.new)
    return {change.path: data or b"" for change, data in zip(changes, blobs, strict=True)}
