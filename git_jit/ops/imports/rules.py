"""The rules an import reports by: name, whether `--strict` refuses it, and what it means.

`docs/how-to/moving-in.md` lists the same; a test compares the two.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Rule(NamedTuple):
    """`strict`: something was guessed, altered beyond its form, or left out, so that `--strict` refuses."""

    strict: bool
    meaning: str


def _as_meant(meaning: str) -> Rule:
    return Rule(strict=False, meaning=meaning)


def _in_doubt(meaning: str) -> Rule:
    return Rule(strict=True, meaning=meaning)


RULES: Final[Mapping[str, Rule]] = {
    # the input as a whole
    "empty-input": _in_doubt("the source holds no issue at all"),
    "file-not-read": _in_doubt("a file or symbolic link among the issues was not read"),
    "file-absent": _as_meant("a part of the workspace that may be absent is absent"),
    "listed-but-absent": _in_doubt("the source's index names an issue that has no file"),
    "deleted-in-source": _as_meant("issues deleted in the source are not imported"),
    "tombstone": _as_meant("records that mark a deletion are left out; `--with-tombstones` imports them as rejected"),
    "tombstone-reference": _as_meant("references of left-out tombstones are left out with them"),
    # identity
    "repeated-id": _in_doubt("an id stands on several records; the newer one by its time of update is kept"),
    "repeated-key": _in_doubt("a key stands twice in one object; the last is used, earlier ones are kept in `fields`"),
    "id-made-up": _as_meant("a record without an id gets one made from its content"),
    "name-differs": _in_doubt("the file's name and the id inside differ; the id inside counts"),
    # references
    "unresolved-reference": _in_doubt("the target is not here: kept in `unresolved` until it arrives"),
    "resolved-reference": _as_meant("a reference kept from an earlier import found its target"),
    "self-reference": _in_doubt("an issue that waits for or links to itself: the reference is left out"),
    "dependency-cycle": _in_doubt("the dependency that would close a cycle becomes a `relates-to` link"),
    "parent-cycle": _in_doubt("the parent that would close a cycle of parents becomes a `relates-to` link"),
    "two-parents": _in_doubt("several parents: all are kept"),
    "unknown-reference": _in_doubt("a type of reference without a counterpart becomes a `relates-to` link"),
    "reference-details": _as_meant("who drew an edge, and when, is not kept"),
    "closed-before-blocker": _as_meant("closed although something it depends on is open: the state stays as it is"),
    # values
    "unknown-state": _in_doubt("becomes open work with a `status:` label"),
    "state-as-label": _as_meant("a state without a counterpart is kept as a `status:` label"),
    "state-kept": _as_meant("a state without an exact counterpart; the original is kept in `fields`"),
    "state-derived": _as_meant(
        "open work becomes `ready`, or `backlog` while something blocks it; so does what waits for it"
    ),
    "unknown-priority": _in_doubt("becomes `normal` (or `low` where it lies below the scale); kept in `fields`"),
    "title-rewritten": _in_doubt("line breaks and tabs in a title become spaces; an empty one is `(no title)`"),
    "title-too-long": _in_doubt("the title is cut; the whole of it begins the description"),
    "control-characters": _in_doubt("control characters and lone surrogates are written as visible escapes"),
    "text-too-long": _in_doubt("text beyond the limit continues in comments"),
    "label-namespaced": _as_meant("a bare label gets the namespace `tag`"),
    "label-rewritten": _in_doubt("a label outside of the grammar is rewritten; the original is kept in `context`"),
    "too-many-labels": _in_doubt("labels beyond the limit are kept in `context`"),
    "actor-kind": _as_meant("a name without a kind becomes `human:name`"),
    "actor-rewritten": _in_doubt("a name outside of the grammar is rewritten; the original is kept in `context`"),
    "several-assignees": _in_doubt("an issue has one assignee here; further ones are kept in `fields`"),
    "time-guessed": _as_meant("a time without a zone is read as UTC"),
    "bad-time": _in_doubt("a time that cannot be read is kept in `fields`"),
    "missing-field": _in_doubt("a key the source always has is missing; the default is used"),
    "wrong-type": _in_doubt("a value of another type than the key's is kept in `fields`"),
    "number-as-text": _as_meant("numbers that are not safe integers are kept as text"),
    "unknown-key": _as_meant("keys without a counterpart are kept in `fields`, those of a comment beside it"),
    "closed-at-guessed": _as_meant("no time of closing is known; the time of the last update is used"),
    "updated-at-derived": _as_meant("times of update are not kept: here they follow from the history"),
    # jit
    "gate-key-rewritten": _in_doubt("a gate's key outside of the grammar is rewritten"),
    "gate-exists": _in_doubt("a gate of that key is defined differently here; ours is kept"),
    "gate-environment": _as_meant("variables of a checker's environment become part of its command"),
    "gate-context": _in_doubt("`pass_context` and prompt files have no counterpart; kept unused in the definition"),
    "gate-undefined": _in_doubt("an issue requires a gate that nothing defines"),
    "gate-not-required": _in_doubt("a verdict on a gate the issue does not require; kept in `fields`"),
    "gate-run-used": _as_meant("the first gate run read of an issue and a gate; the latest of all gives the verdict"),
    "gate-run-older": _as_meant("earlier gate runs; not imported as records"),
    "gate-run-unused": _as_meant("gate runs of issues or gates that are no longer there; not imported"),
    "document-details": _as_meant("format and assets of documents are kept as extra keys"),
    "event-used": _as_meant("events that carry what the issue does not: time of closing, reasons, archived documents"),
    "event-derived": _as_meant("events that only repeat what issues and gates say; not imported"),
    "event-unknown": _as_meant("events of issues that are gone, or of an unknown type; not imported"),
    "rules-kept": _in_doubt("this repository has rules of its own; those of the source are not imported"),
    "rules-not-mapped": _in_doubt("rules, templates or settings without a counterpart; not imported"),
    # writing
    "edited-here": _in_doubt("changed in the source and here since the last import; what is here is kept"),
    "differs-here": _in_doubt("an issue of an own export exists and differs; what is here is kept"),
    "comment-changed": _as_meant("a changed comment becomes a record that replaces the earlier one"),
}
