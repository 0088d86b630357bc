"""Short words for setting up issues in a `World`, and for looking at them."""

from git_jit.model import Gate, GateKey, Issue, IssueId, Message
from git_jit.ops import issues
from git_jit.ops.issues import Draft
from git_jit.view import Plan
from tests.ops.world import World


def make(world: World, title: str, *waits_for: IssueId, **rest: object) -> IssueId:
    """A new issue that waits for the others."""
    draft = Draft(title=title, depends_on=waits_for, **rest)  # type: ignore[arg-type]
    return issues.create(world.store, world.caller(), draft).outcomes[0].id


def get(world: World, id: IssueId) -> Issue:
    with world.store.view() as view:
        issue = view.issue(id)
    assert issue is not None
    return issue


def states(world: World, *ids: IssueId) -> str:
    with world.store.view() as view:
        return " ".join(str(view.state_of(id)) for id in ids)


def subject(world: World) -> str:
    return next(iter(world.store.history())).subject


def publish(world: World, plan: Plan) -> None:
    """What no use case would write: for damaged or foreign data, gates and rules."""
    with world.store.view() as view:
        base = view.base
    caller = world.caller()
    message = Message(op="x", subject="x", actor=caller.actor, request=world.new_ulid(), at=caller.now)
    world.store.commit(plan, base=base, message=message)


def define(world: World, *gates: Gate) -> None:
    publish(world, Plan(gates={gate.key: gate for gate in gates}))


def gate(key: str, **rest: object) -> Gate:
    return Gate(key=GateKey(key), title=key, **rest)  # type: ignore[arg-type]
