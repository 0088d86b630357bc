"""The kinds of findings about one clone: its reference, objects, files and settings. Read through `catalogue`."""

from collections.abc import Mapping
from typing import Final

from git_jit.validate.finding import Severity
from git_jit.validate.kinds import Kind


def _error(meaning: str, reason: str, fix: str | None = None) -> Kind:
    return Kind(Severity.ERROR, meaning, reason, fix, binding=True)


def _warning(meaning: str, reason: str, fix: str | None = None) -> Kind:
    return Kind(Severity.WARNING, meaning, reason, fix)


CLONE: Final[Mapping[str, Kind]] = {
    "anchor_missing": _warning(
        "no anchor keeps an earlier state of the issues",
        "if the reference and its log are lost, nothing here points to what was",
        "makes one",
    ),
    "breaker_open": _warning(
        "a remote failed so often that it is left alone for a while",
        "what is done here does not reach the others yet",
    ),
    "clock_ahead": _warning(
        "the clock of this machine and the times in the history do not agree",
        "times of new changes will look wrong; the order of changes does not depend on them",
    ),
    "closure_broken": _error(
        "an object that the issues refer to is missing",
        "a part of the issues or of their history cannot be read",
    ),
    "disk_full": _error(
        "there is no space left, or no room for another file",
        "no change can be published",
    ),
    "disk_low": _warning(
        "little space is left",
        "a write that finds no space publishes nothing",
    ),
    "durability_fast": _warning(
        "writes are not forced to the disk",
        "a power failure may take the last of them",
    ),
    "foreign_lock": _warning(
        "a lock of the reference is held, and nothing proves that its holder is gone",
        "no write can be published until it is released",
    ),
    "git_too_old": _warning(
        "this git is older than the oldest one that is supported",
        "some commands may fail or take the slow way",
    ),
    "hooks_unreached": _warning(
        "hooks are there, but git does not run them",
        "what they should check or send goes by unseen",
    ),
    "index_inconsistent": _warning(
        "the derived index does not say what the issues say",
        "lists may be wrong until it is made anew",
        "makes the index anew",
    ),
    "left_out": _warning(
        "a remote has files that did not come in: they cannot be read, or no tracker writes such",
        "somebody pushed by other means, or means harm; the rest came in, and the next push is sound again",
        "forgets them, once you have looked",
    ),
    "network_filesystem": _warning(
        "the repository is on a file system that other machines write to as well",
        "locks and forced writes may not hold there what they promise",
    ),
    "not_writable": _error(
        "a directory that a write needs cannot be written",
        "no change can be published",
    ),
    "object_corrupt": _error(
        "the content of an object is not what its name says",
        "what it held cannot be trusted or read",
    ),
    "orphaned_keep": _warning(
        "a mark keeps a pack from being cleaned up, and its owner is dead",
        "the pack stays for ever",
        "removes the mark",
    ),
    "orphaned_lock": _warning(
        "a lock was left behind by a process that is dead",
        "writers wait for nobody",
        "removes the lock, holding the queue of writers",
    ),
    "orphaned_temp": _warning(
        "temporary files were left behind by a process that is dead",
        "they take space",
        "removes them",
    ),
    "owner_mixed": _warning(
        "directories of the repository belong to somebody else than the repository",
        "its owner will fail to write there one day",
    ),
    "queue_held": _warning(
        "a writer holds the queue of writers for long",
        "other writers wait for it and give up",
    ),
    "ref_corrupt": _error(
        "the reference does not hold the name of a commit",
        "no issue can be read before it does",
    ),
    "ref_missing": _error(
        "the reference is gone, though issues were kept here",
        "no issue can be read before it is back",
    ),
    "ref_rewound": _error(
        "the reference is behind where it has been",
        "changes that were published are not seen any more",
    ),
    "reflog_gap": _warning(
        "the log of the reference does not end where the reference stands",
        "something moved it without a trace, or before it could",
        "notes the gap in the log",
    ),
    "reflog_missing": _warning(
        "the reference has no log",
        "what it pointed to before is not remembered",
        "makes one",
    ),
    "reflog_unprotected": _warning(
        "git may expire the log of the reference",
        "the way back ends after some weeks",
        "tells git to keep it",
    ),
    "refspec_overwrites": _error(
        "a fetch is set up to overwrite the issues of this clone",
        "changes that were not sent yet are lost at the next fetch",
    ),
    "remote_unreachable": _warning(
        "a remote does not answer",
        "what is done here does not reach the others yet",
    ),
    "unsynced": _warning(
        "changes here were not sent to the remote",
        "if this clone is lost, so are they",
    ),
}
"""Of one clone. What none of the stored documents says."""
