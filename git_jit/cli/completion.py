"""Shell completion: three static scripts, which ask `git jit __complete WORD...` for what may stand next.

The answer to every Tab must come at once, so this module needs neither click nor the commands: names come from
the table, ids and labels from the index. Only completing an *option*, or its value, imports the command that has it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from git_jit.cli import App
from git_jit.cli.table import NOUNS, TOP, Entry, find
from git_jit.model import MIN_PREFIX, Priority, State
from git_jit.schemas import KINDS
from git_jit.text import counted

MAX_OFFERED: Final = 100
"""More than a screen of candidates helps nobody."""

Candidate = tuple[str, str]
"""A word and what it means."""


def complete(app: App, words: Sequence[str]) -> int:
    """Print what may stand in place of the last of `words` (which follow `git jit`): `word<TAB>meaning` lines."""
    from git_jit.cli.sanitize import one_line

    *before, current = words or [""]
    try:
        found = [candidate for candidate in candidates(app, before, current) if candidate[0].startswith(current)]
        for word, meaning in found[:MAX_OFFERED]:
            app.stdout.write(f"{word}\t{one_line(meaning)}\n")
    except Exception:  # noqa: BLE001, S110 — a Tab must never print an error into the line being typed
        pass
    finally:
        app.close()
    return 0


def candidates(app: App, before: Sequence[str], current: str) -> Iterator[Candidate]:
    """What may follow the words `before`."""
    names = [word for word in before if not word.startswith("-")]
    entry, _ = find(names)
    if before and before[-1] in OPTION_VALUES and entry:
        yield from OPTION_VALUES[before[-1]](app, current)
    elif before and before[-1].startswith("-") and entry and (words := _choices(entry, before[-1])):
        yield from ((word, "") for word in words)
    elif current.startswith("-") and entry:
        yield from _options(entry)
    elif entry:
        yield from ARGUMENTS.get(entry.completes, _nothing)(app, current)
    elif not names:
        yield from ((name, noun.help) for name, noun in NOUNS.items())
        yield from ((name, one.help) for name, one in TOP.items())
    elif names[0] in NOUNS and len(names) == 1:
        yield from ((name, one.help) for name, one in NOUNS[names[0]].entries.items())


def _options(entry: Entry) -> Iterator[Candidate]:
    from git_jit.cli.command import load
    from git_jit.cli.parameters import Option

    for one in load(entry).parameters:
        names = (
            one.every_name
            if isinstance(one, Option)
            else (*getattr(one, "opts", ()), *getattr(one, "secondary_opts", ()))
        )
        yield from ((name, one.help) for name in names if name.startswith("--"))
    yield "--help", "Show this help."


def _choices(entry: Entry, name: str) -> tuple[str, ...]:
    """The words that the option `name` takes; none where it takes any, or stands alone."""
    from git_jit.cli.command import load
    from git_jit.cli.parameters import Option

    options = (one for one in load(entry).parameters if isinstance(one, Option))
    return next((one.choices for one in options if name in one.names and one.bare is None), ())


def _nothing(_: App, __: str) -> Iterator[Candidate]:
    yield from ()


def _ids(app: App, current: str) -> Iterator[Candidate]:
    """Issues: those that begin with what is typed, else the newest open ones."""
    from git_jit.cli.names import short_names
    from git_jit.condition import Flag, Is

    now = app.now()
    with app.store.view() as view:
        if len(current) >= MIN_PREFIX:
            ids = view.starting_with(current, MAX_OFFERED)
        else:
            ids = [
                id for id in view.select(Is(Flag.OPEN, now[:10], now), limit=MAX_OFFERED).ids if id.startswith(current)
            ]
        names = short_names(view, ids)
        for row in view.rows(ids):
            yield max(names[row.id], row.id[: len(current)], key=len), f"{row.state} {row.title}"


def _values(field: str) -> Callable[[App, str], Iterator[Candidate]]:
    def offer(app: App, _: str) -> Iterator[Candidate]:
        with app.store.view() as view:
            yield from ((value, counted(count, "issue")) for value, count in view.values(field).items())

    return offer


def _fixed(*words: str) -> Callable[[App, str], Iterator[Candidate]]:
    return lambda _, __: ((word, "") for word in words)


def _people(app: App, current: str) -> Iterator[Candidate]:
    yield from (("me", "yourself"), ("none", "nobody"))
    yield from _values("assignee")(app, current)


def _saved(app: App, _: str) -> Iterator[Candidate]:
    with app.store.view() as view:
        yield from view.config.queries.items()


def _gates(app: App, _: str) -> Iterator[Candidate]:
    with app.store.view() as view:
        yield from sorted((key, gate.title) for key, gate in view.gates().items())


def _documents(app: App, current: str) -> Iterator[Candidate]:
    """Issues, and the files that issues name, as they are written from here."""
    import os

    yield from _ids(app, current)
    layout = app.git.layout()
    if layout is None or layout.worktree is None:
        return
    with app.store.view() as view:
        for path, count in view.values("doc").items():
            yield os.path.relpath(os.path.join(layout.worktree, path), app.cwd), counted(count, "issue")


def _templates(_: App, __: str) -> Iterator[Candidate]:
    from git_jit.templates import TEMPLATES

    yield from ((name, "") for name in TEMPLATES)


def _commands(_: App, __: str) -> Iterator[Candidate]:
    yield from ((name, noun.help) for name, noun in NOUNS.items())
    yield from ((name, entry.help) for name, entry in TOP.items())


ARGUMENTS: Final[Mapping[str, Callable[[App, str], Iterator[Candidate]]]] = {
    "id": _ids,
    "label": _values("label"),
    "query": _saved,
    "gate": _gates,
    "document": _documents,
    "hook": _fixed("pre-commit", "commit-msg", "post-merge", "pre-push", "pre-receive", "update"),
    "kind": _fixed(*KINDS),
    "shell": _fixed("bash", "zsh", "fish"),
    "command": _commands,
}

OPTION_VALUES: Final[Mapping[str, Callable[[App, str], Iterator[Candidate]]]] = {
    **dict.fromkeys(("--state", "-s"), _fixed(*State)),
    **dict.fromkeys(("--priority", "-p"), _fixed(*Priority)),
    **dict.fromkeys(("--label", "-l", "--add-label", "--remove-label"), _values("label")),
    **dict.fromkeys(("--assignee", "-a", "--to", "--author", "-A"), _people),
    **dict.fromkeys(("--depends-on", "--no-longer-depends-on", "--blocks", "--parent", "--on"), _ids),
    **dict.fromkeys(("--gate", "--add-gate", "--remove-gate"), _gates),
    "--color": _fixed("always", "never", "auto"),
    "--template": _templates,
}

BASH: Final = """\
# git's own completion calls _git_jit for 'git jit'; without it, complete 'git-jit' alone.
_git_jit ()
{
    local first=1 word
    for word in "${words[@]}"; do
        [ "$word" = jit ] && break
        first=$((first + 1))
    done
    __gitcomp_nl "$(git jit __complete -- "${words[@]:first:cword-first+1}" 2>/dev/null | cut -f1)"
}
_git_jit_alone ()
{
    local IFS=$'\\n'
    COMPREPLY=($(git-jit __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
}
complete -F _git_jit_alone git-jit
"""
ZSH: Final = """\
#compdef git-jit
# zsh's completion of git calls _git-jit for 'git jit'.
_git-jit ()
{
    local line
    local -a found
    for line in "${(@f)$(git jit __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        [[ -n $line ]] && found+=("${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}")
    done
    _describe 'git jit' found
}
(( $+functions[compdef] )) && compdef _git-jit git-jit
"""
FISH: Final = """\
function __git_jit_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l at (contains -i -- jit $words); or set at 1
    git jit __complete -- $words[(math $at + 1)..-1] 2>/dev/null
end
complete -c git -f -n '__fish_git_using_command jit' -a '(__git_jit_complete)'
complete -c git-jit -f -a '(__git_jit_complete)'
"""
SCRIPTS: Final[Mapping[str, str]] = {"bash": BASH, "zsh": ZSH, "fish": FISH}
