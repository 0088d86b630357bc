"""Filling the index: from one tree to another, by the blobs that differ.

A first build and a refresh are the same steps; a build only leaves out looking for what was there before.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from git_jit import facts
from git_jit.condition import Scalar
from git_jit.model import Comment, Commit, Gate, Issue, IssueId, Oid, Timestamp
from git_jit.store import MissingObject, commits, places
from git_jit.store import sqlite as sqlite3
from git_jit.store.backend import Encoded, Object, ObjectReader
from git_jit.store.places import Document, Place, place_of
from git_jit.store.schema import DATED, Stamp, create_indexes, write_stamp
from git_jit.store.tree import FILE_MODE, TreeChange, diff

BATCH: Final = 512
"""Blobs in memory at a time: 512 of the largest allowed would be 1 GiB, of the usual size it is 1 MiB."""
COLUMNS: Final = (
    "state", "priority", "created", "title", "assignee", "created-by", "closed", "due", "defer", "estimate",
)  # fmt: skip
"""Single-valued fields in the order of the table."""
NOT_IN_FACTS: Final = frozenset({*COLUMNS, "id", "depends-on"})
"""What has a column or a table of its own."""

_BLOCKED: Final = """
    coalesce(terminal, 1) = 0 AND EXISTS (
        SELECT 1 FROM edges e LEFT JOIN issues t ON t.id = e.target
        WHERE e.source = issues.key AND coalesce(t.terminal, 0) = 0)"""


def advance(connection: sqlite3.Connection, objects: ObjectReader, old: Stamp, commit: Oid, issues: Encoded) -> None:
    """Make an index that stands at `old` stand at `commit`. The caller holds the transaction.

    `issues` need not be decoded where they are what is stored.
    """
    new = commits.parse(objects.read(commit))
    filler = _Filler(connection, objects, issues, empty=old.tree is None)
    touched = filler.take(sorted(diff(objects, old.tree, new.tree), key=_by_path))
    dated = old.dated
    if dated is not None and dated == old.commit and new.parents[:1] == (dated,):
        _set_updated(connection, dict.fromkeys(touched, places.moment(new.time)))
        dated = commit
    write_stamp(connection, Stamp(commit, new.tree, dated))


def _by_path(change: TreeChange) -> str:
    return change.path


class _Filler:
    def __init__(self, connection: sqlite3.Connection, objects: ObjectReader, issues: Encoded, *, empty: bool) -> None:
        self.connection = connection
        self.objects = objects
        self.issues = issues
        self.empty = empty
        """Nothing was there before: no need to look for what to replace."""
        (last,) = connection.execute("SELECT coalesce(max(key), 0) FROM issues").fetchone()
        self.last_key = int(last)
        self.keys: dict[IssueId, int] = {}
        """Of the issues written or removed."""
        self.discussed: set[IssueId] = set()
        """Issues with a comment that came, went or changed."""

    def take(self, changes: Iterable[TreeChange]) -> set[IssueId]:
        """Bring every table up to date; returns the issues that were touched, by themselves or by a comment.

        `changes` are in order of path, so that comments come before the issues that they belong to.
        """
        found = ((place, change) for change in changes if (place := place_of(change.path)).area)
        while batch := list(islice(found, BATCH)):
            self._take(batch)
        if self.empty:
            create_indexes(self.connection)
        self._rewrite_words_of_discussed()
        self._mark_blocked()
        if not self.empty:  # a row that was written anew has none
            talked_about = [(id,) for id in self.discussed - self.keys.keys()]
            self.connection.executemany("UPDATE issues SET updated_at = NULL WHERE id = ?", talked_about)
        return self.keys.keys() | self.discussed

    def _take(self, batch: Sequence[tuple[Place, TreeChange]]) -> None:
        for place, _ in batch:
            if place.comment and place.issue:
                self.discussed.add(place.issue)
        before = [] if self.empty else self._forget(batch)
        issues: list[tuple[int, IssueId, Oid, Issue, bytes]] = []
        for place, change, blob in self._with_blobs(batch):
            document = self._at_hand(place, blob) or _read(place, change, blob)
            if blob and (place.area == "config" or isinstance(document, Gate)):
                definition = (change.path, blob.oid, blob.data)
                self.connection.execute("INSERT INTO definitions VALUES (?, ?, ?)", definition)
            if isinstance(document, str) or blob is None:
                self._insert_broken(place, change, str(document))
            elif isinstance(document, Issue):
                issues.append((self._key_of(document.id), document.id, blob.oid, document, blob.data))
            elif isinstance(document, Comment):
                row = (document.issue, document.id, blob.oid, blob.data)
                self.connection.execute("INSERT INTO comments VALUES (?, ?, ?, ?)", row)
        self._insert_issues(issues, before)

    def _with_blobs(
        self, batch: Sequence[tuple[Place, TreeChange]]
    ) -> Iterator[tuple[Place, TreeChange, Object | None]]:
        """Each path that there is now, with its content if that is a readable file where it should be."""
        present = [(place, change) for place, change in batch if change.new is not None]
        wanted = [change.new for place, change in present if change.new and _is_file(place, change)]
        blobs = self.objects.read_many(wanted)
        for place, change in present:
            found = next(blobs) if _is_file(place, change) else None
            yield place, change, found if isinstance(found, Object) else None

    def _at_hand(self, place: Place, blob: Object | None) -> Issue | None:
        """The issue, if this is what its writer has just encoded."""
        data, issue = self.issues.get(place.issue, (None, None)) if place.issue and not place.comment else (None, None)
        return issue if blob is not None and blob.data == data else None

    def _key_of(self, id: IssueId) -> int:
        """The key that the issue had before, else the next one."""
        if id not in self.keys:
            self.last_key += 1
            self.keys[id] = self.last_key
        return self.keys[id]

    def _forget(self, batch: Sequence[tuple[Place, TreeChange]]) -> Sequence[int]:
        """Drop what is written again or gone; the keys of the issues whose facts and edges are still there."""
        paths = [(places.shown(change.path),) for _, change in batch]
        self.connection.executemany("DELETE FROM broken WHERE path = ?", paths)
        self.connection.executemany("DELETE FROM definitions WHERE path = ?", paths)
        comments = [(place.issue, place.comment) for place, _ in batch if place.comment]
        self.connection.executemany("DELETE FROM comments WHERE issue = ? AND id = ?", comments)
        keys: list[int] = []
        for id in (place.issue for place, _ in batch if place.issue and not place.comment):
            row = self.connection.execute("SELECT key FROM issues WHERE id = ?", (id,)).fetchone()
            if row:
                self.keys[id] = row[0]
                keys.append(row[0])
            else:
                self._key_of(id)
        for table in ("issues", "bodies"):
            self.connection.executemany(f"DELETE FROM {table} WHERE key = ?", [(key,) for key in keys])
        gone = [(self.keys[p.issue],) for p, change in batch if p.issue and not p.comment and change.new is None]
        self.connection.executemany("DELETE FROM words WHERE rowid = ?", gone)
        return keys

    def _insert_broken(self, place: Place, change: TreeChange, cause: str) -> None:
        row = (places.shown(change.path), change.new, cause)
        self.connection.execute("INSERT OR REPLACE INTO broken VALUES (?, ?, ?)", row)
        if place.issue and not place.comment:
            key = self._key_of(place.issue)
            self.connection.execute(
                "INSERT INTO issues (key, id, oid, blocked) VALUES (?, ?, ?, 0)", (key, place.issue, change.new)
            )
            if not self.empty:
                self.connection.execute("DELETE FROM words WHERE rowid = ?", (key,))

    def _insert_issues(self, issues: Sequence[tuple[int, IssueId, Oid, Issue, bytes]], before: Sequence[int]) -> None:
        rows: list[tuple[Scalar | bytes | None, ...]] = []
        members: list[tuple[int, str, Scalar]] = []
        edges: list[tuple[int, Scalar]] = []
        for key, id, oid, issue, _ in issues:
            fields = facts.fields_of(issue)
            single = [values[0] if (values := fields[name]) else None for name in COLUMNS]
            labels = "".join([f"{label}\0" for label in issue.labels])
            rows.append((key, id, oid, int(issue.state.terminal), 0, *single, None, labels))
            members += [
                (key, name, value) for name, values in fields.items() if name not in NOT_IN_FACTS for value in values
            ]
            edges += [(key, target) for target in fields["depends-on"]]
        marks = ", ".join("?" * (len(COLUMNS) + 7))
        execute_many = self.connection.executemany
        execute_many(f"INSERT INTO issues VALUES ({marks})", rows)
        execute_many("INSERT INTO bodies VALUES (?, ?)", [(key, data) for key, _, _, _, data in issues])
        self._write_members("facts", ("issue", "field", "value"), before, members)
        self._write_members("edges", ("source", "target"), before, edges)
        self._write_words([(key, issue) for key, _, _, issue, _ in issues])

    def _write_members(
        self, table: str, columns: Sequence[str], before: Sequence[int], rows: Sequence[tuple[Scalar, ...]]
    ) -> None:
        """Write `rows`, all that their issues have; of issues that were there `before`, only the difference. Most
        members of an issue that changed stay, and each stands in two B-trees: half of the pages that a refresh wrote.
        """
        if before:
            query = f"SELECT {', '.join(columns)} FROM {table} WHERE {columns[0]} = ?"
            old = {row for key in before for row in self.connection.execute(query, (key,))}
            same = " AND ".join(f"{column} = ?" for column in columns)
            self.connection.executemany(f"DELETE FROM {table} WHERE {same}", old.difference(rows))
            rows = [row for row in rows if row not in old]
        marks = ", ".join("?" * len(columns))
        self.connection.executemany(f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)

    # --- what follows from the rows ---

    def _write_words(self, issues: Iterable[tuple[int, Issue]]) -> None:
        """The words of each issue and its comments. FTS5 is slow to rewrite, so what did not change stays."""
        rows = []
        for key, issue in issues:
            row = (key, facts.title_tokens(issue), facts.text_tokens(issue, self._comments(issue.id)))
            if not self.empty:
                before = self.connection.execute(
                    "SELECT rowid, title, body FROM words WHERE rowid = ?", (key,)
                ).fetchone()
                if before == row:
                    continue
                if before:
                    self.connection.execute("DELETE FROM words WHERE rowid = ?", (key,))
            rows.append(row)
        self.connection.executemany("INSERT INTO words (rowid, title, body) VALUES (?, ?, ?)", rows)

    def _comments(self, id: IssueId) -> list[Comment]:
        if self.empty and id not in self.discussed:
            return []
        query = "SELECT id, data FROM comments WHERE issue = ? ORDER BY id"
        return [
            places.read_comment(Place("comments", id, name), data)
            for name, data in self.connection.execute(query, (id,))
        ]

    def _rewrite_words_of_discussed(self) -> None:
        """Of issues that did not change themselves."""
        query = "SELECT b.key, b.data FROM issues i JOIN bodies b ON b.key = i.key WHERE i.id = ?"
        for id in self.discussed - self.keys.keys():
            for key, data in self.connection.execute(query, (id,)).fetchall():
                self._write_words([(key, places.read_issue(id, data))])

    def _mark_blocked(self) -> None:
        """Of the issues that changed, and of those that wait for one of them."""
        if self.empty:
            self.connection.execute(f"UPDATE issues SET blocked = 1 WHERE {_BLOCKED}")
            return
        keys = set(self.keys.values())
        for id in self.keys:
            keys.update(key for (key,) in self.connection.execute("SELECT source FROM edges WHERE target = ?", (id,)))
        update = f"UPDATE issues SET blocked = NOT blocked WHERE key = ? AND blocked != ({_BLOCKED})"
        self.connection.executemany(update, [(key,) for key in keys])


def _is_file(place: Place, change: TreeChange) -> bool:
    return change.mode == FILE_MODE and not place.odd


def _read(place: Place, change: TreeChange, blob: Object | None) -> Document | str:
    """The document, or why it cannot be read."""
    if place.odd:
        return places.MISPLACED
    if change.mode != FILE_MODE:
        return f"is not a plain file (mode {change.mode})"
    if blob is None:
        return "names an object that is missing, damaged or too large"
    return places.examine(place, blob.data)


def date(connection: sqlite3.Connection, objects: ObjectReader, stamp: Stamp) -> None:
    """Give every issue its `updated_at`: walk back along first parents for as long as one may be wrong.

    Where the index was dated before, the walk ends there, unless the ref went another way since.
    """
    undated = {id for (id,) in connection.execute("SELECT id FROM issues WHERE updated_at IS NULL")}
    found: dict[IssueId, Timestamp] = {}
    known = stamp.dated is None
    here = stamp.commit
    while here is not None:
        known = known or here == stamp.dated
        if known and not undated:
            break
        commit, parent = _with_parent(objects, here)
        for change in diff(objects, parent.tree if parent else None, commit.tree):
            issue = place_of(change.path).issue
            if issue is not None:
                found.setdefault(issue, places.moment(commit.time))
        undated -= found.keys()
        here = parent.oid if parent else None
    _set_updated(connection, found)
    connection.execute("UPDATE meta SET value = ? WHERE name = 'dated'", (stamp.commit,))


def is_dated(connection: sqlite3.Connection) -> bool:
    """Whether every `updated_at` is right."""
    return connection.execute(f"SELECT 1 WHERE {DATED}").fetchone() is not None


def _with_parent(objects: ObjectReader, oid: Oid) -> tuple[Commit, Commit | None]:
    """A commit and its first parent; where a shallow clone ends there is none."""
    commit = commits.parse(objects.read(oid))
    if not commit.parents:
        return commit, None
    try:
        return commit, commits.parse(objects.read(commit.parents[0]))
    except MissingObject:
        return commit, None


def _set_updated(connection: sqlite3.Connection, moments: Mapping[IssueId, Timestamp]) -> None:
    pairs = [(moment, id) for id, moment in moments.items()]
    connection.executemany("UPDATE issues SET updated_at = ? WHERE id = ?", pairs)
