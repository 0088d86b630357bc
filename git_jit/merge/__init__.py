"""The semantic merge: a base and two sides in, one tree out, field by field. Pure and symmetric.

`merge` takes documents by path and is all there is to it; `merge_commits` gathers them from a history (with a
recursive base where histories crossed); `merge_file` is git's merge driver for one file. The rules are told in
`docs/concepts/merge.md`. There is no clock, no "ours wins", and nothing that raises because two people disagree:
what cannot be decided is kept as a `Conflict`.
"""

from git_jit.merge.compare import get, same
from git_jit.merge.cycles import break_cycles
from git_jit.merge.fields import MEMBERS, member_name
from git_jit.merge.file import FileMerge, merge_file
from git_jit.merge.following import Around, follow
from git_jit.merge.history import Base, History, merge_commits, merge_onto, stamp_of, virtual_base
from git_jit.merge.places import CONFLICTS, conflict_path, subject_of
from git_jit.merge.stored import REASONS, decode, stored, without
from git_jit.merge.values import (
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
from git_jit.merge.whole import merge

__all__ = [
    "CONFLICTS",
    "MEMBERS",
    "MISSING",
    "REASONS",
    "UNKNOWN",
    "Around",
    "Base",
    "Conflict",
    "Document",
    "Entry",
    "FieldPath",
    "FileMerge",
    "History",
    "Merged",
    "Note",
    "Opaque",
    "Row",
    "Rules",
    "Side",
    "Stamp",
    "Statistics",
    "Value",
    "break_cycles",
    "conflict_path",
    "decode",
    "follow",
    "get",
    "member_name",
    "merge",
    "merge_commits",
    "merge_file",
    "merge_onto",
    "same",
    "stamp_of",
    "stored",
    "subject_of",
    "virtual_base",
    "without",
]
