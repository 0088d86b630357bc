"""Making foreign text harmless on a screen. Every text output goes through here; JSON escapes the same set.

Issue text comes from anybody who can push. Shown as it is, an escape sequence could clear the screen, change
the title of the window or write a link, and a bidirectional override could make one word look like another.
"""

import re
from typing import Final

_ACTING: Final = (
    r"\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    r"\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # invisible, bidirectional
    r"\u2028\u2029\ud800-\udfff"  # line separators, lone surrogates
    r"\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"  # rare formats, tags
)
"""What acts instead of being seen: the general categories Cc, Cf, Cs, Zl and Zp of Unicode, without the joiners
U+200C and U+200D (the spelling of Persian and of emoji) and the Arabic marks that are visible.
"""

ACTING: Final = f"[{_ACTING}]"
"""A pattern not compiled before it is needed (0.7 ms): what is printable is asked of the text first."""
_ACTING_IN_BLOCK: Final = f"(?![\t\n]){ACTING}"
_BREAKS: Final = "\t\n\r\v\f\x85\u2028\u2029"
_LAST_C0: Final = 0x1F
_DELETE: Final = 0x7F


def one_line(text: str) -> str:
    r"""`text` for a place that holds one line: line breaks and tabs become spaces, the rest as in `block`.

    >>> one_line("a\tb\x1b[31m")
    'a b^[[31m'
    """
    return text if text.isprintable() else re.sub(ACTING, _in_one_line, text)


def block(text: str) -> str:
    r"""`text` with its lines and tabs, every other acting character made visible.

    >>> block("one\ntwo\u202e")
    'one\ntwo<U+202E>'
    """
    return text if text.isprintable() else re.sub(_ACTING_IN_BLOCK, _visible, text.replace("\r\n", "\n"))


def _in_one_line(found: re.Match[str]) -> str:
    return " " if found[0] in _BREAKS else _visible(found)


def _visible(found: re.Match[str]) -> str:
    """Caret notation for ASCII's control characters, `<U+202E>` for others, as git and less do."""
    code = ord(found[0])
    return "^" + chr(code ^ 0x40) if code <= _LAST_C0 or code == _DELETE else f"<U+{code:04X}>"
