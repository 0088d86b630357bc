"""One pass over a tracker that was damaged in every way validation knows, and what the next pass need not do."""

import json
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit import codec
from git_jit.config import Config, Namespace, parse
from git_jit.model import Date, Document, GateKey, GateStatus, GateVerdict, IssueId, Json, Link, Oid, State
from git_jit.ops import IssueNotFound, comments
from git_jit.ops.examining import NOTE
from git_jit.ops.incoming import objections
from git_jit.ops.repair import fix
from git_jit.ops.standing import errors_at
from git_jit.ops.validation import UnknownCode, Verdict, validate
from git_jit.record import replace
from git_jit.store import NotInitialised, comment_path, issue_path
from git_jit.store.memory import MemoryStore
from git_jit.validate.rule_ground import Moment
from git_jit.view import Plan
from tests.ops.damage import NOBODY, alter, altered, plant, stored
from tests.ops.making import define, gate, get, make, publish
from tests.ops.world import World


class CountingStore(MemoryStore):
    """Counts the blobs that are read, and the questions about the code."""

    def __init__(self) -> None:
        super().__init__()
        self.blobs_read = 0
        self.questions = 0

    def blobs(self, oids: Iterable[Oid]) -> Iterator[bytes | None]:
        for data in super().blobs(oids):
            self.blobs_read += 1
            yield data

    def blob_at(self, rev: str, path: str) -> bytes | None:
        self.blobs_read += 1
        return super().blob_at(rev, path)

    def in_code(self, commit: str | None, paths: object) -> frozenset[str] | None:
        self.questions += 1
        return super().in_code(commit, paths)  # type: ignore[arg-type]


@pytest.fixture
def world() -> World:
    return World(store=CountingStore())


def counted(world: World) -> CountingStore:
    assert isinstance(world.store, CountingStore)
    world.store.blobs_read = world.store.questions = 0
    return world.store


def found(world: World, **how: object) -> list[tuple[str, str, str]]:
    """Severity, code and subject of each finding."""
    return told(validate(world.store, **how))  # type: ignore[arg-type]


def told(verdict: Verdict) -> list[tuple[str, str, str]]:
    return [(f.severity.value, f.code, f.subject) for f in verdict.findings]


def fresh(world: World) -> Verdict:
    """The verdict of a clone that remembers nothing."""
    world.store.remember(NOTE, b"")
    return validate(world.store)


# --- what is found ---


def test_nothing_is_wrong(world: World) -> None:
    a = make(world, "A")
    make(world, "B", a)
    comments.add(world.store, world.caller(), a, "hello")
    define(world, gate("tests"))
    verdict = validate(world.store)
    assert (verdict.issues, verdict.comments, verdict.gates) == (2, 1, 1)
    assert (verdict.findings, verdict.status) == ((), 0)


def test_what_cannot_be_read(world: World) -> None:
    a, b = make(world, "A"), make(world, "B")
    comment = comments.add(world.store, world.caller(), b, "hello").comment.id
    plant(
        world,
        {
            issue_path(a): b"{",
            issue_path(NOBODY): codec.encode_issue(get(world, b)),
            comment_path(b, comment): b"[]",
        },
    )
    verdict = validate(world.store)
    assert told(verdict) == [
        ("error", "unreadable", comment_path(b, comment)),
        ("error", "unreadable", issue_path(a)),
        ("error", "id_mismatch", issue_path(NOBODY)),
    ]
    assert (verdict.issues, verdict.comments, verdict.status) == (1, 0, 4)


def test_rules_that_cannot_be_read_do_not_hide_the_rest(world: World) -> None:
    make(world, "A")
    plant(world, {"config.json": b"{"})
    assert found(world) == [("error", "unreadable", "config.json")]


def test_every_kind_of_document_must_be_spelled_canonically(world: World) -> None:
    a = make(world, "A")
    comment = comments.add(world.store, world.caller(), a, "hello").comment.id
    define(world, gate("tests"))
    paths = [issue_path(a), comment_path(a, comment), "config.json", "gates/tests.json"]
    publish(world, Plan(config=Config(stale_days=3)))
    plant(world, {path: altered(stored(world, path)) for path in paths})
    assert found(world) == [("warning", "not_canonical", path) for path in sorted(paths)]
    assert validate(world.store).status == 0


def test_rules_that_came_later(world: World) -> None:
    a = make(world, "A", labels=("team:a",))
    publish(world, Plan(config=Config(namespaces={"team": Namespace(values=("b",))})))
    assert found(world) == [("error", "label_value", a)]


def test_references_to_what_is_not_there(world: World) -> None:
    issue = replace(
        get(world, make(world, "A")),
        dependencies=(NOBODY,),
        links=(Link("relates-to", NOBODY),),
        unresolved=(Link("parent", "bd-7"),),
        gates={GateKey("tests"): GateStatus()},
    )
    publish(world, Plan(issues={issue.id: issue}))
    assert found(world) == [
        ("error", "dependency_missing", issue.id),
        ("warning", "gate_missing", issue.id),
        ("warning", "link_missing", issue.id),
        ("warning", "ready_but_blocked", issue.id),
        ("warning", "unresolved", issue.id),
    ]


def test_cycles_are_told_whole_and_each_knot_once(world: World) -> None:
    a, b, c = (get(world, make(world, title)) for title in "ABC")
    waiting = {
        a.id: replace(a, state=State.BACKLOG, dependencies=(b.id,)),
        b.id: replace(b, state=State.BACKLOG, dependencies=(a.id,)),
        c.id: replace(c, state=State.BACKLOG, dependencies=(c.id,)),
    }
    publish(world, Plan(issues=waiting))
    first, second = validate(world.store).findings
    assert (first.code, first.subject) == ("cycle", b.id)
    assert f"{b.id[:7]} -> {a.id[:7]} -> {b.id[:7]}" in first.message
    assert (second.code, second.subject) == ("self_reference", c.id)


def test_as_of_then_and_nothing_is_remembered_of_it(world: World) -> None:
    a = make(world, "A")
    then = next(iter(world.store.history())).oid
    plant(world, {issue_path(a): b"{"})
    assert validate(world.store, at=then).findings == ()
    assert world.store.recall(NOTE) is None


def test_a_gate_is_judged_by_its_schema(world: World) -> None:
    define(world, gate("tests"))
    plant(world, {"gates/tests.json": altered(stored(world, "gates/tests.json"), title="")})
    assert ("error", "schema_invalid", "gates/tests.json") in found(world)


def test_what_is_not_the_trackers_is_nobodys_business(world: World) -> None:
    make(world, "A")
    plant(world, {"README.md": b"hello", "notes/x.json": b"{", "issues/00/notes.txt": b"x"})
    assert found(world) == [("error", "misplaced", "issues/00/notes.txt")]


# --- parts of it ---


def test_only_some_codes(world: World) -> None:
    a = make(world, "A")
    alter(world, a, dependencies=[NOBODY])
    assert found(world, only=["dependency_missing"]) == [("error", "dependency_missing", a)]
    assert validate(world.store, only=["not_canonical"]).status == 0, "an error that was not asked for"


def test_an_unknown_code_is_a_mistake_of_words(world: World) -> None:
    with pytest.raises(UnknownCode) as caught:
        validate(world.store, only=["dependency_mising"])
    assert caught.value.message == "no finding has the code 'dependency_mising'"
    assert "dependency_missing" in (caught.value.hint or "")


def test_one_issue_with_all_that_is_its_own(world: World) -> None:
    a, b, c, d = (make(world, title) for title in "ABCD")
    comment = comments.add(world.store, world.caller(), a, "hello").comment.id
    other = comments.add(world.store, world.caller(), b, "hello").comment.id
    alter(world, a, dependencies=[c, NOBODY], state="backlog")
    alter(world, c, dependencies=[a], state="backlog")
    plant(world, {issue_path(d): b"{", comment_path(a, comment): b"{", comment_path(b, other): b"{"})
    verdict = validate(world.store, id=a[:8])
    assert told(verdict) == [
        ("error", "dependency_missing", a),
        ("error", "cycle", c),
        ("error", "unreadable", comment_path(a, comment)),
        ("warning", "not_canonical", issue_path(a)),
    ]
    assert (verdict.issues, verdict.comments, verdict.read) == (1, 1, 2)
    assert ("error", "cycle", c) in found(world, id=c), "a circle belongs to each of its issues"
    assert found(world, id=d) == [("error", "unreadable", issue_path(d))]


def test_an_issue_that_is_not_there(world: World) -> None:
    make(world, "A")
    with pytest.raises(IssueNotFound):
        validate(world.store, id="ffff")


# --- the next time ---


def test_a_second_run_without_changes_looks_at_the_index_only(world: World) -> None:
    a = make(world, "A")
    make(world, "B", a)
    alter(world, a, dependencies=[NOBODY])
    first = validate(world.store)
    store = counted(world)
    second = validate(world.store)
    assert (store.blobs_read, second.read, store.questions) == (0, 0, 0)
    assert first.read == 2
    assert (told(second), second.issues) == (told(first), 2)
    assert [f.fix and (f.fix.kind, f.fix.summary) for f in second.findings] == [
        f.fix and (f.fix.kind, f.fix.summary) for f in first.findings
    ]


def test_after_a_change_only_what_changed_and_what_was_wrong_is_read(world: World) -> None:
    ids = [make(world, f"Issue {number}") for number in range(20)]
    plant(world, {issue_path(ids[3]): b"{"})
    assert validate(world.store).read == 20
    alter(world, ids[7], title="Changed")
    verdict = validate(world.store)
    assert (verdict.read, told(verdict)) == (
        2,
        [("error", "unreadable", issue_path(ids[3])), ("warning", "not_canonical", issue_path(ids[7]))],
    )


def test_other_rules_judge_every_document_again(world: World) -> None:
    ids = [make(world, f"Issue {number}", labels=("team:a",)) for number in range(5)]
    assert validate(world.store).findings == ()
    publish(world, Plan(config=Config(namespaces={"team": Namespace(values=("b",))})))
    verdict = validate(world.store)
    assert (verdict.read, {f.subject for f in verdict.findings}) == (6, set(ids))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: b"",
        lambda _: b"\xff\xfe",
        lambda _: b"[" * 100_000,
        lambda note: note[:-20],
        lambda _: b"[]",
        lambda _: b'{"version": 1}',
        lambda note: note.replace(b'"severity"', b'"severety"').replace(b'"error"', b'"fatal"'),
        lambda note: json.dumps({**json.loads(note), "version": "0"}).encode(),
        lambda note: json.dumps({**json.loads(note), "commit": "f" * 40}).encode(),
        lambda note: json.dumps({**json.loads(note), "counts": {}}).encode(),
        lambda note: json.dumps({**json.loads(note), "findings": [["x"]]}).encode(),
        lambda note: json.dumps({**json.loads(note), "answers": [["x", None, 3]]}).encode(),
    ],
)
def test_a_note_that_does_not_fit_is_passed_over(world: World, spoil: object) -> None:
    a = make(world, "A")
    plant(world, {issue_path(a): b"{"})
    expected = told(validate(world.store))
    note = world.store.recall(NOTE)
    assert note is not None
    world.store.remember(NOTE, spoil(note))  # type: ignore[operator]
    assert told(validate(world.store)) == expected
    assert validate(world.store).read == 0, "it was replaced"


STATES = st.sampled_from(["whole", "cut", "altered", "dangling", "circle", "gone", "rules", "nothing"])


@given(st.lists(st.tuples(st.integers(0, 3), STATES, st.booleans()), max_size=8))
def test_what_is_remembered_never_shows(steps: list[tuple[int, str, bool]]) -> None:
    """A verdict made with the help of the last one is the verdict of whoever knows nothing."""
    world = World()
    ids = [make(world, f"Issue {number}") for number in range(4)]
    whole = {id: stored(world, issue_path(id)) for id in ids}
    for number, state, looks in steps:
        id = ids[number]
        if state == "rules":
            publish(world, Plan(config=Config(stale_days=number + 1)))
        else:
            plant(world, {issue_path(id): spoiled(state, whole[id], ids[number - 1])})
        if looks:
            validate(world.store)
    helped = validate(world.store)
    assert (told(helped), helped.issues) == (told(fresh(world)), fresh(world).issues)


def spoiled(state: str, data: bytes, other: IssueId) -> bytes | None:
    match state:
        case "cut":
            return data[: len(data) // 2]
        case "altered":
            return altered(data, title="")
        case "dangling":
            return altered(data, dependencies=[NOBODY])
        case "circle":
            return altered(data, dependencies=[other])
        case "gone":
            return None
        case _:
            return data


# --- files of the code ---


def naming(world: World, *documents: Document) -> IssueId:
    issue = replace(get(world, make(world, "A")), documents=documents)
    publish(world, Plan(issues={issue.id: issue}))
    return issue.id


def test_files_that_the_code_does_not_have(world: World) -> None:
    a = naming(world, Document(path="docs/a.md"), Document(path="docs/b.md"))
    world.store.code[None] = frozenset({"docs/a.md"})
    assert found(world) == [("warning", "document_missing", a)]
    assert "docs/b.md" in validate(world.store).findings[0].message


def test_without_code_nothing_is_said_about_it(world: World) -> None:
    naming(world, Document(path="docs/a.md"))
    assert found(world) == []


def test_when_the_code_changes_the_remembered_verdict_does_not_stand(world: World) -> None:
    a = naming(world, Document(path="docs/a.md"))
    world.store.code[None] = frozenset({"docs/a.md"})
    assert found(world) == []
    world.store.code[None] = frozenset()
    assert found(world) == [("warning", "document_missing", a)]
    store = counted(world)
    assert found(world) == [("warning", "document_missing", a)]
    assert (store.questions, store.blobs_read) == (1, 0), "the code is asked once, and nothing else"


def test_nobody_asks_the_code_when_no_issue_names_a_file(world: World) -> None:
    make(world, "A")
    store = counted(world)
    assert found(world) == []
    assert store.questions == 0


def test_before_the_first_commit() -> None:
    with pytest.raises(NotInitialised):
        validate(MemoryStore())


# --- rules of the repository ------------------------------------------------------------------------------


def ruled(world: World, rule: Json) -> None:
    publish(world, Plan(config=parse({"rules": {"it": rule}})))


def at(day: str, tree: Oid | None = None) -> Moment:
    return Moment(day=Date(day), tree=lambda: tree)


def test_who_breaks_a_rule_is_found_and_remembered(world: World) -> None:
    ruled(world, {"when": "is:open", "sections": {"headings": ["Why"]}, "severity": "warning"})
    a, b = make(world, "A"), make(world, "B", description="# Why")
    assert found(world) == [("warning", "rule_section", a)]
    store = counted(world)
    assert [each.rule for each in validate(world.store).findings] == ["it"]
    assert store.blobs_read == 0, "the verdict is remembered"
    assert found(world, id=a) == [("warning", "rule_section", a)]
    assert found(world, id=b) == []
    assert found(world, only=["rule_section"]) == [("warning", "rule_section", a)]
    assert found(world, at="HEAD~1") == [("warning", "rule_section", a)]


def test_the_configuration_weighs_what_rules_find(world: World) -> None:
    publish(
        world,
        Plan(config=parse({"rules": {"it": {"fields": ["due"]}}, "severities": {"rule_field": "warning"}})),
    )
    a = make(world, "A")
    assert found(world) == [("warning", "rule_field", a)]


def test_a_rule_that_goes_by_the_day_is_asked_anew_each_day(world: World) -> None:
    ruled(world, {"when": "is:overdue", "fields": ["assignee"]})
    a = make(world, "A", due="2026-11-30")
    assert found(world) == []
    assert found(world, moment=at("2026-11-30")) == []
    assert found(world, moment=at("2026-12-01")) == [("error", "rule_field", a)]
    store = counted(world)
    assert found(world, moment=at("2026-12-01")) == [("error", "rule_field", a)]
    assert store.blobs_read == 0
    assert found(world, moment=at("2026-11-30")) == []
    assert found(world, moment=at("2026-12-01"), at="HEAD") == [], "the past is not asked what the day says"
    assert errors_at(world.store, tip(world)) == (), "nor is a commit by a hook"


def test_a_rule_about_the_code_is_asked_anew_for_other_code(world: World) -> None:
    here, there = Oid("a" * 40), Oid("b" * 40)
    ruled(world, {"gates": {"code": True}})
    define(world, gate("tests"))
    a = make(world, "A", gates=("tests",))
    passed = GateStatus(status=GateVerdict.PASSED, tree=here)
    publish(world, Plan(issues={a: replace(get(world, a), gates={GateKey("tests"): passed})}))
    assert found(world, moment=at("2026-11-21", here)) == []
    assert found(world, moment=at("2026-11-21", there)) == [("error", "rule_gate", a)]
    assert found(world, moment=at("2026-11-22", here)) == []


def test_hooks_and_checks_of_proposals_go_the_same_way(world: World) -> None:
    ruled(world, {"labels": {"pattern": "team:*"}})
    before = tip(world)
    a = make(world, "A")
    assert [(each.code, each.subject) for each in errors_at(world.store, tip(world))] == [("rule_labels", a[:7])]
    assert [each.code for each in objections(world.store, before, tip(world))] == ["rule_labels"]


def test_what_is_mended_first_counts_for_the_rules_too(world: World) -> None:
    ruled(world, {"when": "state:ready", "fields": ["due"], "severity": "warning"})
    a = make(world, "A")
    b = make(world, "B", a)
    publish(world, Plan(issues={b: replace(get(world, b), state=State.READY)}))
    assert found(world) == [
        ("warning", "rule_field", a), ("warning", "ready_but_blocked", b), ("warning", "rule_field", b),
    ]  # fmt: skip
    mended = fix(world.store, world.caller(), dry_run=True)
    assert [(each.code, each.subject) for each in mended.verdict.findings] == [("rule_field", a)]


def tip(world: World) -> Oid:
    return next(iter(world.store.history())).oid
