"""`gate preset`: definitions by the handful, ready-made or of the user's own."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from git_jit import canonical, codec
from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.gate_answers import show_defined
from git_jit.cli.parameters import Argument, flag, text
from git_jit.cli.render import answer, show_rows
from git_jit.cli.sanitize import one_line
from git_jit.cli.texts import read_text
from git_jit.errors import InvalidValue, UsageError
from git_jit.model import GATE_KEY_PATTERN, MAX_ISSUE, Gate, Json
from git_jit.ops import gates
from git_jit.ops.gate_looks import find
from git_jit.ops.presets import PRESETS, Preset
from git_jit.store import presets as own
from git_jit.text import suggestion

_DERIVED: Final = ("hash", "here", "issues", "objections", "commit")
"""What 'gate list' and 'gate show' tell beside the definition."""


@command(
    "preset",
    examples=[
        "git jit gate preset",
        "git jit gate preset python",
        "git jit gate preset rust tests lint",
        "git jit gate preset house --save tests review",
        "git jit gate preset --file ci.json",
    ],
)
@Argument(dest="name", required=False)
@Argument(dest="keys", metavar="KEY...", many=True, required=False)
@text("--file", metavar="FILE", help="Gates of a file, as 'git jit gate list --json' lists them.")
@flag("--save", "Keep gates of this repository as a preset of yours, for all of your repositories.")
@options.actor
def preset(app: App, name: str | None, keys: Sequence[str], file: str | None, save: bool) -> int:
    """Define the ready-made gates of an ecosystem; without a name, list what there is.

    With keys, only these of them. Presets of your own come before those that are ready-made.
    """
    if file is not None:
        if name is not None or save:
            raise UsageError("a file or the name of a preset, not both", hint="'git jit gate preset -h' shows examples")
        said = read_text(app, file, limit=MAX_ISSUE, instead="make two files of it")
        return show_defined(app, gates.define(app.store, app.caller(), gates_in(said, file)), typed=False)
    if name is None:
        if save:
            raise UsageError("which name shall it have?", hint="'git jit gate preset house --save' keeps all gates")
        return _list(app)
    if save:
        return _save(app, name, keys)
    found, typed = _find(app, name)
    return show_defined(app, gates.define(app.store, app.caller(), _chosen(found, keys)), typed=typed)


def _list(app: App) -> int:
    found = [*((one, "own") for one in _own(app)), *((one, "ready-made") for one in PRESETS.values())]
    rows = [(one.name, " ".join(gate.key for gate in one.gates), whose, one.title) for one, whose in found]
    data = [{"name": row[0], "gates": row[1].split(), "whose": row[2], "title": row[3]} for row in rows]
    return show_rows(app, data, ("PRESET", "GATES", "WHOSE", "TITLE"), rows, empty="no presets")


def _own(app: App) -> Iterator[Preset]:
    """The user's; a file that cannot be read is told of, and hides none of the others."""
    for name in own.names(app.environ):
        try:
            found, _ = _find(app, name)
        except UsageError as error:
            app.note(f"note: {one_line(error.message)}")
        else:
            yield found


def _find(app: App, name: str) -> tuple[Preset, bool]:
    """A preset, and whether naming it says what will run: of a file, that is for 'gate trust' to show."""
    data = own.read(app.environ, name)
    if data is not None:
        read = gates_in(data.decode("utf-8", "replace"), f"the preset {name}")
        return Preset(name=name, title=", ".join(gate.title for gate in read), gates=tuple(read)), False
    if name in PRESETS:
        return PRESETS[name], True
    known = sorted({*own.names(app.environ), *PRESETS})
    raise UsageError(f"no preset '{name}'", hint=suggestion(name, known, known="presets are"))


def _chosen(found: Preset, keys: Sequence[str]) -> list[Gate]:
    if missing := [key for key in keys if key not in {gate.key for gate in found.gates}]:
        named = ", ".join(gate.key for gate in found.gates)
        raise UsageError(f"the preset '{found.name}' has no gate '{missing[0]}'", hint=f"it has {named}")
    return [gate for gate in found.gates if not keys or gate.key in keys]


def _save(app: App, name: str, keys: Sequence[str]) -> int:
    import re

    if not re.fullmatch(GATE_KEY_PATTERN, name) or len(name) > gates.MAX_KEY:
        raise InvalidValue("name", f"'{name}' must be lower-case letters, digits and '._-', like 'house'")
    with app.store.view() as view:
        present = view.gates()
    chosen = [find(present, key) for key in dict.fromkeys(keys)] or [present[key] for key in sorted(present)]
    if not chosen:
        raise UsageError("there is no gate to keep", hint="'git jit gate define' makes one")
    documents: Json = [canonical.loads(codec.encode_gate(gate)) for gate in chosen]
    path = own.keep(app.environ, name, canonical.dumps({"gates": documents}))
    value = {"name": name, "gates": [gate.key for gate in chosen], "path": path}
    answer(app, value, lambda: f"{name}\t{' '.join(gate.key for gate in chosen)}\t{one_line(path)}\n")
    return 0


def gates_in(text: str, source: str) -> list[Gate]:
    """Gates of a document: a JSON array, or an object whose `gates` or `data` hold one. Raises `UsageError`."""
    try:
        found = canonical.loads(text.encode())
        while isinstance(found, dict):
            found = found.get("gates") or found.get("data") or []
        return [_gate(one) for one in (found if isinstance(found, list) else [])]
    except canonical.Malformed as error:
        raise UsageError(
            f"'{source}' holds no gates: {error.message}", hint="'git jit schema gate' describes one"
        ) from None


def _gate(document: Json) -> Gate:
    if not isinstance(document, dict):
        raise canonical.Malformed("$", "is not an object")
    said: Mapping[str, Json] = {name: value for name, value in document.items() if name not in _DERIVED}
    text = said.get("description")
    lines: Json = [*text.split("\n")] if isinstance(text, str) and text else (text or [])
    whole: dict[str, Json] = {"schema": 1, "title": said.get("key"), **said, "description": lines}
    return codec.decode_gate(canonical.dumps(whole))
