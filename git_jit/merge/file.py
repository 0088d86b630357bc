"""git's merge driver: one file, without a history to ask.

For whoever merges the branch with plain `git merge`. There are no stamps here, so every tie is broken by bytes, and a
driver can write no second file, so what cannot be decided is given back for the person who merges.
"""

from typing import Any

from git_jit import canonical
from git_jit.canonical import Malformed
from git_jit.codec import SchemaNewer
from git_jit.merge.values import Conflict, Rules, Side, Value
from git_jit.merge.whole import merge
from git_jit.record import record


@record(kw_only=True)
class FileMerge:
    """What a merge driver has to say."""

    data: bytes | None
    """The file to write; None to leave it as it is. It never has conflict markers in it."""
    conflicts: tuple[Conflict, ...] = ()
    """What remains to decide; a driver reports it by its exit status."""
    problem: str | None = None
    """Why there is no `data`: a sentence without a subject, which is the path."""

    @property
    def clean(self) -> bool:
        return self.data is not None and not self.conflicts


def merge_file(base: bytes, ours: bytes, theirs: bytes, path: str, rules: Rules | None = None) -> FileMerge:
    """Merge three versions of the file at `path` (its place in the tree decides about the rules).

    An empty version is absence, as git hands it over. The result is canonical, and the same when `ours` and `theirs`
    are exchanged. What takes more than one file (circles, deletions, ids that collide) is left to the next
    `git jit sync`, which validates the whole.
    """
    values: list[Value] = []
    for data in (base, ours, theirs):
        try:
            value: Any = canonical.loads(data) if data.strip() else None
        except Malformed as error:
            return FileMerge(data=None, problem=f"cannot be read: {error.message}")
        if value is not None and not isinstance(value, dict):
            return FileMerge(data=None, problem="is no JSON object")
        values.append(value)
    try:
        merged = merge({path: values[0]}, Side(documents={path: values[1]}), Side(documents={path: values[2]}), rules)
    except SchemaNewer as error:
        return FileMerge(data=None, problem=error.message)
    result = merged.edits[path]
    if merged.renamed or not isinstance(result, dict):
        return FileMerge(data=None, conflicts=merged.conflicts, problem="is two documents under one name")
    return FileMerge(data=canonical.dumps(result), conflicts=merged.conflicts)
