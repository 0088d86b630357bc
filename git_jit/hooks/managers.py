"""What to add to the configuration of a hook manager, to the letter. Values only; where one is found is `ladder`'s.

Facts about them: husky 9 points core.hooksPath at `.husky/_`, whose scripts run `.husky/<hook>` by `sh -e`; husky 8 at
`.husky`. lefthook, pre-commit and overcommit write scripts of their own into git's directory of hooks. pre-commit reads
standard input of pre-push itself and says in variables what it found; overcommit runs only scripts that git tracks.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from git_jit.hooks.blocks import FEEDING, line, script
from git_jit.record import record

OVERCOMMIT: Final[Mapping[str, str]] = {
    "pre-commit": "PreCommit",
    "commit-msg": "CommitMsg",
    "post-merge": "PostMerge",
    "pre-push": "PrePush",
}


@record(kw_only=True)
class Manager:
    """A program that runs hooks for others."""

    name: str
    where: Callable[[str, str], str]
    """The file to add to, for people, by hook and directory of hooks."""
    lines: Callable[[str], Sequence[str]]
    """What to add for one hook."""
    place: str = ""
    """Where in that file, if it matters: what reads standard input first leaves nothing for the others."""
    once: Callable[[Sequence[str]], Sequence[str]] = lambda _: ()
    """What to do once for all hooks, as shell lines."""


def _husky(hook: str) -> Sequence[str]:
    return _script(hook) if hook in FEEDING else [line(hook)]


def _lefthook(hook: str) -> Sequence[str]:
    feeds = ["      use_stdin: true"] if hook in FEEDING else []
    call = f"      run: git-jit hook run {hook} {{0}} || [ $? -ne 4 ]"
    return [f"{hook}:", "  commands:", "    git-jit:", call, *feeds]


def _pre_commit(hook: str) -> Sequence[str]:
    return [
        "- repo: local",
        "  hooks:",
        f"    - id: git-jit-{hook}",
        f"      name: git jit ({hook})",
        f"      entry: sh -c '{line(hook)}' --",
        "      language: system",
        f"      stages: [{hook}]",
        "      always_run: true",
        f"      pass_filenames: {'true' if hook == 'commit-msg' else 'false'}",
    ]


def _overcommit(hook: str) -> Sequence[str]:
    own = f"hooks/git-jit-{hook}"
    entry = [f"{OVERCOMMIT[hook]}:", "  GitJit:", "    enabled: true", f"    required_executable: '{own}'"]
    return [*entry, f"# and, executable and tracked by git, '{own}':", "#!/bin/sh", *_script(hook)]


def _script(hook: str) -> Sequence[str]:
    return script(hook).rstrip("\n").split("\n")


MANAGERS: Final[Mapping[str, Manager]] = {
    "husky 9": Manager(name="husky 9", where=lambda hook, _: f".husky/{hook}", lines=_husky, place="at the beginning"),
    "husky 8": Manager(
        name="husky 8",
        where=lambda hook, _: f".husky/{hook}",
        lines=_husky,
        place="right after the line with husky.sh",
    ),
    "lefthook": Manager(
        name="lefthook", where=lambda *_: "lefthook.yml", lines=_lefthook, once=lambda _: ["lefthook install"]
    ),
    "pre-commit": Manager(
        name="pre-commit",
        where=lambda *_: ".pre-commit-config.yaml",
        lines=_pre_commit,
        once=lambda hooks: [" ".join(["pre-commit install", *(f"--hook-type {hook}" for hook in hooks)])],
    ),
    "overcommit": Manager(
        name="overcommit",
        where=lambda *_: ".overcommit.yml",
        lines=_overcommit,
        once=lambda _: ["overcommit --sign"],
    ),
    "core.hooksPath": Manager(
        name="core.hooksPath",
        where=lambda hook, directory: f"{directory}/{hook}",
        lines=_script,
        place="right after the first line, '#!/bin/sh'",
    ),
}
