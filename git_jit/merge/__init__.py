"""The semantic merge: a base and two sides in, one tree out, field by field. Pure and symmetric.

`merge` takes documents by path and is all there is to it; `merge_commits` gathers them from a history (with a
recursive base where histories crossed); `merge_file` is git's merge driver for one file. The rules are told in
`docs/concepts/merge.md`. There is no clock, no "ours wins", and nothing that raises because two people disagree:
what cannot be decided is kept as a `Conflict`.
"""

from git_jit.merge.values import (
    DAY_MS,
    MISSING,
    UNKNOWN,
    Conflict,
    Document,
    Entry,
    FieldPath,
    Merged,
    Note,
    Opaque,
    Row,
    Rules,
    Side,
    Stamp,
    Statistics,
    Value,
)

__all__ = [
    "DAY_MS",
    "MISSING",
    "UNKNOWN",
    "Conflict",
    "Document",
    "Entry",
    "FieldPath",
    "Merged",
    "Note",
    "Opaque",
    "Row",
    "Rules",
    "Side",
    "Stamp",
    "Statistics",
    "Value",
]
