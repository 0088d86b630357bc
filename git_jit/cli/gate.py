"""`gate`: define gates, let issues require them, run them, take somebody's word, approve what they run."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from git_jit.cli import App, options, parameters
from git_jit.cli.command import command
from git_jit.cli.gate_answers import show_defined, show_ran
from git_jit.cli.gate_looks import key as _key
from git_jit.cli.gate_looks import one_key as _one_key
from git_jit.cli.gate_looks import some_keys as _some_keys
from git_jit.cli.gating import ground_of
from git_jit.cli.parameters import Argument, Function, Option, flag, number, text
from git_jit.cli.progress import Meter
from git_jit.cli.reporting import show_report
from git_jit.errors import UsageError
from git_jit.model import Gate, GateInput, GateKey, GateMode, GateStage, GateVerdict
from git_jit.record import replace

INPUTS: Final = tuple(input.value for input in GateInput)
STAGES: Final = tuple(stage.value for stage in GateStage)
DEFAULT_JOBS: Final = 2
"""Gates side by side: they are builds and tests, which use several cores themselves."""

_keys = Argument(dest="keys", metavar="KEY...", many=True)
_argv = Argument(dest="argv", metavar="-- COMMAND...", many=True, required=False)


def _stage(help: str) -> Option:
    return Option(names=("--stage",), dest="stage", help=help, kind="choice", choices=STAGES)


_DEFINITION: Final = (
    text("--title", "-t", metavar="TEXT", help="What passing it means, on one line."),
    text("--prompt", metavar="TEXT", help="What to look at, for whoever decides; the description."),
    _stage("Before work begins, or before it is done."),
    number("--timeout", metavar="S", least=1, help="Seconds until it is ended."),
    text("--cwd", metavar="DIR", help="Where it runs, below the working tree."),
    text("--env", metavar="NAME", many=True, help="Variables that it may see."),
    text("--pin", metavar="PATH", many=True, help="Files whose content is approved with it."),
    Option(names=("--stdin",), dest="stdin", help="What it reads.", kind="choice", choices=INPUTS),
    number("--memory", metavar="MIB", least=1, help="MiB of memory that each of its processes may have."),
    number("--processes", least=1, help="Processes that it may have at once."),
    text("--expect", metavar="TEXT", help="Text at the end of its output, or it has checked nothing."),
)


def _definition_options(function: Function) -> Function:
    """What a definition says, for `define` and `update`."""
    return parameters.add(_DEFINITION, _argv(function))


def _defined(gate: Gate, said: Mapping[str, Any]) -> Gate:
    """The gate with what was said about it."""
    argv = tuple(said["argv"]) or gate.argv
    return replace(
        gate,
        title=said["title"] or gate.title,
        description=gate.description if said["prompt"] is None else said["prompt"],
        stage=GateStage(said["stage"]) if said["stage"] else gate.stage,
        timeout_s=said["timeout"] or gate.timeout_s,
        cwd=gate.cwd if said["cwd"] is None else said["cwd"] or None,
        env_allow=tuple(said["env"]) or gate.env_allow,
        pins=tuple(said["pin"]) or gate.pins,
        argv=argv,
        mode=GateMode.AUTO if argv else GateMode.MANUAL,
        stdin=GateInput(said["stdin"]) if said["stdin"] else gate.stdin,
        memory_mb=said["memory"] or gate.memory_mb,
        processes=said["processes"] or gate.processes,
        expect_output=gate.expect_output if said["expect"] is None else said["expect"] or None,
    )


@command(
    "define",
    examples=[
        "git jit gate define tests --timeout 600 -- pytest -q",
        "git jit gate define review --prompt 'Does it do what the issue asks?'",
        "git jit gate define lint --pin scripts/lint.sh -- sh scripts/lint.sh",
    ],
)
@_key
@_definition_options
@options.actor
def define(app: App, key: str, **said: Any) -> int:
    """Define a gate: a command behind '--', or without one the word of a person.

    Typed by a person at a terminal, the command may run on this machine; everywhere else it is approved first.
    """
    from git_jit.ops import gates

    gate = _defined(Gate(key=GateKey(key), title=said["title"] or key), said)
    return show_defined(app, gates.define(app.store, app.caller(), [gate]))


@command(
    "update", examples=["git jit gate update tests --timeout 900", "git jit gate update tests -- pytest -q -n auto"]
)
@_key
@_definition_options
@flag("--manual", "Take the command away: a person decides.")
@options.actor
def update(app: App, key: str, manual: bool, **said: Any) -> int:
    """Change the definition of a gate; verdicts under the old one are stale then."""
    from git_jit.ops import gates

    def change(gate: Gate) -> Gate:
        return _defined(replace(gate, argv=(), mode=GateMode.MANUAL) if manual else gate, said)

    return show_defined(app, [gates.update(app.store, app.caller(), key, change)])


@command("remove", examples=["git jit gate remove lint"])
@_key
@options.actor
def remove(app: App, key: str) -> int:
    """Remove the definition of a gate that no issue requires."""
    from git_jit.ops import gates

    return show_defined(app, [gates.remove(app.store, app.caller(), key)])


@command("add", examples=["git jit gate add 3f9c2a1 tests lint"])
@options.id
@_keys
@options.if_version
@options.acting
def add(app: App, id: str, keys: Sequence[str], if_version: str | None) -> int:
    """Let an issue require gates ('issue bulk-update --add-gate' does it for many)."""
    from git_jit.cli.words import version
    from git_jit.ops import gates

    return show_report(app, gates.require(app.store, app.caller(), id, keys, if_version=version(if_version)))


@command("rm", examples=["git jit gate rm 3f9c2a1 lint"])
@options.id
@_keys
@options.if_version
@options.acting
def rm(app: App, id: str, keys: Sequence[str], if_version: str | None) -> int:
    """Let an issue require gates no longer."""
    from git_jit.cli.words import version
    from git_jit.ops import gates

    return show_report(app, gates.release(app.store, app.caller(), id, keys, if_version=version(if_version)))


@command(
    "pass",
    examples=[
        "git jit gate pass 3f9c2a1 review --reason 'read it twice'",
        "git jit gate pass 3f9c2a1 tests --force --reason 'ran on the device'",
    ],
)
@options.id
@_keys
@options.reason
@options.force
@options.acting
def pass_(app: App, id: str, keys: Sequence[str], reason: str | None, force: bool) -> int:
    """Say that you looked, at the code as it is here, and that it passes."""
    return _attest(app, id, keys, GateVerdict.PASSED, reason=reason, force=force)


@command("fail", examples=["git jit gate fail 3f9c2a1 review --reason 'the error is swallowed'"])
@options.id
@_keys
@options.reason
@options.force
@options.acting
def fail(app: App, id: str, keys: Sequence[str], reason: str | None, force: bool) -> int:
    """Say that you looked, and that it does not pass."""
    return _attest(app, id, keys, GateVerdict.FAILED, reason=reason, force=force)


def _attest(app: App, id: str, keys: Sequence[str], verdict: GateVerdict, *, reason: str | None, force: bool) -> int:
    from git_jit.ops import gate_results

    ran = gate_results.attest(app.store, app.caller(), ground_of(app), id, keys, verdict, reason=reason, force=force)
    show_ran(app, ran, ok=True)
    return 0


_RUN: Final = (
    _stage("Only gates of this stage."),
    flag("--missing", "Only those that have not passed on this code."),
    number("--jobs", "-j", least=1, help="So many side by side."),
    flag("--fail-fast", "End the others when one has not passed."),
    text("--trust-file", metavar="FILE", help="For CI: hashes its owner allows; not in the clone."),
    replace(flag("--isolate", "In a box (bwrap): no network, no home.", off="--no-isolate"), default=None),
    options.progress,
)


def _run_options(function: Function) -> Function:
    """How gates are run."""
    return parameters.add(_RUN, function)


@command("run", examples=["git jit gate run 3f9c2a1 tests", "git jit gate run 3f9c2a1 tests lint --fail-fast"])
@options.id
@_some_keys
@_run_options
@options.acting
def run(app: App, id: str, keys: Sequence[str], **how: Any) -> int:
    """Run gates that an issue requires, and write the verdicts; the last one that passes finishes a gated issue."""
    return _run(app, id, keys, {**how, "jobs": how["jobs"] or 1})


@command("run-all", examples=["git jit gate run-all 3f9c2a1", "git jit gate run-all 3f9c2a1 --missing -j 4"])
@options.id
@_run_options
@options.acting
def run_all(app: App, id: str, **how: Any) -> int:
    """Run all gates that an issue requires, some side by side."""
    return _run(app, id, (), {**how, "jobs": how["jobs"] or DEFAULT_JOBS})


def _run(app: App, id: str, keys: Sequence[str], how: Mapping[str, Any]) -> int:
    from git_jit.ops import gate_runs

    ground = ground_of(app, how["trust_file"], isolate=how["isolate"])
    stage = GateStage(how["stage"]) if how["stage"] else None
    with Meter(app, wanted=how["progress"]) as meter:
        ran = gate_runs.run_gates(
            app.store,
            app.caller(),
            ground,
            id,
            keys,
            stage=stage,
            missing=how["missing"],
            jobs=how["jobs"],
            fail_fast=how["fail_fast"],
            progress=meter,
        )
    return show_ran(app, ran)


@command("trust", examples=["git jit gate trust tests", "git jit gate trust --list"])
@_one_key
@flag("--list", "List what was approved on this machine for this repository.", dest="list_all")
@replace(
    flag("--mine", "Let what your own commands define here count without a terminal.", off="--no-mine"), default=None
)
def trust(app: App, key: str | None, list_all: bool, mine: bool | None) -> int:
    """Approve what a gate runs, for you on this machine: a person, at a terminal, who types part of its hash."""
    from git_jit.cli import approving

    if (key is not None) + list_all + (mine is not None) > 1:
        raise UsageError("a gate, --list or --mine: one of them", hint="'git jit gate trust -h' shows examples")
    if list_all:
        return approving.show_approvals(app)
    if mine is not None:
        return approving.approve_own(app) if mine else approving.forbid_own(app)
    if key is None:
        raise UsageError("which gate?", hint="'git jit gate list' lists them")
    return approving.approve(app, key)
