"""The first publication: the issues on a branch of a remote, with what its host shall run for every change of them."""

from typing import Final

from git_jit.hosts import Kind, place_of
from git_jit.model import Caller, Message, Oid
from git_jit.ops import sync, transact
from git_jit.ops.reviewing import ReviewMode
from git_jit.pipelines import pipeline
from git_jit.record import record
from git_jit.store import Store
from git_jit.view import Plan, View

HEADS: Final = "refs/heads/"


@record(kw_only=True)
class Publication:
    """What is published now."""

    remote: str
    branch: str
    path: str | None
    """The file of the pipeline; None where no host could run one."""
    commit: Oid

    def to_json(self) -> dict[str, object]:
        """As `--json` shows it."""
        return {"remote": self.remote, "branch": self.branch, "pipeline": self.path, "commit": self.commit}


def publish(
    store: Store, caller: Caller, *, remote: str | None = None, host: Kind | None = None, mode: ReviewMode
) -> Publication:
    """Put a pipeline into the tree of the issues, unless there is one, and publish all.

    Which one, the address of the remote tells, or `host`; GitHub's is read by most. Raises `NoPipeline`, and what a
    sync raises.
    """
    exchange = sync.exchange_of(store)
    there = exchange.remote(remote)
    place = place_of(there.url)
    path = None
    if exchange.publish_ref.startswith(HEADS):
        kind = host or (place.kind if place else None) or Kind.GITHUB
        path, content = pipeline(kind, exchange.publish_ref.removeprefix(HEADS))
        _keep(store, caller, path, content)
    done = sync.sync(store, caller, there.name, mode=mode)
    tip = done.pushed or exchange.tip()
    assert tip is not None  # it was just published
    return Publication(remote=there.name, branch=exchange.publish_ref.removeprefix(HEADS), path=path, commit=tip)


def _keep(store: Store, caller: Caller, path: str, content: bytes) -> None:
    """One that is there already may have been changed on purpose."""

    def plan(view: View) -> Plan:
        known = view.base is not None and store.blob_at(view.base, path) is not None
        return Plan(raw={} if known else {path: content})

    request = caller.new_request()
    transact(
        store,
        plan,
        lambda _: Message(
            op="init-publish",
            subject=f"init: let the host check issues by '{path}'",
            actor=caller.actor,
            request=request,
            at=caller.now,
        ),
    )
