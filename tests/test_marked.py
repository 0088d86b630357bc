"""Lines between marks come out as if they had never been there, wherever they stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.marked import Marks, append, find, line_end, renew, take_out

MARKS = Marks(b"<<", b">>")
OURS = b"<< ours\nsome\n>>\n"
NEWER = b"<< ours\nother words\nand more\n>>\n"
pieces = st.lists(st.sampled_from([b"a", b"\n", b"\r\n", b"\r", b"<<", b">>", b" ", b"\xff"]), max_size=12)
texts = pieces.map(b"".join)
free = texts.filter(lambda data: find(data, MARKS) is None and not data.endswith(b"<"))


@given(free)
def test_what_is_appended_comes_out_without_a_trace(data: bytes) -> None:
    inside = append(data, OURS)
    assert find(inside, MARKS) is not None
    assert take_out(inside, MARKS) == data


@given(free, texts)
def test_what_is_written_behind_them_later_is_kept(data: bytes, later: bytes) -> None:
    whole = append(data + b"\n", OURS) + later.replace(b">>", b"")
    assert take_out(whole, MARKS) == data + b"\n" + later.replace(b">>", b"")


@given(free)
def test_renewing_changes_only_ours(data: bytes) -> None:
    inside = append(data, OURS)
    newer = renew(inside, NEWER, MARKS)
    assert newer == append(data, NEWER)
    assert renew(newer, NEWER, MARKS) == newer
    assert renew(newer, OURS, MARKS) == inside


@given(texts)
def test_nothing_is_taken_from_a_text_without_them(data: bytes) -> None:
    assert find(data, MARKS) is not None or take_out(data, MARKS) == data


@pytest.mark.parametrize(
    ("data", "rest"),
    [
        (b"one\n<< ours\n>>\ntwo\n", b"one\ntwo\n"),
        (b"<< ours\r\n>>\r\ntwo\r\n", b"two\r\n"),
        (b"one\n<<\nmine\n<< ours\n>>\n", b"one\n<<\nmine\n"),  # whose end is lost
        (b">>\nmine\n<<\n", b">>\nmine\n<<\n"),
        (b">>\nmine\n<<\n>>", b">>\nmine"),
        (b"<<\n>>", b""),
        (b"one\n<<\n>> more", b"one more"),
    ],
)
def test_odd_places(data: bytes, rest: bytes) -> None:
    assert take_out(data, MARKS) == rest


@pytest.mark.parametrize(
    ("data", "end"), [(b"", b"\n"), (b"a", b"\n"), (b"a\r\nb\n", b"\r\n"), (b"a\nb\r\n", b"\n"), (b"\r", b"\n")]
)
def test_lines_end_as_the_first_does(data: bytes, end: bytes) -> None:
    assert line_end(data) == end
