"""The reference of all commands as a Markdown page, made from the commands themselves.

`python -m git_jit.cli.reference > docs/reference/commands.md` writes it; a test compares.
"""

import sys
from collections.abc import Iterator

import click

from git_jit.cli.clicked import Verb
from git_jit.cli.nouns import root
from git_jit.cli.table import ALIASES, NOUNS, SECTIONS, TOP, help_of

INTRODUCTION = """\
# Commands

Made from the program by `python -m git_jit.cli.reference`; a test compares. What every command has in common
(output, exit statuses, ids, actors) is in [output.md](output.md).
"""


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *_overview(), *_commands()])


def _overview() -> Iterator[str]:
    for title, names in SECTIONS:
        yield f"**{title}**\n"
        yield from (f"- [`{name}`](#{_anchor(name)}): {help_of(name)}" for name in names)
        yield ""


def _commands() -> Iterator[str]:
    context = click.Context(root, info_name="git jit")
    for noun, group in NOUNS.items():
        yield f"## git jit {noun}\n\n{group.help}\n"
        below = root.get_command(context, noun)
        assert isinstance(below, click.Group)
        for name in group.entries:
            aliases = [alias for alias, meant in group.aliases.items() if meant == name]
            yield from _command(below, click.Context(below, context, info_name=noun), name, aliases)
    yield "## Commands without a noun\n"
    for name, entry in TOP.items():
        homes = [f"{noun} {n}" for noun, group in NOUNS.items() for n, e in group.entries.items() if e == entry]
        if homes:
            same = " or ".join(f"[`git jit {home}`](#{_anchor(home)})" for home in homes)
            aliases = [alias for alias, meant in ALIASES.items() if meant == name]
            yield f"### git jit {name}\n\nShort for {same}.{_also(aliases)}\n"
        else:
            yield from _command(root, context, name, [])


def _command(group: click.Group, above: click.Context, name: str, aliases: list[str]) -> Iterator[str]:
    found = group.get_command(above, name)
    assert isinstance(found, Verb)
    context = click.Context(found, above, info_name=name)
    usage = " ".join(found.collect_usage_pieces(context))
    text = "\n\n".join(" ".join(part.split()) for part in (found.help or "").split("\n\n"))
    yield f"### {context.command_path}\n\n{text}{_also(aliases)}\n"
    yield f"```text\n{context.command_path} {usage}\n```\n"
    yield from _options(found, context)
    yield "\n```sh\n" + "\n".join(found.examples) + "\n```\n"


def _options(found: Verb, context: click.Context) -> Iterator[str]:
    yield "| option | meaning |"
    yield "|---|---|"
    for parameter in found.get_params(context):
        record = parameter.get_help_record(context) if isinstance(parameter, click.Option) else None
        if record is not None:
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in (f"`{record[0]}`", record[1])) + " |"


def _also(aliases: list[str]) -> str:
    return f" Also {', '.join(f'`{alias}`' for alias in aliases)}." if aliases else ""


def _anchor(name: str) -> str:
    return f"git-jit-{name.replace(' ', '-')}"


if __name__ == "__main__":
    sys.stdout.write(page())
