import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.errors import InvalidValue
from git_jit.model import MAX_BODY, MAX_TITLE
from git_jit.text import clean_body, clean_title, cut, tokens


def test_tokens_are_folded_runs_of_letters_and_digits() -> None:
    assert tokens("Größe: 12-Fach, naïve_test") == ["grosse", "12", "fach", "naive", "test"]
    assert tokens("  …!\n") == []


@given(st.text())
def test_tokens_of_tokens_are_the_same(text: str) -> None:
    once = tokens(text)
    assert tokens(" ".join(once)) == once


@pytest.mark.parametrize(
    "title",
    [
        "x",
        "x" * MAX_TITLE,
        "Größe – 大きさ ✅",
        "non\u00a0breaking",
        "a\u0301 composed",
        "<b>&amp;",
        "\u0645\u06cc\u200c\u062e",
        "👩\u200d💻",
    ],
)
def test_good_titles_are_kept(title: str) -> None:
    assert clean_title(title) == title


def test_white_space_around_a_title_goes() -> None:
    assert clean_title("  a b \n") == "a b"


@pytest.mark.parametrize(
    ("title", "rule"),
    [
        ("", "must not be empty"),
        (" \n\t", "must not be empty"),
        ("x" * (MAX_TITLE + 1), "must not be longer than 200 characters, not 201"),
        *(
            (f"a{character}b", f"must be one line without invisible characters, not with U+{ord(character):04X}")
            for character in (
                "\n\r\t\0\x1b\x7f\x85\x9b"  # control characters, and what terminals obey
                "\u202a\u202e\u2066\u2069\u200e"  # bidirectional overrides, isolates and marks
                "\u200b\u2060\ufeff\u00ad"  # zero width
                "\u2028\u2029\ud800"  # separators, a lone surrogate
            )
        ),
    ],
)
def test_bad_titles_are_refused_with_the_rule(title: str, rule: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        clean_title(title)
    assert caught.value.message == f"'title' {rule}"
    assert caught.value.details == {"field": "title", "rule": rule}


def test_bodies_keep_all_but_carriage_returns() -> None:
    assert clean_body("a\r\n\tb\x1b[0m\n\n\u202e") == "a\n\tb\x1b[0m\n\n\u202e"


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("a\0", "must not hold a NUL character"),
        ("a\udc80", "must not hold a lone surrogate, like U+DC80"),
        ("ß" * (MAX_BODY // 2) + "x", "must not be larger than 1048576 bytes, not 1048577"),
    ],
)
def test_bad_bodies_are_refused_with_the_rule(body: str, rule: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        clean_body(body, field="comment")
    assert caught.value.message == f"'comment' {rule}"


def test_the_largest_body_is_accepted() -> None:
    assert len(clean_body("ß" * (MAX_BODY // 2)).encode()) == MAX_BODY


@given(st.text(), st.integers(3, 80))
def test_what_is_cut_fits_and_says_so(text: str, limit: int) -> None:
    text = text.encode(errors="ignore").decode()
    short = cut(text, limit)
    assert len(short.encode()) <= limit
    assert (short == text) is (len(text.encode()) <= limit)
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))
    assert cut(short, limit) == short
