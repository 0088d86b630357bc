"""The whole table, cell by cell, and how neighbours follow a change."""

import pytest

from git_jit.errors import JitError
from git_jit.model import Gate, GateKey, GateStage, GateStatus, GateVerdict, Issue, IssueId, Oid, State, Timestamp
from git_jit.record import replace
from git_jit.view import Overlay, Plan
from git_jit.workflow import Facts, GateFailed, GatePending, Intent, Transition, Verb, advance, settle
from tests.ops.making import publish
from tests.ops.world import World

ID = IssueId("a" * 32)
BLOCKER = IssueId("b" * 32)
NOW = Timestamp("2026-11-21T09:00:00.000000Z")
EARLIER = Timestamp("2026-01-01T09:00:00.000000Z")
TESTS = GateKey("tests")
TREE = Oid("1" * 40)

PENDING = {TESTS: GateStatus()}
POSTCHECK = {TESTS: Gate(key=TESTS, title="Tests", stage=GateStage.POSTCHECK)}
PRECHECK = {TESTS: Gate(key=TESTS, title="Tests", stage=GateStage.PRECHECK)}


def issue_in(state: State, **rest: object) -> Issue:
    closed = {"closed_at": EARLIER, "close_reason": "was so"} if state.terminal else {}
    return replace(Issue(id=ID, title="Fix", created_at=EARLIER, state=state), **closed, **rest)


def grid(text: str) -> list[tuple[State, Verb, str]]:
    """Cells of a table: `=` stays as it is, a state is where it goes, anything else is the code of the refusal."""
    head, *rows = [line.split() for line in text.strip().splitlines()]
    verbs = [Verb(name) for name in head]
    assert verbs == list(Verb)
    cells = [(State(row[0]), verb, cell) for row in rows for verb, cell in zip(verbs, row[1:], strict=True)]
    assert {state for state, _, _ in cells} == set(State)
    return cells


def went(answer: Transition | JitError, before: Issue) -> str:
    if isinstance(answer, JitError):
        return answer.code
    if answer.issue is before:
        return "="
    return answer.issue.state.value + ("!" if answer.unmet else "")


PLAIN = grid("""
             backlog         ready           in_progress     gated           done            rejected        archived       reopen claim
backlog      =               ready           bad_transition  bad_transition  bad_transition  reason_required bad_transition =      in_progress
ready        backlog         =               in_progress     bad_transition  done            reason_required bad_transition =      in_progress
in_progress  backlog         ready           =               gated           done            reason_required bad_transition =      =
gated        backlog         ready           bad_transition  =               done            reason_required bad_transition =      bad_transition
done         reopen_required reopen_required reopen_required reopen_required =               reopen_required archived       ready  reopen_required
rejected     reopen_required reopen_required reopen_required reopen_required reopen_required =               archived       ready  reopen_required
archived     reopen_required reopen_required reopen_required reopen_required reopen_required reopen_required =              ready  reopen_required
""")

WITH_REASON = grid("""
             backlog         ready           in_progress     gated           done            rejected        archived       reopen claim
backlog      =               ready           bad_transition  bad_transition  bad_transition  rejected        bad_transition =      in_progress
ready        backlog         =               in_progress     bad_transition  done            rejected        bad_transition =      in_progress
in_progress  backlog         ready           =               gated           done            rejected        bad_transition =      =
gated        backlog         ready           bad_transition  =               done            rejected        bad_transition =      bad_transition
done         reopen_required reopen_required reopen_required reopen_required =               reopen_required archived       ready  reopen_required
rejected     reopen_required reopen_required reopen_required reopen_required reopen_required =               archived       ready  reopen_required
archived     reopen_required reopen_required reopen_required reopen_required reopen_required reopen_required =              ready  reopen_required
""")

REOPENING = grid("""
             backlog         ready           in_progress     gated           done            rejected        archived       reopen claim
backlog      =               ready           bad_transition  bad_transition  bad_transition  rejected        bad_transition =      in_progress
ready        backlog         =               in_progress     bad_transition  done            rejected        bad_transition =      in_progress
in_progress  backlog         ready           =               gated           done            rejected        bad_transition =      =
gated        backlog         ready           bad_transition  =               done            rejected        bad_transition =      bad_transition
done         backlog         ready           bad_transition  bad_transition  =               rejected        archived       ready  in_progress
rejected     backlog         ready           bad_transition  bad_transition  bad_transition  =               archived       ready  in_progress
archived     backlog         ready           bad_transition  bad_transition  bad_transition  rejected        =              ready  in_progress
""")

BLOCKED = grid("""
             backlog         ready           in_progress     gated           done            rejected        archived       reopen  claim
backlog      =               blocked         blocked         bad_transition  blocked         rejected        bad_transition =       blocked
ready        backlog         =               blocked         bad_transition  blocked         rejected        bad_transition =       blocked
in_progress  backlog         blocked         =               gated           blocked         rejected        bad_transition =       =
gated        backlog         blocked         blocked         =               blocked         rejected        bad_transition =       blocked
done         reopen_required reopen_required reopen_required reopen_required =               reopen_required archived       backlog reopen_required
rejected     reopen_required reopen_required reopen_required reopen_required reopen_required =               archived       backlog reopen_required
archived     reopen_required reopen_required reopen_required reopen_required reopen_required reopen_required =              backlog reopen_required
""")

POSTCHECK_PENDING = grid("""
             backlog         ready           in_progress     gated           done             rejected        archived       reopen claim
backlog      =               ready           bad_transition  bad_transition  bad_transition   rejected        bad_transition =      in_progress
ready        backlog         =               in_progress     bad_transition  gated!           rejected        bad_transition =      in_progress
in_progress  backlog         ready           =               gated           gated!           rejected        bad_transition =      =
gated        backlog         ready           bad_transition  =               gates_not_passed rejected        bad_transition =      bad_transition
done         reopen_required reopen_required reopen_required reopen_required =                reopen_required archived       ready  reopen_required
rejected     reopen_required reopen_required reopen_required reopen_required reopen_required  =               archived       ready  reopen_required
archived     reopen_required reopen_required reopen_required reopen_required reopen_required  reopen_required =              ready  reopen_required
""")

PRECHECK_PENDING = grid("""
             backlog         ready           in_progress     gated           done             rejected        archived       reopen claim
backlog      =               ready           bad_transition  bad_transition  bad_transition   rejected        bad_transition =      gate_pending
ready        backlog         =               gate_pending    bad_transition  gated!           rejected        bad_transition =      gate_pending
in_progress  backlog         ready           =               gated           gated!           rejected        bad_transition =      =
gated        backlog         ready           bad_transition  =               gates_not_passed rejected        bad_transition =      bad_transition
done         reopen_required reopen_required reopen_required reopen_required =                reopen_required archived       ready  reopen_required
rejected     reopen_required reopen_required reopen_required reopen_required reopen_required  =               archived       ready  reopen_required
archived     reopen_required reopen_required reopen_required reopen_required reopen_required  reopen_required =              ready  reopen_required
""")

FORCED_THOUGH_BLOCKED_AND_PENDING = grid("""
             backlog  ready    in_progress  gated  done  rejected  archived  reopen  claim
backlog      =        blocked  in_progress  gated  done  rejected  archived  =       in_progress
ready        backlog  =        in_progress  gated  done  rejected  archived  =       in_progress
in_progress  backlog  blocked  =            gated  done  rejected  archived  =       =
gated        backlog  blocked  in_progress  =      done  rejected  archived  =       in_progress
done         backlog  blocked  in_progress  gated  =     rejected  archived  backlog in_progress
rejected     backlog  blocked  in_progress  gated  done  =         archived  backlog in_progress
archived     backlog  blocked  in_progress  gated  done  rejected  =         backlog in_progress
""")


def cells(table: list[tuple[State, Verb, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("state", "verb", "expected"), table, ids=str)


@cells(PLAIN)
def test_without_a_reason(state: State, verb: Verb, expected: str) -> None:
    issue = issue_in(state)
    assert went(advance(issue, Intent(verb=verb), Facts(now=NOW)), issue) == expected


@cells(WITH_REASON)
def test_with_a_reason(state: State, verb: Verb, expected: str) -> None:
    issue = issue_in(state)
    assert went(advance(issue, Intent(verb=verb, reason="so"), Facts(now=NOW)), issue) == expected


@cells(REOPENING)
def test_reopening(state: State, verb: Verb, expected: str) -> None:
    issue = issue_in(state)
    assert went(advance(issue, Intent(verb=verb, reason="so", reopen=True), Facts(now=NOW)), issue) == expected


@cells(BLOCKED)
def test_blocked(state: State, verb: Verb, expected: str) -> None:
    issue = issue_in(state)
    facts = Facts(now=NOW, blockers=(BLOCKER,))
    assert went(advance(issue, Intent(verb=verb, reason="so"), facts), issue) == expected


@cells(POSTCHECK_PENDING)
def test_a_postcheck_is_pending(state: State, verb: Verb, expected: str) -> None:
    issue = issue_in(state, gates=PENDING)
    facts = Facts(now=NOW, gates=POSTCHECK)
    assert went(advance(issue, Intent(verb=verb, reason="so"), facts), issue) == expected


@cells(POSTCHECK_PENDING)
def test_a_gate_nobody_defines_counts_as_postcheck(state: State, verb: Verb, expected: str) -> None:
    issue = issue_in(state, gates=PENDING)
    assert went(advance(issue, Intent(verb=verb, reason="so"), Facts(now=NOW)), issue) == expected


@cells(PRECHECK_PENDING)
def test_a_precheck_is_pending(state: State, verb: Verb, expected: str) -> None:
    issue = issue_in(state, gates=PENDING)
    facts = Facts(now=NOW, gates=PRECHECK)
    assert went(advance(issue, Intent(verb=verb, reason="so"), facts), issue) == expected


@cells(FORCED_THOUGH_BLOCKED_AND_PENDING)
def test_forced(state: State, verb: Verb, expected: str) -> None:
    issue = issue_in(state, gates=PENDING)
    facts = Facts(now=NOW, blockers=(BLOCKER,), gates=PRECHECK)
    answer = advance(issue, Intent(verb=verb, reason="so", force=True), facts)
    assert went(answer, issue) == expected
    if isinstance(answer, Transition) and answer.issue is not issue:
        plain = advance(issue, Intent(verb=verb, reason="so"), facts)
        overruled = plain.code if isinstance(plain, JitError) else plain.unmet.code if plain.unmet else None
        assert (answer.forced[0] if answer.forced else None) == overruled  # recorded exactly when it was needed


@cells(PLAIN)
def test_force_needs_a_reason_exactly_where_it_overrules_something(state: State, verb: Verb, expected: str) -> None:
    issue = issue_in(state)
    answer = advance(issue, Intent(verb=verb, force=True), Facts(now=NOW))
    refused = expected not in {"=", *(state.value for state in State)}
    assert went(answer, issue) == ("reason_required" if refused else expected)


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("verb", list(Verb))
def test_closing_dates_travel_with_the_state(state: State, verb: Verb) -> None:
    answer = advance(issue_in(state), Intent(verb=verb, reason="so", reopen=True, force=True), Facts(now=NOW))
    assert isinstance(answer, Transition)
    after = answer.issue
    if not after.state.terminal:
        assert (after.closed_at, after.close_reason) == (None, None)
    elif after.state is state or (after.state is State.ARCHIVED and state.terminal):
        assert (after.closed_at, after.close_reason) == (EARLIER, "was so")
    else:
        assert (after.closed_at, after.close_reason) == (NOW, "so")


@pytest.mark.parametrize("verdict", list(GateVerdict))
def test_only_a_passed_gate_counts(verdict: GateVerdict) -> None:
    issue = issue_in(State.IN_PROGRESS, gates={TESTS: GateStatus(status=verdict)})
    answer = advance(issue, Intent(verb=Verb.DONE), Facts(now=NOW))
    assert went(answer, issue) == ("done" if verdict is GateVerdict.PASSED else "gated!")


@pytest.mark.parametrize(
    ("earned_on", "present", "expected"),
    [(TREE, TREE, "done"), (TREE, Oid("2" * 40), "gated!"), (None, TREE, "gated!"), (TREE, None, "done")],
)
def test_a_gate_must_have_passed_on_the_present_tree(earned_on: Oid | None, present: Oid | None, expected: str) -> None:
    issue = issue_in(State.IN_PROGRESS, gates={TESTS: GateStatus(status=GateVerdict.PASSED, tree=earned_on)})
    assert went(advance(issue, Intent(verb=Verb.DONE), Facts(now=NOW, tree=present)), issue) == expected


def refused(state: State, verb: Verb, facts: Facts, **rest: object) -> JitError:
    answer = advance(issue_in(state, **rest), Intent(verb=verb), facts)
    assert isinstance(answer, JitError)
    return answer


def test_a_refusal_names_all_blockers_in_its_data_and_some_in_its_sentence() -> None:
    many = tuple(IssueId(f"{n:032x}"[::-1]) for n in range(7))
    error = refused(State.BACKLOG, Verb.READY, Facts(now=NOW, blockers=many))
    assert error.message == "'aaaaaaa' waits for '0000000', '1000000', '2000000', '3000000', '4000000' and 2 more"
    assert error.hint == "'git jit dep why aaaaaaa' shows what to do first"
    assert error.details == {"id": ID, "blockers": list(many)}
    assert error.status == 4


def test_a_bad_transition_says_where_it_can_go() -> None:
    error = refused(State.READY, Verb.ARCHIVED, Facts(now=NOW))
    assert error.message == "'aaaaaaa' cannot go from ready to archived"
    assert error.hint == "from ready it can go to backlog, in_progress, done, rejected"


def test_gates_are_named_and_have_their_own_status() -> None:
    gates = {GateKey("b"): GateStatus(), GateKey("a"): GateStatus()}
    late = refused(State.GATED, Verb.DONE, Facts(now=NOW), gates=gates)
    assert isinstance(late, GateFailed)
    assert not isinstance(late, GatePending)
    assert late.message == "'aaaaaaa' cannot become done: 'a', 'b' not passed"
    assert late.details["gates"] == ["a", "b"]
    early = refused(State.READY, Verb.CLAIM, Facts(now=NOW, gates=PRECHECK), gates=PENDING)
    assert isinstance(early, GatePending)
    assert (early.status, late.status) == (7, 7)


def overlay_of(*issues: Issue) -> Overlay:
    world = World()
    publish(world, Plan(issues={issue.id: issue for issue in issues}))
    return Overlay(world.store.view())


def node(letter: str, state: str, *waits: str) -> Issue:
    return Issue(
        id=IssueId(letter * 32),
        title=letter,
        created_at=NOW,
        state=State(state),
        dependencies=tuple(IssueId(other * 32) for other in waits),
        closed_at=NOW if State(state).terminal else None,
    )


def states(overlay: Overlay, letters: str) -> str:
    return " ".join(str(overlay.state_of(IssueId(letter * 32))) for letter in letters)


@pytest.mark.parametrize("final", ["done", "rejected", "archived"])
def test_the_last_blocker_promotes_its_dependents(final: str) -> None:
    overlay = overlay_of(
        node("a", "ready"), node("b", "backlog", "a"), node("c", "backlog", "a", "d"), node("d", "ready"),
        node("e", "in_progress", "a"),
    )  # fmt: skip
    overlay.put(node("a", final))
    assert settle(overlay, [IssueId("a" * 32)]) == [IssueId("b" * 32)]
    assert states(overlay, "abcde") == f"{final} ready backlog ready in_progress"


def test_a_parked_issue_stays_parked() -> None:
    overlay = overlay_of(node("a", "ready"), node("d", "done"), node("b", "backlog", "d"), node("c", "backlog"))
    overlay.put(node("d", "archived"))
    assert settle(overlay, [IssueId("d" * 32), IssueId("c" * 32), IssueId("b" * 32)]) == []


def test_a_new_edge_demotes_and_its_removal_promotes() -> None:
    overlay = overlay_of(node("a", "ready"), node("b", "ready"), node("c", "backlog", "a"), node("d", "done"))
    overlay.put(node("b", "ready", "a"))
    overlay.put(node("c", "backlog"))
    overlay.put(node("d", "done", "a"))
    assert settle(overlay, [IssueId(x * 32) for x in "bcd"]) == [IssueId("b" * 32), IssueId("c" * 32)]
    assert states(overlay, "bcd") == "backlog ready done"


def test_a_reopened_dependency_demotes_what_is_ready_and_leaves_what_is_begun() -> None:
    overlay = overlay_of(
        node("a", "done"), node("b", "ready", "a"), node("c", "in_progress", "a"), node("d", "done", "a")
    )
    overlay.put(node("a", "ready"))
    assert settle(overlay, [IssueId("a" * 32)]) == [IssueId("b" * 32)]
    assert states(overlay, "abcd") == "ready backlog in_progress done"


def test_a_deleted_dependency_blocks_and_one_that_comes_back_frees() -> None:
    overlay = overlay_of(node("a", "done"), node("b", "ready", "a"), node("c", "backlog", "f"))
    overlay.remove(IssueId("a" * 32))
    overlay.put(node("f", "rejected"))
    assert settle(overlay, [IssueId("a" * 32), IssueId("f" * 32)]) == [IssueId("b" * 32), IssueId("c" * 32)]
    assert states(overlay, "bc") == "backlog ready"


def test_a_state_that_was_asked_for_is_not_promoted_away() -> None:
    overlay = overlay_of(node("a", "ready"), node("b", "backlog", "a"))
    overlay.put(node("b", "backlog"))
    assert settle(overlay, [IssueId("b" * 32)], frozenset({IssueId("b" * 32)})) == []
