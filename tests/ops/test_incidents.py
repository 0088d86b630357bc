"""Which failures are kept, how bad they are, and which of them are of one kind."""

import pytest

from git_jit.errors import Contention, Fatal, GraphError, JitError, Negative, NetworkError, OutcomeUnknown, UsageError
from git_jit.model import Timestamp
from git_jit.ops.incidents import Circumstances, is_of_interest, judge, severity_of
from git_jit.record import replace
from git_jit.store import DiskFull, NoIdentity, NoRepository, NotInitialised
from git_jit.store.incidents import Happened

FOUND = Circumstances(Timestamp("2026-11-21T09:00:00.000000Z"), "create", "R", "no", None, {})


class Bug(JitError):
    code = "bug"
    status = 70


def judged(message: str, error: JitError | None = None, operation: str = "create") -> Happened:
    error = error or Fatal(message)
    return judge(error, error, FOUND._replace(message=message, operation=operation))


@pytest.mark.parametrize(
    ("error", "severity", "suspect"),
    [
        (Bug("x"), "bug", False),
        (DiskFull("x"), "storage", False),
        (OutcomeUnknown("x"), "storage", False),
        (NetworkError("x"), "network", False),
        (Contention("x"), "contention", False),
        (GraphError("x"), "refusal", True),
        (UsageError("x"), "refusal", True),
    ],
)
def test_how_bad_it_is_decides_whether_it_must_repeat(error: JitError, severity: str, suspect: bool) -> None:
    assert is_of_interest(error)
    assert severity_of(error) == severity
    assert judge(error, error, FOUND).suspect is suspect


@pytest.mark.parametrize("error", [Negative("x"), NoRepository("x"), NotInitialised(), NoIdentity("x")])
def test_an_answer_or_the_situation_of_the_user_is_no_incident(error: JitError) -> None:
    assert not is_of_interest(error)


def test_numbers_and_names_of_objects_make_no_other_kind() -> None:
    first = judged("process 17 holds 3f9c2a1b3f9c2a1b")
    assert judged("process 4711 holds aaaaaaa1").fingerprint == first.fingerprint
    assert judged("process 17 lost 3f9c2a1b3f9c2a1b").fingerprint != first.fingerprint
    assert judged("process 17 holds 3f9c2a1b3f9c2a1b", operation="update").fingerprint != first.fingerprint
    assert judged("process 17 holds 3f9c2a1b3f9c2a1b", DiskFull("x")).fingerprint != first.fingerprint


def test_a_bug_is_known_by_its_exception_and_not_by_its_words() -> None:
    one, other = (judge(Bug("x"), cause, FOUND) for cause in (KeyError("a"), KeyError("b")))
    assert one.fingerprint == other.fingerprint
    assert judge(Bug("x"), ValueError("a"), FOUND).fingerprint != one.fingerprint


def test_long_texts_are_cut() -> None:
    found = judge(Bug("x"), KeyError(), FOUND._replace(message="m" * 10_000, traceback="t" * 100_000 + "end"))
    assert len(found.message) == 2000
    assert found.traceback is not None
    assert len(found.traceback) == 16_000
    assert found.traceback.endswith("end")
    assert replace(found, traceback=None).traceback is None
