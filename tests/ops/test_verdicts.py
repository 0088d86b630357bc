"""What is kept of a run, and whose word counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.ops.verdicts import EXCERPT, excerpt

TOKEN = "ghp_" + "A1b2" * 9


@pytest.mark.parametrize(
    ("last", "written", "said"),
    [
        (b"all is well\n", 12, "all is well\n"),
        (b"cut off\nrest\n", 5000, "rest\n"),
        (b"half-of-a-word rest", 5000, "rest"),
        (b"nothing-but-one-word", 5000, ""),
        (b"token " + TOKEN.encode(), 0, "token ***"),
        (b"QUJD\nQUJD\n-----END RSA PRIVATE KEY-----\nrest\n", 5000, "\nrest\n"),
        (b"a\0b\xff\x1b[31m", 0, "a\ufffdb\ufffd\x1b[31m"),
    ],
)
def test_an_excerpt_holds_no_secret_and_no_half_of_one(last: bytes, written: int, said: str) -> None:
    assert excerpt(last, written) == said


@given(st.binary(max_size=3 * EXCERPT), st.integers(0, 10 * EXCERPT))
def test_an_excerpt_is_always_text_of_a_bounded_size(last: bytes, written: int) -> None:
    text = excerpt(last, written)
    assert len(text.encode()) <= EXCERPT
    assert "\0" not in text
