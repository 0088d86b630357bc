"""Templates that come with the program; a repository's own of the same name take their place."""

from collections.abc import Mapping
from typing import Final

from git_jit.model import Json
from git_jit.plans.templates import NoTemplate, Template, parse
from git_jit.text import suggestion

_TITLE: Final[Json] = {"description": "What it is about, as a title"}

READY_MADE: Final[Mapping[str, Json]] = {
    "epic": {
        "description": "Plan before the work, review after it: epic, planning, tasks, review",
        "parameters": {
            "title": _TITLE,
            "task": {"description": "The title of a task; say it once for each", "many": True},
            "type": {"description": "The type of the whole", "default": "epic"},
        },
        "container": "epic",
        "issues": [
            {
                "key": "epic",
                "title": "{title}",
                "labels": ["type:{type}"],
                "depends_on": ["review"],
            },
            {
                "key": "planning",
                "title": "Plan: {container.title}",
                "description": "Say what has to be true at the end, and cut the work into tasks of a day or less.\n\n"
                "A task that is added later has the same parent as this issue, waits for it, and the review waits for "
                "the task.",
                "parent": "epic",
                "takes_over": ["epic"],
            },
            {
                "key": "task",
                "each": "task",
                "title": "{item}",
                "parent": "epic",
                "depends_on": ["planning"],
            },
            {
                "key": "review",
                "title": "Review: {container.title}",
                "description": "See whether what was planned is true now. What is missing becomes an issue that this "
                "one waits for.",
                "parent": "epic",
                "depends_on": ["task"],
            },
        ],
    },
    "bug": {
        "description": "One step after the other: reproduce, fix, verify",
        "parameters": {"title": _TITLE, "type": {"description": "The type of the whole", "default": "bug"}},
        "container": "bug",
        "issues": [
            {"key": "bug", "title": "{title}", "labels": ["type:{type}"], "depends_on": ["verify"]},
            {
                "key": "reproduce",
                "title": "Reproduce: {container.title}",
                "description": "Write down the steps, what happens and what should happen. Best is a test that fails.",
                "parent": "bug",
                "takes_over": ["bug"],
            },
            {
                "key": "fix",
                "title": "Fix: {container.title}",
                "parent": "bug",
                "depends_on": ["reproduce"],
            },
            {
                "key": "verify",
                "title": "Verify: {container.title}",
                "description": "Follow the steps once more, and look for the same mistake elsewhere.",
                "parent": "bug",
                "depends_on": ["fix"],
            },
        ],
    },
    "release": {
        "description": "Freeze, then notes and tests side by side, publish, announce",
        "parameters": {
            "version": {"description": "What is released, like 2.1"},
            "check": {"description": "Something else to do before it is published; once for each", "many": True},
            "type": {"description": "The type of the whole", "default": "milestone"},
        },
        "container": "release",
        "issues": [
            {"key": "release", "title": "Release {version}", "labels": ["type:{type}"], "depends_on": ["announce"]},
            {
                "key": "freeze",
                "title": "Freeze {version}",
                "description": "From here on only what the release cannot do without.",
                "parent": "release",
                "takes_over": ["release"],
            },
            {"key": "notes", "title": "Write the notes of {version}", "parent": "release", "depends_on": ["freeze"]},
            {"key": "test", "title": "Test {version}", "parent": "release", "depends_on": ["freeze"]},
            {"key": "check", "each": "check", "title": "{item}", "parent": "release", "depends_on": ["freeze"]},
            {
                "key": "publish",
                "title": "Publish {version}",
                "parent": "release",
                "depends_on": ["notes", "test", "check"],
            },
            {"key": "announce", "title": "Announce {version}", "parent": "release", "depends_on": ["publish"]},
        ],
    },
}


def names(own: Mapping[str, Json]) -> tuple[str, ...]:
    """Every template there is, `own` being those of the repository."""
    return tuple(sorted({*READY_MADE, *own}))


def find(name: str, own: Mapping[str, Json]) -> Template:
    """The template `name`. Raises `NoTemplate`; `TemplateInvalid` for one of the repository's that cannot be used."""
    every = {**READY_MADE, **own}
    if name not in every:
        known = names(own)
        raise NoTemplate(
            f"no template '{name}'", hint=suggestion(name, known, known="templates are"), details={"templates": known}
        )
    return parse(name, every[name])
