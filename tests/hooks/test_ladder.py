"""Which way hooks are installed, decided by values: also those that cannot be had on this machine."""

from collections.abc import Mapping

import pytest

from git_jit.hooks import blocks
from git_jit.hooks.ladder import Deed, Way, climb, descend
from git_jit.hooks.managers import MANAGERS
from git_jit.hooks.running import CLIENT
from git_jit.record import replace
from git_jit.store.hook_files import HookFile, Kind, Surroundings


def file(name: str, data: bytes = b"", *, kind: Kind = Kind.FILE, mode: int = 0o755) -> HookFile:
    return HookFile(name=name, path=f"/r/.git/hooks/{name}", kind=kind, data=data, mode=mode)


def surroundings(files: Mapping[str, HookFile] | None = None, **rest: object) -> Surroundings:
    absent = {name: file(name, kind=Kind.ABSENT, mode=0) for name in CLIENT}
    found = Surroundings(
        git=(2, 39, 5),
        bare=False,
        initialised=True,
        directory="/r/.git/hooks",
        own=True,
        hooks_path=None,
        manager=None,
        files={**absent, **(files or {})},
        settings=b"[gc]\n\tauto = 0\n",
    )
    return replace(found, **rest)


@pytest.mark.parametrize(
    ("git", "initialised", "manager", "way"),
    [
        ((2, 54), True, None, Way.CONFIG),
        ((2, 54, 1), True, "husky 9", Way.CONFIG),
        ((3, 0), True, "core.hooksPath", Way.CONFIG),
        ((2, 54), False, None, Way.FILES),
        ((2, 54), False, "lefthook", Way.MANAGER),
        ((2, 53, 9), True, None, Way.FILES),
        ((2, 53, 9), True, "pre-commit", Way.MANAGER),
        ((2, 39, 5), True, "overcommit", Way.MANAGER),
        ((), True, None, Way.FILES),
    ],
)
def test_the_first_way_that_can_be_gone_is_taken(
    git: tuple[int, ...], initialised: bool, manager: str | None, way: Way
) -> None:
    found = climb(surroundings(git=git, initialised=initialised, manager=manager), CLIENT)
    assert found.way is way
    assert (found.settings is not None) is (way is Way.CONFIG)
    assert bool(found.steps) is (way is Way.FILES)


def test_settings_are_added_once_and_come_out_again() -> None:
    found = surroundings(git=(2, 54))
    first = climb(found, CLIENT)
    assert first.settings == b"[gc]\n\tauto = 0\n" + blocks.settings(CLIENT)
    again = replace(found, settings=first.settings)
    assert climb(again, CLIENT).settings is None
    assert blocks.remove(again.settings) == found.settings


@pytest.mark.parametrize("name", sorted(MANAGERS))
def test_every_manager_is_told_every_hook_to_the_letter(name: str) -> None:
    manager = MANAGERS[name]
    for hook in CLIENT:
        lines = manager.lines(hook)
        assert any(f"jit hook run {hook}" in line for line in lines)
        assert any("-ne 4" in line for line in lines), "what is broken stops nobody"
        assert manager.where(hook, "/d")


def test_each_file_gets_what_it_can_take() -> None:
    inside = blocks.insert(b"#!/bin/sh\n", "pre-push")
    files = {
        "pre-commit": file("pre-commit", b"#!/bin/sh\nmine\n"),
        "commit-msg": file("commit-msg", b"#!/usr/bin/perl\n"),
        "pre-push": file("pre-push", inside),
    }
    steps = {step.name: step for step in climb(surroundings(files), CLIENT).steps}
    assert {name: step.deed for name, step in steps.items()} == {
        "pre-commit": Deed.INSERT,
        "commit-msg": Deed.LEAVE,
        "post-merge": Deed.CREATE,
        "pre-push": Deed.KEEP,
    }
    assert steps["commit-msg"].why == "it is not a shell script"


def test_what_we_made_is_removed_and_what_others_made_is_not() -> None:
    ours = {name: file(name, blocks.insert(b"#!/bin/sh\n", name)) for name in ("pre-commit", "commit-msg")}
    mine = {"pre-push": file("pre-push", blocks.insert(b"#!/bin/sh\nmine\n", "pre-push"))}
    noted = {"pre-commit": {"created": True}, "commit-msg": {"created": False}, "pre-push": {"created": False}}
    after = descend(surroundings({**ours, **mine}), noted)
    assert after == {"pre-commit": None, "commit-msg": b"#!/bin/sh\n", "pre-push": b"#!/bin/sh\nmine\n"}
    assert descend(surroundings(ours), {}) == {"pre-commit": None, "commit-msg": None}, "without a note, by its looks"
