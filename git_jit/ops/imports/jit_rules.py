"""A `.jit` directory's gates and rules: `gates.json`, `config.toml`, `rules.toml`, `templates.toml`."""

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from git_jit.config import Config, ConfigInvalid, Namespace, dump, is_below_the_top, parse
from git_jit.model import GATE_KEY_PATTERN, Gate, GateKey, GateMode, GateStage, Json
from git_jit.ops.imports import clean, jit_asserted
from git_jit.ops.imports.raw import Raw
from git_jit.ops.imports.reading import json_object, read_text
from git_jit.ops.imports.record import MalformedInput, Problem, Remarks

MAX_GATE_KEY: Final = 128
DEFAULT_TIMEOUT_S: Final = 300
DEFAULT_PRIORITY: Final = 100
"""A gate's priority in jit unless somebody changed it."""


def read_gates(root: Path, remarks: Remarks) -> list[Gate]:
    """The definitions in `gates.json`. Raises `MalformedInput`."""
    path = root / "gates.json"
    if not path.is_file():
        remarks.add("file-absent", "gates.json", "no gates")
        return []
    document = json_object(path, "gates.json")
    gates = document.get("gates", document)
    if not isinstance(gates, dict):
        raise MalformedInput([Problem("gates.json", None, "has 'gates' that is not an object")])
    found = []
    for name, definition in gates.items():
        if isinstance(definition, dict):
            found.append(_gate(name, Raw(definition, remarks, f"gates.json {name}")))
        else:
            remarks.add("wrong-type", "gates.json", f"{name}: {definition!r}")
    return found


def gate_key(name: str, note: Callable[[str, str], None]) -> GateKey:
    """The key of a gate within our grammar."""
    if len(name) <= MAX_GATE_KEY and re.match(GATE_KEY_PATTERN, name) and not name.endswith("\n"):
        return GateKey(name)
    slug = re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")[:MAX_GATE_KEY] or "gate"
    note("gate-key-rewritten", f"'{name}' to '{slug}'")
    return GateKey(slug)


def _gate(name: str, raw: Raw) -> Gate:
    key = gate_key(raw.string("key") or name, raw.note)
    checker = Raw(raw.object("checker"), raw.remarks, raw.where)
    title, _ = clean.title(raw.string("title") or key, raw.note)
    command = checker.string("command")
    mode = raw.string("mode") or ("auto" if raw.take("auto") is True else "manual")
    timeout = checker.minutes("timeout_seconds")
    argv = _argv(command, checker) if command else ()
    cwd = checker.string("working_dir")
    return Gate(
        key=key,
        title=title,
        description=raw.string("description") or "",
        stage=GateStage.PRECHECK if raw.string("stage") == "precheck" else GateStage.POSTCHECK,
        mode=GateMode.AUTO if mode == "auto" and argv else GateMode.MANUAL,
        argv=argv,
        timeout_s=max(1, timeout) if timeout is not None else DEFAULT_TIMEOUT_S,
        cwd=cwd or None,
        extra=_unmapped(raw, checker),
    )


def _argv(command: str, checker: Raw) -> tuple[str, ...]:
    """The shell command as a list; its variables are set by `env`, which keeps the definition plain data."""
    shell = ("sh", "-c", command)
    variables = checker.object("env")
    if not variables:
        return shell
    checker.note("gate-environment", ", ".join(sorted(variables)))
    pairs = [f"{name}={value}" for name, value in sorted(variables.items())]
    return ("env", *(clean.text(pair, checker.note) for pair in pairs), *shell)


def _unmapped(raw: Raw, checker: Raw) -> dict[str, Json]:
    """What has no counterpart, kept beside the definition under `jit`."""
    if not checker.rest.get("pass_context"):
        checker.drop("pass_context")
    if checker.has("pass_context") or checker.has("prompt_file"):
        checker.note("gate-context", str(checker.rest.get("prompt_file") or "pass_context"))
    if raw.rest.get("priority") == DEFAULT_PRIORITY:
        raw.drop("priority")
    checker.drop("type")
    raw.drop("version", "auto")
    kept = {**raw.leftovers(), **checker.leftovers()}
    return {"jit": kept} if kept else {}


def read_rules(root: Path, remarks: Remarks) -> Config | None:
    """The rules as far as we have a counterpart; None if there are none. Raises `MalformedInput`."""
    config, rules = _toml(root, "config.toml"), _toml(root, "rules.toml")
    if config is None:
        return None
    for name in ("templates.toml", "invariants.toml"):
        table = _toml(root, name)
        for key, entries in (table or {}).items():
            remarks.add("rules-not-mapped", name, key, len(entries) if isinstance(entries, list) else 1)
    hierarchy = Raw(_table(config.pop("type_hierarchy", {})), remarks, "config.toml")
    validation = Raw(_table(config.pop("validation", {})), remarks, "config.toml")
    documentation = Raw(_table(config.pop("documentation", {})), remarks, "config.toml")
    types = {str(k): v for k, v in hierarchy.object("types").items() if isinstance(v, int) and v >= 0}
    default = validation.string("default_type")
    asserted = jit_asserted.read(rules or {}, remarks)
    made = Config(
        namespaces=_namespaces(_table(config.pop("namespaces", {})), asserted.uniques, asserted.required),
        closed_namespaces=asserted.closed,
        types=types,
        strategic_types=tuple(name for name in hierarchy.strings("strategic_types") if name in types),
        membership=_members(hierarchy.object("label_associations"), types),
        default_type=default if default in types else None,
        rules=asserted.rules,
        **_archive(documentation),
    )
    config.pop("version", None)
    left = {"validation": validation, "documentation": documentation}
    for key in [*config, *(f"{name}.{key}" for name, table in left.items() for key in table.rest)]:
        remarks.add("rules-not-mapped", "config.toml", key)
    return _checked(jit_asserted.understood(made, remarks))


def _checked(made: Config) -> Config:
    try:
        return parse(dump(made))
    except ConfigInvalid as error:
        raise MalformedInput([Problem("config.toml", None, error.message)]) from None


def _toml(root: Path, name: str) -> dict[str, Any] | None:
    path = root / name
    if not path.is_file():
        return None
    try:
        return tomllib.loads(read_text(path, shown=name).replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else None
        raise MalformedInput([Problem(name, line, f"is not TOML: {error}")]) from None


def _table(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}


def _archive(said: Raw) -> dict[str, Any]:
    """The rules of archiving documents, of paths that a repository can have."""
    root, never = said.string("archive_root"), said.strings("permanent_paths")
    categories = {str(type_): str(path) for type_, path in said.object("categories").items()}
    for path in (root, *never, *categories.values()):
        if path and not is_below_the_top(path):
            said.remarks.add("rules-not-mapped", "config.toml", f"documentation '{path}'")
    return {
        "archive_directory": root if root and is_below_the_top(root) else None,
        "archive_categories": {type_: path for type_, path in categories.items() if is_below_the_top(path)},
        "archive_never": tuple(filter(is_below_the_top, never)),
    }


def _members(associations: Mapping[str, Any], types: Mapping[str, int]) -> dict[str, str]:
    return {name: str(namespace) for name, namespace in associations.items() if name in types}


def _namespaces(tables: Mapping[str, Any], uniques: frozenset[str], required: frozenset[str]) -> dict[str, Namespace]:
    made: dict[str, Namespace] = {}
    for name in [*tables, *sorted((uniques | required) - tables.keys())]:
        table = _table(tables.get(name))
        values = table.get("values", table.get("allowed_values", ()))
        made[name] = Namespace(
            description=str(table.get("description", "")),
            unique=table.get("unique") is True or name in uniques,
            required=table.get("required") is True or name in required,
            pattern=table["pattern"] if isinstance(table.get("pattern"), str) else None,
            values=tuple(str(value) for value in values) if isinstance(values, list) else (),
        )
    return made
