"""One blob at a time: what is said about it, and what would mend it."""

import json

import pytest

from git_jit.codec import decode_issue, encode_comment, encode_config, encode_gate, encode_issue
from git_jit.config import Config, Namespace
from git_jit.model import Actor, Issue, Json, Link, State
from git_jit.paths import comment_path, gate_path, issue_path
from git_jit.record import replace
from git_jit.validate.document_rules import check_document, is_read
from git_jit.validate.finding import Severity
from tests.validate.tree import NOW, comment, gate, id_of, issue, said, with_keys

ONE = issue(1)
PATH = issue_path(ONE.id)
DATA = encode_issue(ONE)
COMMENT, GATE = comment(1), gate("tests")
COMMENT_PATH, GATE_PATH = comment_path(COMMENT.issue, COMMENT.id), gate_path(GATE.key)
STRICT = Config(
    namespaces={"type": Namespace(required=True)},
    types={"epic": 1, "task": 2, "bug": 2},
    default_type="task",
    required_sections={"*": ("Why",), "bug": ("Steps to Reproduce",)},
)
LOG = "'git jit log' names the commit that did it, 'git jit undo COMMIT' takes it back"


def judge(path: str, data: bytes | None, config: Config | None = None) -> list[tuple[str, str, str]]:
    return said(check_document(path, data, config or Config()))


@pytest.mark.parametrize(
    ("path", "data"),
    [
        (PATH, DATA),
        (COMMENT_PATH, encode_comment(COMMENT)),
        (GATE_PATH, encode_gate(GATE)),
        ("config.json", encode_config(STRICT)),
        ("README.md", b"\xff"),
        ("conflicts/x", None),
    ],
)
def test_of_a_sound_document_and_of_what_is_not_ours_nothing_is_said(path: str, data: bytes | None) -> None:
    assert check_document(path, data, Config()) == []


NEWER = "cannot be read: 'schema' 99 is newer than this version of git jit, which knows 1"


@pytest.mark.parametrize(
    ("path", "data", "code", "message"),
    [
        (PATH, None, "unreadable", "cannot be read: its object is missing or damaged"),
        (PATH, b"", "unreadable", "cannot be read: '$' is not JSON: expecting value (line 1, column 1)"),
        (PATH, b'{"a": 1, "a": 2}', "unreadable", "cannot be read: '$..a' appears twice in one object"),
        (PATH, b'{"a": NaN}', "unreadable", "cannot be read: '$' holds a number that is not an integer: NaN"),
        (PATH, b"\xff", "unreadable", "cannot be read: '$' is not UTF-8 at byte 0"),
        (PATH, b'{"schema": 1}', "unreadable", "cannot be read: '$.id' must be a string"),
        (PATH, with_keys(DATA, schema=99), "schema_unknown", NEWER),
        (GATE_PATH, b"[]", "unreadable", "cannot be read: '$' must be an object"),
        (COMMENT_PATH, with_keys(DATA, schema=99), "schema_unknown", NEWER),
        ("config.json", b"{", "unreadable", "cannot be read: '$' is not JSON: "),
        ("config.json", b'{"schema": 1, "x": 1}', "config_invalid", "configuration 'x' is not a key"),
        (
            "config.json",
            b'{"schema": 1, "severities": {"cycle": "off"}}',
            "config_invalid",
            "configuration 'severities.cycle' is binding: a tracker with it cannot be trusted",
        ),
        (
            "config.json",
            b'{"schema": 1, "severities": {"link_mising": "off"}}',
            "config_invalid",
            "configuration 'severities.link_mising' is not the code of a finding",
        ),
        ("config.json", b'{"schema": 1, "fields": {"$ref": "x"}}', "config_invalid", "configuration 'fields' may not use '$ref'"),
        ("issues/x.json", b"{", "misplaced", "is not where the tracker keeps anything"),
        ("gates/x", b"{", "misplaced", "is not where the tracker keeps anything"),
        ("issues/\udcff.json", b"{", "misplaced", "is not where the tracker keeps anything"),
    ],
)  # fmt: skip
def test_what_is_not_read_has_one_finding_without_a_mend_of_its_own(
    path: str, data: bytes | None, code: str, message: str
) -> None:
    found = [each for each in check_document(path, data, Config()) if each.code != "not_canonical"]
    assert len(found) == 1
    assert (found[0].code, found[0].severity, found[0].fix) == (code, Severity.ERROR, None)
    assert found[0].message.startswith(message)
    assert found[0].subject == path.encode("utf-8", "backslashreplace").decode()
    assert not is_read(found)


@pytest.mark.parametrize(
    ("path", "data", "home"),
    [
        (issue_path(id_of(2)), DATA, PATH),
        (comment_path(id_of(2), COMMENT.id), encode_comment(COMMENT), COMMENT_PATH),
        (gate_path(GATE.key).replace("tests", "review"), encode_gate(GATE), GATE_PATH),
    ],
)
def test_the_document_of_another_path_would_be_moved_there(path: str, data: bytes, home: str) -> None:
    (found,) = check_document(path, data, Config())
    assert said([found]) == [("id_mismatch", path, f"holds the document that belongs at '{home}'")]
    assert found.fix is not None
    assert (found.fix.kind, found.fix.summary) == ("moved_to_place", f"move it to '{home}'")
    assert found.fix.blobs == {path: None, home: data}


@pytest.mark.parametrize(
    ("path", "data", "home"),
    [
        ("issues/one.json", DATA, PATH),
        (f"issues/{ONE.id}.json", DATA, PATH),
        ("comments/x.json", encode_comment(COMMENT), COMMENT_PATH),
        ("gates/tests", encode_gate(GATE), GATE_PATH),
    ],
)
def test_a_readable_document_under_a_wrong_name_would_be_moved_to_its_own(path: str, data: bytes, home: str) -> None:
    (found,) = check_document(path, data, Config())
    assert (found.code, found.fix and found.fix.blobs) == ("misplaced", {path: None, home: data})


def test_nothing_is_moved_to_where_no_document_can_be() -> None:
    odd = encode_comment(replace(COMMENT, id="a/b"))
    (found,) = check_document(COMMENT_PATH, odd, Config())
    assert (found.code, found.fix) == ("id_mismatch", None)


def test_hints_lead_back_to_a_readable_version() -> None:
    assert [each.hint for each in check_document(PATH, b"", Config())] == [
        "'git jit issue history 0000001' lists its versions, 'git jit issue restore 0000001 --at COMMIT' takes one"
    ]
    assert [each.hint for each in check_document(GATE_PATH, b"", Config())] == [LOG]


# --- spelling and shape -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "data"), [(PATH, DATA), (COMMENT_PATH, encode_comment(COMMENT)), (GATE_PATH, encode_gate(GATE))]
)
def test_another_spelling_would_be_made_canonical(path: str, data: bytes) -> None:
    other = json.dumps(json.loads(data)).encode()
    (found,) = check_document(path, other, Config())
    assert said([found]) == [("not_canonical", path, "is not spelled canonically")]
    assert (found.severity, found.fix and found.fix.kind) == (Severity.WARNING, "respelled")
    if found.fix and found.fix.change is None:
        assert found.fix.blobs == {path: data}


def test_what_spelling_alone_makes_unfit_would_be_spelled() -> None:
    twice: list[Json] = ["type:bug", "type:bug"]
    found = check_document(PATH, with_keys(DATA, labels=twice), Config())
    assert said(found) == [
        ("schema_invalid", "#1", "'$.labels' does not fit the schema: must not have the same member twice"),
        ("not_canonical", PATH, "is not spelled canonically"),
    ]
    assert [each.fix and each.fix.kind for each in found] == ["respelled", "respelled"]


def test_a_value_that_the_schema_forbids_needs_a_person() -> None:
    bad = encode_comment(replace(COMMENT, author=Actor("ada")))
    found = check_document(COMMENT_PATH, bad, Config())
    assert [(each.code, each.subject, each.fix) for each in found] == [("schema_invalid", COMMENT_PATH, None)]
    assert found[0].message.startswith("'$.author' does not fit the schema: must match ")


def test_the_same_unfit_value_is_told_once() -> None:
    found = judge(PATH, with_keys(DATA, estimate=-1))
    assert found == [
        ("shape_invalid", "#1", "'estimate' must be at least 0"),
        ("not_canonical", PATH, "is not spelled canonically"),
    ]


def test_what_only_just_fits_may_not_fit_canonically() -> None:
    many: list[Json] = [[[[[[0]]]]] for _ in range(60_000)]
    dense = json.dumps({**json.loads(DATA), "fields": {"x": many}}, separators=(",", ":")).encode()
    found = check_document(PATH, dense, Config())
    assert [(each.code, each.message, each.fix) for each in found] == [
        ("not_storable", "is larger than it may be, spelled canonically", None)
    ]


# --- an issue by itself -----------------------------------------------------------------------------------


def mended(before: Issue, config: Config) -> tuple[list[tuple[str, str]], Issue]:
    """The fixes for an issue by kind and summary, and what they make of it together."""
    fixes = [each.fix for each in check_document(issue_path(before.id), encode_issue(before), config) if each.fix]
    after = before
    for fix in fixes:
        assert fix.change is not None
        after = fix.change(after)
        assert fix.change(after) == after
    return [(fix.kind, fix.summary) for fix in fixes], after


WHY = replace(ONE, description="# Why", labels=("type:task",))


@pytest.mark.parametrize(
    ("before", "config", "fixes", "after"),
    [
        (
            replace(ONE, labels=("Component:Web", "a:b")),
            Config(),
            [("namespace_lowercased", "make it 'component:Web'")],
            replace(ONE, labels=("a:b", "component:Web")),
        ),
        (
            replace(ONE, assignee=Actor("Human:Ada"), created_by=Actor("AGENT:w")),
            Config(),
            [("actor_lowercased", "make it 'human:Ada'"), ("actor_lowercased", "make it 'agent:w'")],
            replace(ONE, assignee=Actor("human:Ada"), created_by=Actor("agent:w")),
        ),
        (
            replace(WHY, labels=("a:b",)),
            STRICT,
            [("type_added", "add the label 'type:task'")],
            replace(WHY, labels=("a:b", "type:task")),
        ),
        (
            replace(ONE, closed_at=NOW, close_reason="done", state=State.READY),
            Config(),
            [("closing_cleared", "clear when and why it was closed")],
            replace(ONE, state=State.READY),
        ),
        (replace(ONE, labels=("Bug", "Ä:b")), Config(), [], None),
        (replace(ONE, assignee=Actor("Ada")), Config(), [], None),
        (replace(WHY, labels=()), replace(STRICT, default_type=None), [], None),
        (replace(ONE, closed_at=NOW, state=State.DONE), Config(), [], None),
    ],
)
def test_what_is_only_misspelled_would_be_mended_and_nothing_guessed(
    before: Issue, config: Config, fixes: list[tuple[str, str]], after: Issue | None
) -> None:
    assert mended(before, config) == (fixes, after or before)


@pytest.mark.parametrize(
    ("before", "config", "expected"),
    [
        (WHY, STRICT, []),
        (
            replace(WHY, description="Why", labels=("type:bug",)),
            STRICT,
            [
                ("section_missing", "#1", "the description has no section 'Why'"),
                ("section_missing", "#1", "the description has no section 'Steps to Reproduce'"),
            ],
        ),
        (
            replace(ONE, closed_at=NOW),
            Config(),
            [("closed_but_open", "#1", "is backlog, but was closed on 2026-11-21")],
        ),
        (
            replace(ONE, close_reason="x"),
            Config(),
            [("closed_but_open", "#1", "is backlog, but has a reason of closing")],
        ),
        (
            replace(ONE, unresolved=(Link("depends-on", "bd-7"),)),
            Config(),
            [("unresolved", "#1", "refers to 'bd-7' (depends-on), which is not here")],
        ),
        (
            replace(ONE, unresolved=(Link("depends-on", "bd-7"),)),
            Config(severities={"unresolved": "off"}),
            [],
        ),
    ],
)
def test_each_rule_of_one_issue_has_its_finding(
    before: Issue, config: Config, expected: list[tuple[str, str, str]]
) -> None:
    assert judge(issue_path(before.id), encode_issue(before), config) == expected


def test_a_schema_for_fields_that_cannot_be_used_is_the_fault_of_the_rules_alone() -> None:
    assert judge(PATH, DATA, Config(fields={"$ref": "x"})) == []


def test_keys_of_other_programs_survive_a_new_spelling() -> None:
    other = with_keys(DATA, future=[{"a": 1}])
    (found,) = check_document(PATH, other, Config())
    assert found.fix is not None
    assert found.fix.change is not None
    assert decode_issue(encode_issue(found.fix.change(decode_issue(other)))).extra == {"future": [{"a": 1}]}


def test_a_rule_that_cannot_be_understood_is_a_fault_of_the_configuration() -> None:
    data = b'{"rules": {"due": {"fields": ["due"], "when": "tpye:bug"}, "kept": {"fields": ["due"]}}, "schema": 1}'
    (finding,) = [each for each in check_document("config.json", data, Config()) if each.code == "config_invalid"]
    assert finding.message == "configuration 'rules.due.when' cannot be understood: unknown field 'tpye'"
    assert (finding.hint or "").startswith("tpye:bug\n^^^^")
    assert [each.code for each in check_document("config.json", data.replace(b"tpye", b"type"), Config())] == [
        "not_canonical"
    ]
