"""`config` knows two scopes: rules that everybody shares, and the settings of this clone."""

import pytest

from git_jit.ops.clone_settings import SETTINGS
from tests.cli.console import Console, FakeGit


@pytest.fixture
def jit() -> Console:
    console = Console()
    console.ok("init", "--template", "minimal")
    return console


def test_the_list_tells_what_belongs_to_whom(jit: Console) -> None:
    jit.git.settings["jit.timeout.git"] = "1h"
    rows = [line.split("\t") for line in jit.ok("config", "list").splitlines()]
    assert {scope for *_, scope in rows} == {"repository", "clone"}
    assert ["stale_days", "14", "repository"] in rows
    assert [row[:2] for row in rows if row[2] == "clone"] == [
        ["jit.ref", "refs/jit/issues"],
        ["jit.durability", "full"],
        ["jit.actor", ""],
        ["jit.review", "off"],
        ["jit.proposals", "jit/proposals"],
        ["jit.hooks.strict", "false"],
        ["jit.publishRef", "refs/heads/jit/issues"],
        ["jit.remote", ""],
        ["jit.autoMerge", "true"],
        ["jit.claim.authority", "local"],
        ["jit.gate.acceptRemote", "none"],
        ["jit.gate.isolate", "false"],
        ["jit.timeout.queue", "5s"],
        ["jit.timeout.ref", "1s"],
        ["jit.timeout.retry", "5s"],
        ["jit.timeout.index", "5s"],
        ["jit.timeout.git", "1h"],
        ["jit.timeout.remote", "1m"],
        ["jit.timeout.idle", "20s"],
        ["jit.timeout.hook", "2s"],
    ]
    data = jit("config", "list", "--json").data
    assert {"key": "stale_days", "value": 14, "scope": "repository"} in data
    assert {"key": "jit.timeout.git", "value": "1h", "scope": "clone"} in data


def test_settings_have_no_past(jit: Console) -> None:
    assert "clone" not in jit.ok("config", "list", "--at", "HEAD")
    refused = jit("config", "get", "jit.ref", "--at", "HEAD", "--json")
    assert (refused.status, refused.error["code"]) == (129, "usage")


def test_a_setting_is_set_and_taken_back(jit: Console) -> None:
    assert jit("config", "set", "jit.Timeout.Queue", "30s") == (0, "jit.timeout.queue\t5s → 30s\n", "")
    assert jit("config", "get", "jit.timeout.queue") == (0, "30s\n", "")
    assert jit("config", "get", "jit.timeout.queue", "--json").data == "30s"
    assert jit.git.settings == {"jit.timeout.queue": "30s"}
    assert jit("config", "unset", "jit.timeout.queue", "--json").data == {
        "key": "jit.timeout.queue", "old": "30s", "new": "5s", "commit": None, "scope": "clone",
    }  # fmt: skip
    assert jit.git.settings == {}


def test_a_rule_says_that_it_is_shared(jit: Console) -> None:
    assert jit("config", "set", "stale_days", "30", "--json").data["scope"] == "repository"


def test_a_dry_run_writes_nothing(jit: Console) -> None:
    assert jit("config", "set", "jit.actor", "agent:x", "-n") == (0, "jit.actor\tnone → agent:x\n", "")
    assert jit.git.settings == {}


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("jit.ref", "main", "'main' in the setting 'jit.ref' is not a reference"),
        ("jit.durability", "maybe", "'maybe' in the setting 'jit.durability' is neither 'full' nor 'fast'"),
        ("jit.actor", "a b", "'a b' in the setting 'jit.actor' is not an actor, like human:ada or agent:worker-1"),
        ("jit.timeout.git", "soon", "'soon' in the setting 'jit.timeout.git' is not a time up to a day"),
    ],
)
def test_what_cannot_be_meant_is_never_written(key: str, value: str, message: str, jit: Console) -> None:
    refused = jit("config", "set", key, value, "--json")
    assert (refused.status, refused.error["code"], refused.error["message"]) == (129, "unusable_setting", message)
    assert refused.error["details"] == {"key": key}
    assert jit.git.settings == {}


@pytest.mark.parametrize("words", [("get",), ("set", "1s"), ("unset",)])
def test_a_setting_that_does_not_exist(words: tuple[str, ...], jit: Console) -> None:
    refused = jit("config", words[0], "jit.timeout.tea", *words[1:], "--json")
    assert (refused.status, refused.error["code"]) == (4, "config_invalid")
    assert refused.error["message"] == "configuration 'jit.timeout.tea' is no setting of a clone"


def test_a_setting_that_stops_every_command_can_be_taken_back() -> None:
    """None of it asks the store, which would refuse to open."""
    git = FakeGit(settings={"jit.timeout.queue": "soon"})
    console = Console(git=git, store=object())  # type: ignore[arg-type]
    assert console.ok("config", "get", "jit.timeout.queue") == "soon\n"
    console.ok("config", "set", "jit.timeout.queue", "1s")
    console.ok("config", "unset", "jit.timeout.queue")
    assert git.settings == {}


def test_every_default_can_be_set(jit: Console) -> None:
    for setting in SETTINGS:
        if setting.default:
            jit.ok("config", "set", setting.key, setting.default)
