"""Commits as the event log: a subject for people, trailers for programs.

Writing is strict: every value is one line without control characters, so nothing a user typed can pass for
another trailer. Reading is tolerant: what a foreign tool committed gives a `Commit` with fewer trailers.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from git_jit.clock import Clock
from git_jit.model import Commit, Message, Oid, Timestamp
from git_jit.store import CorruptObject
from git_jit.store.backend import Object

OP: Final = "Jit-Op"
ACTOR: Final = "Jit-Actor"
CLOCK: Final = "Jit-Clock"
REQUEST: Final = "Jit-Request"
FILTER: Final = "Jit-Filter"
REASON: Final = "Jit-Reason"
OWN: Final = frozenset({OP, ACTOR, CLOCK, REQUEST, FILTER, REASON})

MAX_VALUE: Final = 4096
"""Characters of a subject or a trailer. A filter fits; a pasted document does not belong into a log line."""
LATEST: Final = 2**32 - 1
"""git itself stores and prints times beyond 2106 unreliably (reliability.md C5)."""


def tick(now_ms: int, parents: Iterable[Clock], node: str) -> Clock:
    """The next clock after `parents`."""
    last = max(((clock.ms, clock.counter) for clock in parents), default=(-1, 0))
    return Clock(now_ms, 0, node) if now_ms > last[0] else Clock(last[0], last[1] + 1, node)


def node_name(common_dir: str) -> str:
    """Six digits that tell clones apart; derived, so that a copied repository is another node by itself."""
    from zlib import crc32

    try:
        inode = os.stat(common_dir).st_ino
    except OSError:
        inode = 0
    return f"{crc32(f'{os.uname().nodename}:{inode}:{common_dir}'.encode('utf-8', 'surrogateescape')):08x}"[:6]


def unix_ms(at: Timestamp) -> int:
    """Milliseconds since 1970. (`datetime` would cost a command 2 ms of start-up.)

    The day count is Howard Hinnant's `days_from_civil`.
    """
    year, month, day = int(at[0:4]), int(at[5:7]), int(at[8:10])
    seconds = int(at[11:13]) * 3600 + int(at[14:16]) * 60 + int(at[17:19])
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    days = era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
    return (days * 86400 + seconds) * 1000 + int(at[20:23])


def one_line(text: str, limit: int = MAX_VALUE) -> str:
    r"""`text` without control characters, line breaks or runs of blanks, cut to `limit` characters.

    >>> one_line("close\n\nJit-Op: forged\x1b[31m")
    'close Jit-Op: forged [31m'
    """
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def encode(*, tree: Oid, parents: Sequence[Oid], author: str, committer: str, message: Message, clock: Clock) -> bytes:
    """The content of a commit object. `author` and `committer` are `Name <mail>`.

    Raises `ValueError` if an extra trailer has no proper name, or the name of one of ours.
    """
    seconds = min(max(unix_ms(message.at) // 1000, 0), LATEST)
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
    lines += [f"author {one_line(author)} {seconds} +0000", f"committer {one_line(committer)} {seconds} +0000", ""]
    lines += [one_line(message.subject) or one_line(message.op), "", *_trailers(message, clock), ""]
    return "\n".join(lines).encode("utf-8", "replace")


def _trailers(message: Message, clock: Clock) -> list[str]:
    pairs: list[tuple[str, str | None]] = [
        (OP, message.op),
        (ACTOR, message.actor),
        (CLOCK, str(clock)),
        (REQUEST, message.request),
        (FILTER, message.filter),
        (REASON, message.reason),
    ]
    for name, value in message.trailers.items():
        if name in OWN or not _is_token(name):
            raise ValueError(f"'{name}' cannot be the name of an extra trailer")
        pairs.append((name, value))
    cleaned = ((name, one_line(value)) for name, value in pairs if value is not None)
    return [f"{name}: {value}" for name, value in cleaned if value]


def _is_token(name: str) -> bool:
    return name.isascii() and name.replace("-", "a").isalnum() and name[0].isalpha()


def parse(commit: Object) -> Commit:
    """Read a commit object, ours or anybody's. Raises `CorruptObject` only when it names no tree."""
    head, _, body = commit.data.partition(b"\n\n")
    headers = head.decode("utf-8", "surrogateescape").split("\n")
    fields = [line.partition(" ")[::2] for line in headers if not line.startswith(" ")]
    first = dict(reversed(fields))
    if "tree" not in first:
        raise CorruptObject(
            f"object '{commit.oid}' is not a commit", hint="'git jit doctor --deep' names what is damaged"
        )
    author, _ = _person(first.get("author", ""))
    _, time = _person(first.get("committer", ""))
    paragraphs = _paragraphs(_decode(body, first.get("encoding", "utf-8")))
    return Commit(
        oid=commit.oid,
        tree=Oid(first["tree"]),
        parents=tuple(Oid(value) for key, value in fields if key == "parent"),
        author=author,
        time=time,
        subject=one_line(" ".join(paragraphs[0])) if paragraphs else "",
        trailers=_parse_trailers(paragraphs[-1]) if len(paragraphs) > 1 else {},
    )


def clock_of(commit: Commit) -> Clock:
    """The commit's clock; for one without, its committer's time."""
    return Clock.parse(commit.trailers.get(CLOCK, "")) or Clock(commit.time * 1000, 0, "0")


def _person(line: str) -> tuple[str, int]:
    """`Name <mail> 1763683200 +0000` as name and time; a time that is no number is 0."""
    who, _, when = line.rpartition("> ")
    seconds = when.split(" ")[0]
    plausible = seconds.isascii() and seconds.isdigit() and len(seconds) <= 15
    return one_line(f"{who}>" if who else line), int(seconds) if plausible else 0


def _decode(body: bytes, encoding: str) -> str:
    try:
        return body.decode(encoding)
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")


def _paragraphs(text: str) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for line in text.split("\n"):
        if line.strip():
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [lines for lines in found if lines]


def _parse_trailers(lines: Sequence[str]) -> Mapping[str, str]:
    """`Name: value` lines; of a repeated name the first counts, continuation lines are joined."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines:
        name, colon, value = line.partition(":")
        if line[0].isspace():
            current.append(line)
        elif colon and _is_token(name):
            current = [value]
            found.setdefault(name, current)
        else:
            current = []
    return {name: one_line(" ".join(parts)) for name, parts in found.items()}
