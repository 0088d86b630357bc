"""The tree of commands, and for each one words that make it work."""

from collections.abc import Iterator, Mapping
from typing import Final

import click

from git_jit.cli.clicked import Verb
from git_jit.cli.nouns import root
from git_jit.cli.table import NOUNS, TOP, Entry

PLAN: Final = b'{"plan": "p", "issues": [{"key": "a", "title": "A"}, {"key": "b", "title": "B", "depends_on": ["a"]}]}'

SAMPLES: Final[Mapping[str, list[str]]] = {
    "init": [],
    "status": [],
    "prime": [],
    "create": ["Buy nails"],
    "list": [],
    "ready": [],
    "blocked": [],
    "search": ["coats"],
    "show": ["02ab"],
    "update": ["02ab", "--priority", "high"],
    "edit": ["02ab"],
    "close": ["01ab"],
    "reopen": ["03ab"],
    "comment": ["02ab", "Seen."],
    "log": [],
    "events": [],
    "diff": ["HEAD~1..HEAD"],
    "check": ["HEAD..HEAD"],
    "propose": [],
    "undo": [],
    "redo": [],
    "health": [],
    "doctor": [],
    "validate": [],
    "recover": ["--list"],
    "bundle": ["--list"],
    "import": ["--from", "jsonl", "-"],
    "export": [],
    "snapshot export": ["-o", "new.tar.gz"],
    "snapshot import": ["made.tar.gz"],
    "snapshot verify": ["made.tar.gz"],
    "schema": ["issue"],
    "completion": ["bash"],
    "demo": ["--issues", "50"],
    "version": [],
    "help": ["dep", "add"],
    "issue reject": ["01ab", "--reason", "no"],
    "issue archive": ["03ab"],
    "issue assign": ["02ab", "--to", "me"],
    "issue unassign": ["01ab"],
    "issue delete": ["02ab"],
    "issue restore": ["03ab"],
    "issue history": ["02ab"],
    "issue create-many": [],
    "issue bulk-update": ["--filter", "is:open", "--priority", "low"],
    "issue bulk-delete": ["--filter", "is:open", "--expect", "2"],
    "claim take": ["01ab", "--actor", "agent:worker-1"],
    "claim renew": ["01ab", "--actor", "agent:worker-1"],
    "claim check": ["01ab", "--actor", "agent:worker-1"],
    "claim release": ["01ab", "--actor", "agent:worker-1"],
    "claim list": [],
    "claim rejoin": [],
    "claim evict": ["01ab", "--reason", "gone"],
    "dep add": ["01ab", "--on", "03ab"],
    "dep rm": ["02ab", "--on", "01ab"],
    "dep tree": ["02ab"],
    "dep why": ["02ab"],
    "query all": [],
    "query strategic": [],
    "query closed": [],
    "query stale": [],
    "query saved": [],
    "graph deps": ["02ab"],
    "graph rdeps": ["01ab"],
    "graph why": ["02ab"],
    "graph roots": [],
    "graph leaves": [],
    "graph order": [],
    "graph waves": [],
    "graph critical-path": [],
    "graph export": [],
    "label list": [],
    "label values": [],
    "label add": ["02ab", "-l", "part:wall"],
    "label rm": ["01ab", "-l", "part:door"],
    "label rename": ["part:door", "part:gate"],
    "gate define": ["lint"],
    "gate update": ["review", "--title", "Read twice"],
    "gate remove": ["review"],
    "gate list": [],
    "gate show": ["review"],
    "gate preset": [],
    "gate add": ["02ab", "review"],
    "gate rm": ["01ab", "review"],
    "gate pass": ["01ab", "review"],
    "gate fail": ["01ab", "review"],
    "gate run": ["02ab"],
    "gate run-all": ["02ab"],
    "gate history": ["02ab"],
    "gate wait": ["02ab"],
    "gate trust": ["--list"],
    "doc add": ["02ab", "docs/plan.md"],
    "doc rm": ["01ab", "docs/plan.md"],
    "doc list": [],
    "doc show": ["01ab"],
    "doc history": ["docs/plan.md"],
    "doc diff": ["01ab"],
    "doc check": [],
    "doc archive": ["docs/plan.md"],
    "template list": [],
    "template show": ["epic"],
    "template apply": ["bug", "02ab"],
    "errors list": [],
    "errors show": ["1"],
    "errors stats": [],
    "errors resolve": ["--all"],
    "errors clear": ["--all"],
    "sync": [],
    "fetch": [],
    "pull": [],
    "push": [],
    "conflicts": [],
    "resolve": ["01ab", "title", "--keep"],
    "merge": ["--dry-run"],
    "merge-file": ["base.json", "ours.json", "theirs.json", "config.json"],
    "textconv": ["ours.json"],
    "apply-trailers": [],
    "hooks install": [],
    "hooks uninstall": [],
    "hooks status": [],
    "hooks run": ["pre-commit"],
    "hook run": ["pre-commit"],
    "config list": [],
    "config get": ["stale_days"],
    "config set": ["stale_days", "30"],
    "config unset": ["stale_days"],
}
"""Arguments by command, on the three issues of the fixture `house`."""


def commands() -> Iterator[tuple[str, Entry, Verb]]:
    """Every command once, by its shortest name."""
    seen = set()
    context = click.Context(root)
    for name, entry in TOP.items():
        seen.add(entry)
        yield name, entry, _command(root, context, name)
    for noun, group in NOUNS.items():
        below = root.get_command(context, noun)
        assert isinstance(below, click.Group)
        for name, entry in group.entries.items():
            if entry not in seen:
                yield f"{noun} {name}", entry, _command(below, context, name)


def _command(group: click.Group, context: click.Context, name: str) -> Verb:
    found = group.get_command(context, name)
    assert isinstance(found, Verb), f"{name} is made without 'command'"
    return found
