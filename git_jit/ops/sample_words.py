"""The vocabulary of `sample`: titles, sentences, names. Data only."""

from typing import Final

VERBS: Final = (
    "Add", "Fix", "Remove", "Rename", "Document", "Test", "Speed up", "Simplify", "Validate", "Cache", "Retry",
    "Refuse", "Show", "Hide", "Export", "Import", "Parse", "Merge", "Split", "Review", "Design", "Measure",
)  # fmt: skip
THINGS: Final = (
    "short ids", "the dependency graph", "label namespaces", "gate results", "the event log", "cycle detection",
    "error messages", "the search index", "bulk updates", "claims", "leases", "the board", "the table view",
    "progress output", "time zones", "long titles", "shell completion", "the man page", "hooks", "worktrees",
    "conflict markers", "backups", "the cache", "start-up time", "page layout", "keyboard shortcuts", "templates",
    "the importer", "CSV export", "saved queries", "notifications", "the health page", "dark mode", "permissions",
)  # fmt: skip
PLACES: Final = (
    "", "", "", " in the command line", " on the server", " for agents", " in bare repositories", " after a crash",
    " on slow disks", " with 10,000 issues", " without a terminal", " when two writers race", " on macOS",
)  # fmt: skip
FOREIGN: Final = (
    "Umlaute in Überschriften prüfen", "Vérifier l’accès concurrent", "修复标签解析错误", "ラベルの検索を速くする",
    "Починить импорт задач", "تحسين البحث", "Γράφος εξαρτήσεων", "Fix the 🚀 release emoji", "naïve façade – coöperate",
)  # fmt: skip
SENTENCES: Final = (
    "The current behaviour surprises people who come from git.",
    "Reproduced on a fresh clone with the default configuration.",
    "This blocks the next release, so it should be small.",
    "- [ ] a test that fails before the change",
    "- [ ] the reference page says what happens now",
    "- [x] measured before and after",
    "See the discussion in the design document for the alternatives that were tried.",
    "    git jit query all --filter 'label:component:* -is:blocked'",
    "Nothing is lost: the old value stays in the history.",
    "## Success criteria",
    "## Context",
    "The lock is held for less than a millisecond, which the benchmark shows.",
    "Two agents claimed the same issue; exactly one of them must win.",
    "`store.commit` raises `RefConflict`, and the loop starts again from a new view.",
    "Der Fehler tritt nur mit Umlauten in Pfaden auf.",
    "1. read the view, 2. make a plan, 3. publish it if the view still is the present.",
    "It is not clear yet whether this belongs into the command or into the hook.",
    "| size | before | after |",
    "| 1,000 | 41 ms | 17 ms |",
    "A follow-up will remove the old name after two releases.",
    "",
)
COMPONENTS: Final = (
    "cli", "store", "graph", "query", "web", "mcp", "hooks", "docs", "ci", "sync", "gates", "claims", "import",
    "export", "validate", "search", "index", "install", "plugin", "api",
)  # fmt: skip
TOPICS: Final = (
    "safety", "speed", "onboarding", "agents", "history", "merging", "offline", "layout", "naming", "limits",
    "recovery", "locale", "colour", "paging", "tracing", "packaging", "licence", "quality", "polish", "audit",
)  # fmt: skip
PEOPLE: Final = (
    "ada", "grace", "linus", "margaret", "barbara", "edsger", "donald", "radia", "alan", "frances", "ken", "dennis",
    "hedy", "katherine", "john", "annie", "tim", "sophie", "niklaus", "kathleen",
)  # fmt: skip
