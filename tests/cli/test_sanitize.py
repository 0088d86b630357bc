"""Foreign text is harmless on a screen, whatever it is."""

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from git_jit.cli.json_out import minified
from git_jit.cli.sanitize import block, one_line

VISIBLE_FORMATS = "\u200c\u200d\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
"""Format characters that are part of writing: joiners, and marks that are themselves visible."""

text = st.text(st.characters() | st.sampled_from("\x1b\x07\x00\x7f\x9b\u202e\u2028\u200b\ufeff\r\n\t\U000e0041"))


def acting(shown: str, allowed: str) -> list[str]:
    return [
        c
        for c in shown
        if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and c not in allowed + VISIBLE_FORMATS
    ]


@given(text)
def test_nothing_acts_in_one_line(value: str) -> None:
    assert acting(one_line(value), "") == []


@given(text)
def test_nothing_but_lines_and_tabs_acts_in_a_block(value: str) -> None:
    assert acting(block(value), "\n\t") == []


@given(text)
def test_nothing_acts_in_json_and_it_reads_back(value: str) -> None:
    shown = minified({"text": value})
    assert acting(shown, "\n") == []
    assert shown.count("\n") == 1
    assert json.loads(shown) == {"text": value}


@given(text)
def test_showing_twice_shows_the_same(value: str) -> None:
    assert one_line(one_line(value)) == one_line(value)
    assert block(block(value)) == block(value)


@given(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z"))))
def test_ordinary_text_is_left_alone(value: str) -> None:
    assert one_line(value) == block(value) == value
    assert value in json.loads(minified([value]))
    assert value.replace('"', '\\"') in minified(value).replace("\\\\", "\\")


def test_every_character_that_acts_is_known() -> None:
    everything = "".join(map(chr, range(0x110000)))
    assert acting(one_line(everything), "") == []


def test_forms() -> None:
    assert one_line("a\tb\nc\r\nd\x1b[31m\x7f\x9b\u202eend\u2028") == "a b c  d^[[31m^?<U+009B><U+202E>end "
    assert block("a\tb\r\nc\rd\x00") == "a\tb\nc^Md^@"
    assert one_line("👩\u200d💻 größer 漢字 \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645") == (
        "👩\u200d💻 größer 漢字 \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    )
    assert minified("é\x9b\U000e0041") == '"é\\u009b\\udb40\\udc41"\n'
