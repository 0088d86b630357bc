"""Take secrets and personal data out of text that leaves a command: records of errors, logs, reports of bugs.

What a secret looks like is a list of shapes, so a secret without a shape (`hunter2` in the middle of a sentence)
survives; that is why records name the verbs of a command and never its values.

Every pattern is linear in the length of the text: runs are possessive (`{20,}+` gives nothing back), and whatever
must look further than one run has a bound. `docs/reference/logs.md` says what is recognised.
"""

import re
from collections.abc import Callable
from typing import Final

STARS: Final = "***"
"""What stands in place of a secret. No pattern takes it for a new one."""
EMAIL: Final = "<email>"
USER: Final = "<user>"
MAX_PASSES: Final = 8
"""Taking one thing out may uncover another. Two passes are the rule; the bound is for texts made to need more."""


class _Pattern:
    """A regular expression that is compiled when it is needed first: all of them take as long as a short command."""

    def __init__(self, source: str, flags: int = 0) -> None:
        self._source = source
        self._flags = flags
        self._compiled: re.Pattern[str] | None = None

    def sub(self, by: str | Callable[[re.Match[str]], str], text: str) -> str:
        if self._compiled is None:
            self._compiled = re.compile(self._source, self._flags)
        return self._compiled.sub(by, text)


_WORD: Final = (
    r"(?:password|passwd|passphrase|pwd|secret|token|credentials?"
    r"|(?:api|access|private|secret|signing|encryption|account|auth)[_-]?key)"
)
_FLAGS: Final = re.ASCII | re.IGNORECASE

_PEM: Final = _Pattern(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]{0,40}-----|\Z)", re.DOTALL
)
_USERINFO: Final = _Pattern(r"://(?:[^\s/?#]*@|[^\s/@:]{0,128}:[^\s@]{0,128}@)")
"""The second form is a password with an unescaped `/`, `?` or `#`, as people do write it."""
_SHAPES: Final = _Pattern(
    r"gh[pousr]_[A-Za-z0-9]{20,}+"
    r"|github_pat_[A-Za-z0-9_]{20,}+"
    r"|gl(?:pat|ptt|dt|rt|cbt|ft|imt|agent|oas)-[A-Za-z0-9_-]{16,}+"
    r"|xox[a-z]-[A-Za-z0-9-]{10,}+"
    r"|xapp-[A-Za-z0-9-]{10,}+"
    r"|A(?:KIA|SIA|GPA|IDA|ROA|IPA|NPA|NVA)[A-Z0-9]{16}+(?:[\s:,/\"']{1,5}[A-Za-z0-9/+=]{40}+)?"
    r"|eyJ[A-Za-z0-9_-]{16,}+(?:\.[A-Za-z0-9_-]++){0,4}"
    r"|npm_[A-Za-z0-9]{30,}+"
    r"|pypi-[A-Za-z0-9_-]{16,}+"
    r"|sk-[A-Za-z0-9_-]{20,}+"
    r"|[sr]k_(?:live|test)_[A-Za-z0-9]{10,}+"
    r"|AIza[A-Za-z0-9_-]{35}"
    r"|ya29\.[A-Za-z0-9_-]{20,}+"
    r"|GOCSPX-[A-Za-z0-9_-]{20,}+"
    r"|SG\.[A-Za-z0-9_-]{16,}+\.[A-Za-z0-9_-]{16,}+"
    r"|hf_[A-Za-z0-9]{30,}+"
    r"|do[opr]_v1_[a-f0-9]{40,}+"
    r"|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32,}+"
    r"|dckr_pat_[A-Za-z0-9_-]{20,}+"
    r"|hv[sbr]\.[A-Za-z0-9_-]{20,}+",
    re.ASCII,
)
"""Tokens that say themselves what they are: their issuers chose the prefix so that scanners find them."""
_LITERALS: Final = (
    "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "glptt-", "gldt-", "glrt-", "glcbt-", "glft-",
    "glimt-", "glagent-", "gloas-", "xox", "xapp-", "AKIA", "ASIA", "AGPA", "AIDA", "AROA", "AIPA", "ANPA", "ANVA",
    "eyJ", "npm_", "pypi-", "sk-", "k_live_", "k_test_", "AIza", "ya29.", "GOCSPX-", "SG.", "hf_", "_v1_", "shpat_",
    "shpca_", "shppa_", "shpss_", "dckr_pat_", "hvs.", "hvb.", "hvr.",
)  # fmt: skip
"""One of them is in every text that `_SHAPES` finds something in."""
_HEADER: Final = _Pattern(
    r"(?<![a-z])((?:proxy-)?authorization|(?:set-)?cookie|x-[a-z0-9-]{0,30}(?:token|key|auth|secret)|(?:private|job|deploy)-token)"
    r"([\"']?\s{0,3}[:=]\s{0,3})(?:\"[^\"\r\n]*\"?|'[^'\r\n]*'?|[^\"'\r\n][^\r\n]*)",
    _FLAGS,
)
_HEADERS: Final = ("authorization", "cookie", "x-", "-token")
"""One of them is in every header, in lower case."""
_BEARER: Final = _Pattern(r"\b(bearer\s{1,3})[\w.~+/=-]{12,}+|\b(basic\s{1,3})[\w.~+/=-]{20,}+", _FLAGS)
_VALUE: Final = r"(?:\"(?:[^\"\\\r\n]|\\.)*+\"?|'(?:[^'\\\r\n]|\\.)*+'?|[^\s\"'&,;)}\]]++)"
_PAIR: Final = _Pattern(
    rf"({_WORD}[\w-]{{0,30}}[\"']?\s{{0,3}}(?:=>|[:=]|%3d)\s{{0,3}}(?:(?:bearer|basic|token)\s{{1,3}})?){_VALUE}",
    _FLAGS,
)
_OPTION: Final = _Pattern(
    rf"(?<![\w-])(--?[\w-]{{0,30}}{_WORD}[\w-]{{0,30}}(?:[\"'],\s{{0,3}}|\s{{1,3}})){_VALUE}", _FLAGS
)
_BESIDE: Final = _Pattern(
    rf"({_WORD}\w{{0,10}}[^\w\r\n]{{1,4}}(?:\w{{1,12}}[^\w\r\n]{{1,4}}){{0,2}}?)"
    r"(?=[A-Za-z+/_=-]{0,64}\d)[A-Za-z0-9+/_=-]{20,}+",
    _FLAGS,
)
_WORDS: Final = ("pass", "pwd", "secret", "token", "credential", "key")
"""One of them is in every match of `_PAIR`, `_OPTION` and `_BESIDE`, in lower case."""
_ADDRESS: Final = _Pattern(r"(?<![\w.+%-])(?!git@)[\w.+%-]{1,64}+@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_HOMES: Final = _Pattern(r"(?<![\w.~-])(?:/home/|/Users/)[^/\s:;,'\"<>|)\]]+|(?<!\w)[A-Za-z]:\\Users\\[^\\\s:'\"<>|]+")
_PLACES: Final = ("/home/", "/Users/", "\\Users\\")


def scrub(text: str, *, home: str, user: str) -> str:
    """`text` without credentials, home directories (`~`), the user's name in paths, and e-mail addresses.

    `home` is the home directory and `user` the login name of who runs the command; empty where unknown. Never
    raises, takes time linear in the text, and finds nothing more in what it has returned. Names of git objects and
    issues (32, 40 or 64 hexadecimal digits) stay, except beside a word like `token`.

    >>> scrub("fetching https://ada:pw@example.org/x into /home/ada/x", home="/home/ada", user="ada")
    'fetching https://***@example.org/x into ~/x'
    """
    return _settled(text, lambda part: _personal(_pairs(_evident(part)), home, user))


def credentials(text: str) -> str:
    """`text` without what is a credential beyond doubt: userinfo of URLs, headers, keys, tokens of known shape.

    For sentences that the user reads: paths, addresses and the rest of the sentence stay as they are.

    >>> credentials("cannot reach 'https://ada:pw@example.org/x'")
    "cannot reach 'https://***@example.org/x'"
    """
    return _settled(text, _evident)


def _settled(text: str, step: Callable[[str], str]) -> str:
    for _ in range(MAX_PASSES):
        before, text = text, step(text)
        if text == before:
            break
    return text


def _evident(text: str) -> str:
    if "-----BEGIN " in text:
        text = _PEM.sub(STARS, text)
    if "://" in text:
        text = _USERINFO.sub(f"://{STARS}@", text)
    if any(literal in text for literal in _LITERALS):
        text = _SHAPES.sub(STARS, text)
    folded = text.lower()
    if any(word in folded for word in _HEADERS):
        text = _HEADER.sub(rf"\1\2{STARS}", text)
    if "bearer" in folded or "basic" in folded:
        text = _BEARER.sub(lambda found: (found[1] or found[2]) + STARS, text)
    return text


def _pairs(text: str) -> str:
    folded = text.lower()
    if any(word in folded for word in _WORDS):
        for pattern in (_PAIR, _OPTION, _BESIDE):
            text = pattern.sub(rf"\1{STARS}", text)
    return text


def _personal(text: str, home: str, user: str) -> str:
    home = home.rstrip("/")
    if len(home) > 1 and home[0] == "/" and home in text:
        text = re.sub(rf"(?<![\w.~-]){re.escape(home)}(?![\w.-])", "~", text)
    if any(place in text for place in _PLACES):
        text = _HOMES.sub("~", text)
    if user and user in text and re.fullmatch(r"[\w.-]+", user):
        text = re.sub(rf"(?<=[/\\]){re.escape(user)}(?![\w.-])", USER, text)
    return _ADDRESS.sub(EMAIL, text) if "@" in text else text
