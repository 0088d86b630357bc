"""The hostile corpus (reliability D1, D2), and the one spelling."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.canonical import MAX_DEPTH, MAX_INT, Malformed, dumps, is_canonical, loads
from git_jit.model import MAX_ISSUE, Json

VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_INT, MAX_INT)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4), inner, max_size=4
        )
    ),
    max_leaves=12,
)

HOSTILE = [
    (b"", "'$' is not JSON: expecting value (line 1, column 1)"),
    (b"{", "'$' is not JSON: expecting property name enclosed in double quotes (line 1, column 2)"),
    (b"{}{}", "'$' is not JSON: extra data (line 1, column 3)"),
    (b"<<<<<<< ours\n{}", "'$' is not JSON: expecting value (line 1, column 1)"),
    (b'["a\nb"]', "'$' is not JSON: invalid control character at (line 1, column 4)"),
    (b'["\\x41"]', "'$' is not JSON: invalid \\escape (line 1, column 3)"),
    (b"['a']", "'$' is not JSON: expecting value (line 1, column 2)"),
    (b"[01]", "'$' is not JSON: expecting ',' delimiter (line 1, column 3)"),
    (b"\xef\xbb\xbf{}", "'$' begins with a byte order mark"),
    (b"\xff\xfe{\x00}\x00", "'$' is not UTF-8 at byte 0"),
    (b'["\xed\xa0\x80"]', "'$' is not UTF-8 at byte 2"),
    (b'["\xc0\xaf"]', "'$' is not UTF-8 at byte 2"),
    (b'{"a": 1, "b": 2, "a": 1}', "'$..a' appears twice in one object"),
    (b'{"x": [{"a": 1, "\\u0061": 2}]}', "'$..a' appears twice in one object"),
    (b"[NaN]", "'$' holds a number that is not an integer: NaN"),
    (b"[Infinity]", "'$' holds a number that is not an integer: Infinity"),
    (b"[-Infinity]", "'$' holds a number that is not an integer: -Infinity"),
    (b"[1.0]", "'$' holds a number that is not an integer: 1.0"),
    (b"[1e999]", "'$' holds a number that is not an integer: 1e999"),
    (b"[1E3]", "'$' holds a number that is not an integer: 1E3"),
    (b"[9007199254740992]", "'$' holds an integer beyond 2^53-1: 9007199254740992"),
    (b"[-9007199254740992]", "'$' holds an integer beyond 2^53-1: -9007199254740992"),
    (b"[" + b"1" * 5000 + b"]", "'$' holds an integer beyond 2^53-1: 11111111111111111111"),
    (b'{"a": ["x", "\\ud800"]}', "'$.a[1]' holds a lone surrogate"),
    (b'{"\\udfff": 1}', "'$ (a key)' holds a lone surrogate"),
    (b'{"a": {"b": "\\u0000"}}', "'$.a.b' holds a NUL character"),
    (b"[" * 33 + b"]" * 33, "'$' is nested deeper than 32 levels"),
    (b"[" * 100_000, "'$' is nested deeper than 32 levels"),
    (b'{"a":' * 100_000, "'$' is nested deeper than 32 levels"),
    (b'["\\\\", ' + b"[" * 40 + b"]" * 41, "'$' is nested deeper than 32 levels"),
    (b'["\\"", ' + b"[" * 40 + b"]" * 41, "'$' is nested deeper than 32 levels"),
    (b" " * (MAX_ISSUE + 1), "'$' is larger than 2097152 bytes"),
]


@pytest.mark.parametrize(("data", "message"), HOSTILE, ids=[message[:60] for _, message in HOSTILE])
def test_hostile_documents_are_refused_in_words(data: bytes, message: str) -> None:
    with pytest.raises(Malformed) as caught:
        loads(data)
    assert (caught.value.message, caught.value.code) == (message, "malformed")
    path, reason = caught.value.details["path"], caught.value.details["reason"]
    assert f"'{path}' {reason}" == message


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"[" * 32 + b"]" * 32, None),
        (b"[" + b"[]," * 1000 + b"[]]", [[]] * 1001),  # many brackets, but flat
        (b'["' + b"[{" * 50 + b'"]', ["[{" * 50]),
        (b'["\\\\\\"' + b"[" * 50 + b'"]', ['\\"' + "[" * 50]),
        (b"[9007199254740991, -9007199254740991, -0]", [MAX_INT, -MAX_INT, 0]),
        (b'["\\ud83d\\ude00", "\\\\u0000", "\\\\ud800"]', ["\U0001f600", "\\u0000", "\\ud800"]),
        (b'\t\r\n {"b" :1,"a":[ ]} ', {"b": 1, "a": []}),
    ],
)
def test_unusual_but_clear_documents_are_read(data: bytes, value: Json) -> None:
    read = loads(data)
    assert read == (json.loads(data) if value is None else value)


@given(VALUES)
def test_what_is_written_is_read_back_and_is_canonical(value: Json) -> None:
    data = dumps(value)
    assert loads(data) == value
    assert is_canonical(data)


@given(VALUES)
def test_the_spelling_is_that_of_the_standard_library(value: Json) -> None:
    assert dumps(value).decode() == json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


@given(VALUES)
def test_any_other_spelling_is_readable_but_not_canonical(value: Json) -> None:
    other = json.dumps(value, indent=1).encode()
    assert dumps(loads(other)) == dumps(value)
    assert not is_canonical(other)


def test_keys_are_ordered_by_code_point_not_by_utf_16() -> None:
    assert dumps({"\U0001f600": 1, "\uff5e": 2, "Z": 3, "a": 4}).decode() == (
        '{\n  "Z": 3,\n  "a": 4,\n  "～": 2,\n  "😀": 1\n}\n'
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1.0, "'$' holds a value that cannot be stored: 1.0"),
        (MAX_INT + 1, "'$' holds a value that cannot be stored: 9007199254740992"),
        (["a\0"], "'$[0]' holds a NUL character"),
        ({"a": "\ud800"}, "'$.a' holds a lone surrogate"),
        (["x" * MAX_ISSUE], "'$' would be larger than 2097152 bytes"),
        ({1, 2}, "'$' holds a value that cannot be stored: {1, 2}"),
    ],
)
def test_what_could_not_be_read_back_is_not_written(value: object, message: str) -> None:
    with pytest.raises(Malformed) as caught:
        dumps(value)
    assert caught.value.message == message


def test_depth_is_the_same_in_both_directions() -> None:
    deepest: Json = []
    for _ in range(MAX_DEPTH - 1):
        deepest = [deepest]
    assert loads(dumps(deepest)) == deepest
    with pytest.raises(Malformed, match="nested deeper than 32"):
        dumps([deepest])


@given(st.binary(max_size=60) | st.text('{}[]",:\\u0123eE.-tfn ', max_size=40).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        value = loads(data)
    except Malformed:
        return
    assert loads(dumps(value)) == value
