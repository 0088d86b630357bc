"""Which issue somebody can have now, and what is against the others: what `claims` decides about.

A search looks at one state of leases and issues and changes nothing, so it serves both: to choose in one's turn, and to
find out before that there is nothing to wait for.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from git_jit.canonical import Malformed
from git_jit.condition import All, OneOf
from git_jit.errors import Contention, JitError, Negative, Refused
from git_jit.leases import DEFAULT_TTL_S, Held, Lease, LeaseRefused, Sighting, Way, Wish, acquire, watch, way_in
from git_jit.model import WORKING, Caller, Issue, IssueId, Oid, State, short
from git_jit.ops import resolve
from git_jit.ops.batch import Sheet, work_through
from git_jit.ops.desk import Desk, Terms
from git_jit.ops.edit import Patch
from git_jit.ops.queries import ORDERS, Asker, Question, Wanted, narrowed, select
from git_jit.record import record, replace
from git_jit.store.claims import Claims
from git_jit.view import Row, View
from git_jit.workflow import GateFailed, Verb

TEAM: Final = "team:"
"""Whoever is in a team may claim what is assigned to it."""
NOT_THIS_ONE: Final = frozenset({Refused.status, Contention.status, GateFailed.status})
"""Exit statuses of what is against one issue, and not against the next."""
PAGE: Final = 256
"""Issues whose assignees are read at once, most urgent first: the first that is free ends the search."""
MAX_INDEFINITE: Final = 3
"""Leases without end that one actor may hold in one tracker: each blocks an issue until a person looks."""


class NothingToClaim(Negative):
    """Nothing that fits can be had now.

    `details` has `held`: how many others hold, `open`: how many are left, `unchecked`: which wait for prechecks only.
    """

    code = "nothing_to_claim"


class Assigned(Contention):
    """The issue is in the hands of somebody who has not claimed it here."""

    code = "claim_assigned"
    retryable = False


@record(kw_only=True)
class Asked:
    """What is wanted: the issue `id`, or the next one that meets `filters`."""

    id: str | None = None
    filters: Sequence[str] = ()
    ttl_s: int | None = None
    """None: as it is of what the caller holds already, `DEFAULT_TTL_S` of anything else."""
    reason: str | None = None
    pid: int = 0
    """The process that stands for the holder: when it ends, others need not wait. 0: none, or the one named before."""
    tentative: bool = False


@record(kw_only=True)
class Pick:
    """One issue that can be had, and all that has to be written for it."""

    lease: Lease
    way: Way
    before: Lease
    sheet: Sheet
    tip: Oid | None
    base: Oid | None
    """The claims and the issues that it was judged by."""

    @property
    def issue(self) -> Issue:
        """As it is once it is marked."""
        issue = self.sheet.outcomes[0].issue
        assert issue is not None, "a claim deletes nothing"
        return issue


class Search:
    """One look for what was `asked`, among the claims at `tip`."""

    def __init__(
        self, claims: Claims, tip: Oid | None, caller: Caller, asked: Asked, op_id: str, *, tentative: bool = False
    ) -> None:
        self._claims = claims
        self.tip = tip
        self._caller = caller
        self._asked = asked
        self._op_id = op_id
        self._tentative = tentative
        self._now = claims.moment(caller.now)
        self._me = claims.holder(caller.actor, caller.session, asked.pid)
        self.seen: dict[IssueId, Sighting] = {}
        """Since when the leases that were in the way are as they are. To be refused is to begin to watch."""

    def pick(self, view: View) -> Pick:
        """The issue, judged by `view`. Raises what is against it; `NothingToClaim` where any would do."""
        if self._asked.id is not None:
            return self.judge(view, resolve(view, self._asked.id))
        held, unchecked = 0, list[IssueId]()
        for lease in self._candidates(view):
            try:
                return self._judge(view, lease)
            except JitError as error:
                if error.status not in NOT_THIS_ONE or isinstance(error, LeaseRefused):
                    raise
                held += isinstance(error, Held)
                unchecked += [lease.issue] if isinstance(error, GateFailed) else []
        raise self._nothing(view, held, unchecked)

    def judge(self, view: View, id: IssueId) -> Pick:
        """One issue, lease and transition both. Raises what is against it."""
        return self._judge(view, self._claims.lease(id, self.tip))

    def _candidates(self, view: View) -> Iterator[Lease]:
        """What the caller is at already, what others may have left, then what is ready; each most urgent first."""
        asker = self._asker()
        if self.tip is not None:
            working = OneOf("state", tuple(state.value for state in sorted(WORKING)))
            begun = All((working, narrowed(view, self._asked.filters, asker)))
            rows = view.rows(view.select(begun, sort=ORDERS[Question.READY]).ids)
            held = self._claims.leases(self.tip, [row.id for row in rows]) if rows else {}
            own = {row.id: lease for row in rows if (lease := self._own(row, held.get(row.id)))}
            yield from own.values()
            yield from (held[row.id] for row in rows if row.id in held and row.id not in own)
        ready = select(view, Wanted(question=Question.READY, filters=self._asked.filters), asker).ids
        for start in range(0, len(ready), PAGE):
            rows = view.rows(ready[start : start + PAGE])
            yield from (lease for row in rows if self._is_offered(row) and (lease := self._readable(row.id)))

    def _readable(self, id: IssueId) -> Lease | None:
        """The lease; None for a damaged record, which 'validate' names and which must not keep anybody from others."""
        try:
            return self._claims.lease(id, self.tip)
        except Malformed:
            return None

    def _is_offered(self, row: Row) -> bool:
        """Whether a look at its lease is worth while: what is ready and somebody else's was given to them by hand."""
        return row.assignee in {None, self._me.actor} or str(row.assignee).startswith(TEAM)

    def _own(self, row: Row, held: Lease | None) -> Lease | None:
        """The lease on an issue that the caller is at: theirs, or it was until the work was thought to be over."""
        if row.state is not State.IN_PROGRESS:
            return None
        lease = held or (self._readable(row.id) if row.assignee == self._me.actor else None)
        return lease if lease and lease.holder and lease.holder.is_same(self._me) else None

    def _asker(self) -> Asker:
        return Asker(me=lambda: self._caller.actor, now=self._caller.now)

    def _is_mine(self, lease: Lease) -> bool:
        return not lease.is_free and lease.holder is not None and lease.holder.is_same(self._me)

    def _judge(self, view: View, before: Lease) -> Pick:
        claims, wish, id = self._claims, self._wish(before), before.issue
        dead = before.holder is not None and not before.is_free and claims.is_dead(before.holder)
        seen = claims.sighting(before)
        way = way_in(before, wish.holder, wish.now, seen, holder_is_dead=dead)
        if way is Way.OWN:
            _check_twin(claims, before, wish)
        if wish.ttl_s == 0 and not (way is Way.OWN and before.ttl_s == 0):
            self._check_indefinite()
        try:
            lease = acquire(before, wish, seen, holder_is_dead=dead)
        except Held:
            self.seen[id] = watch(before, seen, wish.now)
            raise
        assert way is not None, "acquire raises where there is no way"
        sheet = marking(view, self._caller, id, before, own=way is Way.OWN)
        return Pick(lease=lease, way=way, before=before, sheet=sheet, tip=self.tip, base=view.base)

    def _wish(self, before: Lease) -> Wish:
        """What is asked of one lease. Whoever asks again for their own, and says nothing new, keeps its terms."""
        asked, mine = self._asked, self._is_mine(before)
        ttl_s = asked.ttl_s
        if ttl_s is None:
            ttl_s = before.ttl_s if mine else DEFAULT_TTL_S
        holder = self._me
        if mine and before.holder and not holder.pid and not self._claims.is_dead(before.holder):
            holder = before.holder
        return Wish(
            issue=before.issue,
            holder=holder,
            op_id=self._op_id,
            now=self._now,
            ttl_s=ttl_s,
            reason=asked.reason or (before.reason if mine else None),
            tentative=self._tentative,
        )

    def _nothing(self, view: View, held: int, unchecked: Sequence[IssueId]) -> NothingToClaim:
        """Why there is nothing: a worker waits for what others are at, and ends when nothing is left."""
        left = select(view, Wanted(question=Question.OPEN, filters=self._asked.filters, limit=1), self._asker()).total
        details = {"held": held, "open": left, "unchecked": list(unchecked)}
        if not left:
            return NothingToClaim(
                "nothing is left that fits", hint="'git jit ready' lists what else there is", details=details
            )
        hint = "'git jit claim list' shows who holds what, 'git jit blocked' what waits"
        if unchecked:
            hint = (
                f"'git jit gate run-all {short(unchecked[0])} --stage precheck' checks what must be before work begins"
            )
        reasons = [f"others hold {held}"] if held else []
        reasons += [f"prechecks of {len(unchecked)} have not passed"] if unchecked else []
        said = "; ".join(["nothing that fits can be claimed now", *reasons])
        return NothingToClaim(said, hint=hint, details=details)

    def _check_indefinite(self) -> None:
        me = self._me.actor
        leases = self._claims.leases(self.tip).values()
        mine = [lease for lease in leases if lease.ttl_s == 0 and lease.holder and lease.holder.actor == me]
        if len(mine) >= MAX_INDEFINITE:
            raise LeaseRefused(
                f"'{me}' holds {len(mine)} issues without end already; at most {MAX_INDEFINITE}",
                hint="leave '--ttl 0' out, or give one back with 'git jit claim release ID'",
                details={"issues": [lease.issue for lease in mine]},
            )


def _check_twin(claims: Claims, before: Lease, wish: Wish) -> None:
    """Two workers of one name must not share a claim: each names its process, and the other one lives."""
    holder = before.holder
    if holder and holder.pid and wish.holder.pid not in {0, holder.pid} and not claims.is_dead(holder):
        raise Held(
            f"'{short(before.issue)}' is claimed by '{holder.actor}' in another process ({holder.pid}), which runs",
            hint="give each worker a name of its own with --actor, or a session with --session",
            details={"issue": before.issue, "holder": holder.actor, "epoch": before.epoch, "pid": holder.pid},
        )


def marking(view: View, caller: Caller, id: IssueId, before: Lease, *, own: bool = False) -> Sheet:
    """What the claim makes of the issue: the caller its assignee, and its state `in_progress`. `own`: it is theirs
    already, so whoever else it names is who had it before.
    """

    def step(desk: Desk, id: IssueId) -> JitError | None:
        issue = desk.issue(id)
        # Of a free lease too, where nobody could put the issue back any more: it still says that they work on it.
        former = before.holder.actor if before.holder and (not before.is_free or issue.state in WORKING) else None
        known = {None, caller.actor, former}
        if not own and issue.assignee not in known and not str(issue.assignee).startswith(TEAM):
            raise Assigned(
                f"'{short(id)}' is assigned to '{issue.assignee}', who has not claimed it",
                hint=f"'git jit show {short(id)}' shows it; 'git jit claim --next' takes another issue",
                details={"issue": id, "assignee": issue.assignee},
            )
        patch = Patch(assignee=caller.actor)
        return desk.change(issue, patch if issue.state in WORKING else replace(patch, state=Verb.CLAIM))

    sheet = work_through(view, [id], step, Terms(now=caller.now))
    if sheet.outcomes[0].error:
        raise sheet.outcomes[0].error
    return sheet
