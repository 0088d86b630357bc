"""The tables of the index, and what is remembered about where it stands.

Everything in it is a pure function of the blobs of one commit (and, for `updated_at`, of its history), so the
file may be deleted at any time.
"""

from typing import Final, NamedTuple

from git_jit.model import Oid
from git_jit.store import sqlite as sqlite3

VERSION: Final = 3
"""Goes up with every change of the tables *or of what is written into them*: `facts`, `text.tokens`, the codec."""

TABLES: Final = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID",
    # One row for each file that is an issue by its path. `terminal` NULL: it cannot be read.
    # `labels` ends each label with NUL, which no stored text holds.
    """CREATE TABLE issues (
        key INTEGER PRIMARY KEY, id TEXT NOT NULL, oid TEXT NOT NULL, terminal INTEGER, blocked INTEGER,
        state TEXT, priority INTEGER, created_at TEXT, title TEXT, assignee TEXT, created_by TEXT,
        closed_at TEXT, due TEXT, defer_until TEXT, estimate INTEGER, updated_at TEXT, labels TEXT)""",
    "CREATE TABLE bodies (key INTEGER PRIMARY KEY, data BLOB NOT NULL)",
    # The members of multi-valued fields. `value` has no type: text and integers stay what they are.
    "CREATE TABLE facts (issue INTEGER, field TEXT, value, PRIMARY KEY (issue, field, value)) WITHOUT ROWID",
    "CREATE TABLE edges (source INTEGER, target TEXT, PRIMARY KEY (source, target)) WITHOUT ROWID",
    """CREATE TABLE comments (
        issue TEXT, id TEXT, oid TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (issue, id)) WITHOUT ROWID""",
    # Gates and the rules.
    "CREATE TABLE definitions (path TEXT PRIMARY KEY, oid TEXT NOT NULL, data BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE broken (path TEXT PRIMARY KEY, oid TEXT NOT NULL, cause TEXT NOT NULL) WITHOUT ROWID",
    # Tokens joined by blanks. `ascii` takes every other character for a letter, so it splits where we did.
    "CREATE VIRTUAL TABLE words USING fts5 (title, body, tokenize = 'ascii')",
)
INDEXES: Final = (
    "CREATE UNIQUE INDEX issues_by_id ON issues (id)",
    "CREATE INDEX issues_newest ON issues (created_at DESC, id, terminal)",
    "CREATE INDEX issues_by_end ON issues (terminal, created_at DESC, id)",
    "CREATE INDEX issues_by_state ON issues (state, created_at DESC, id, blocked, defer_until, terminal)",
    "CREATE INDEX issues_blocked ON issues (blocked, created_at DESC, id, terminal) WHERE blocked = 1",
    "CREATE INDEX issues_by_assignee ON issues (assignee) WHERE assignee IS NOT NULL",
    "CREATE INDEX facts_by_value ON facts (field, value)",
    "CREATE INDEX edges_by_target ON edges (target)",
    "CREATE INDEX issues_undated ON issues (key) WHERE updated_at IS NULL",
)
"""Made after the rows at a first build: sorting once is cheaper than inserting in the order of random ids."""


DATED: Final = """
    (SELECT value FROM meta WHERE name = 'dated') = (SELECT value FROM meta WHERE name = 'commit')
    AND NOT EXISTS (SELECT 1 FROM issues WHERE updated_at IS NULL)"""
"""Whether every `updated_at` is right."""


class Stamp(NamedTuple):
    """Where an index stands."""

    commit: Oid | None
    tree: Oid | None
    dated: Oid | None
    """The commit for which every `updated_at` is right; None if there is none."""


NOWHERE: Final = Stamp(None, None, None)


def create_tables(connection: sqlite3.Connection) -> None:
    for statement in TABLES:
        connection.execute(statement)


def create_indexes(connection: sqlite3.Connection) -> None:
    for statement in INDEXES:
        connection.execute(statement)


def seal(connection: sqlite3.Connection, boot: str) -> None:
    """Mark a new index as complete, of this version, written since this start of the machine."""
    connection.execute("INSERT INTO meta VALUES ('boot', ?)", (boot,))
    connection.execute(f"PRAGMA user_version = {VERSION}")


def read_stamp(connection: sqlite3.Connection, boot: str) -> Stamp | None:
    """Where a sealed index stands; None if it is of another version, or older than the machine's last start.

    Files are not synced: after a power cut the kernel's boot id is another one, and the file not to be trusted.
    """
    if connection.execute("PRAGMA user_version").fetchone() != (VERSION,):
        return None
    meta = dict(connection.execute("SELECT name, value FROM meta"))
    if meta.get("boot") != boot:
        return None
    return Stamp(meta.get("commit"), meta.get("tree"), meta.get("dated"))


def write_stamp(connection: sqlite3.Connection, stamp: Stamp) -> None:
    connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(stamp._asdict().items()))
