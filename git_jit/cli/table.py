"""The table of all commands: name, home, one line of help. Knows neither click nor the commands themselves.

`git jit help`, shell completion and the groups of `nouns.py` are made from it; a test compares the lines of help
with the commands they stand for.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple


class Entry(NamedTuple):
    """Where a command lives: `module` below `git_jit.cli`, and the name of the click object in it."""

    module: str
    attribute: str
    help: str
    completes: str = ""
    """What its arguments are, for shell completion: `id`, `label`, `document`, `kind`, `shell`, `query`."""


class Noun(NamedTuple):
    """A group of commands: its help, the entries, and other names for some of them."""

    help: str
    entries: Mapping[str, Entry]
    aliases: Mapping[str, str] = {}
    default: str = ""
    """The entry that is meant where no entry is named: `claim 3f9c2a1`."""

    def spelled_out(self, words: Sequence[str]) -> Sequence[str]:
        """`words` after the noun, with the default put in front where it was left out."""
        if not self.default or not words or words[0] in {"-h", "--help", *self.entries, *self.aliases}:
            return words
        return words if self._slipped(words[0]) else [self.default, *words]

    def _slipped(self, word: str) -> bool:
        """Whether `word` is an entry misspelled rather than what the default takes: an option or an id."""
        if word.startswith("-") or not word.strip("0123456789abcdefABCDEF-"):
            return False
        from git_jit.text import nearest

        return nearest(word, self.entries) is not None


CREATE: Final = Entry("create", "create", "Create an issue and print its id.")
LIST: Final = Entry("query", "list_", "List open issues, newest first.")
READY: Final = Entry("query", "ready", "List what can be worked on now, most urgent first.")
BLOCKED: Final = Entry("query", "blocked", "List open issues that wait for another one.")
SEARCH: Final = Entry("search", "search", "Find issues by words of their title, description and comments.")
SHOW: Final = Entry("show", "show", "Show issues whole, with what they wait for and their comments.", "id")
UPDATE: Final = Entry("change", "update", "Change fields of issues.", "id")
EDIT: Final = Entry("change", "edit", "Edit an issue in git's editor.", "id")
CLOSE: Final = Entry("change", "close", "Finish issues; one whose gates have not passed becomes 'gated'.", "id")
REOPEN: Final = Entry("change", "reopen", "Take finished issues up again.", "id")
WHY: Final = Entry("dep", "why", "Say why an issue is blocked, and what to do first.", "id")
COMMENT: Final = Entry("comment", "comment", "Comment on an issue and print the comment's id.", "id")

RUN_HOOK: Final = Entry("hooks", "run", "Do what a hook of git's does, as git calls it.", "hook")

NOUNS: Final[Mapping[str, Noun]] = {
    "issue": Noun(
        "Create, change and look at issues.",
        {
            "create": CREATE,
            "show": SHOW,
            "list": LIST,
            "search": SEARCH,
            "update": UPDATE,
            "edit": EDIT,
            "close": CLOSE,
            "reject": Entry("change", "reject", "Finish issues without doing them; needs --reason.", "id"),
            "reopen": REOPEN,
            "archive": Entry("change", "archive", "Put finished issues out of sight.", "id"),
            "assign": Entry("change", "assign", "Give issues to somebody.", "id"),
            "unassign": Entry("change", "unassign", "Take issues from whoever has them.", "id"),
            "comment": COMMENT,
            "delete": Entry(
                "change",
                "delete",
                "Remove issues and their comments; history keeps them, 'issue restore' brings them back.",
                "id",
            ),
            "restore": Entry(
                "change", "restore", "Bring back a deleted issue or, with --at, an issue as it was then.", "id"
            ),
            "history": Entry("history", "history", "Show what happened to one issue, newest first.", "id"),
            "create-many": Entry("plan", "create_many", "Create the issues of a plan, all or none."),
            "bulk-update": Entry("bulk", "bulk_update", "Change every issue that meets a filter, in one commit."),
            "bulk-delete": Entry("bulk", "bulk_delete", "Delete every issue that meets a filter, in one commit."),
        },
        {"new": "create", "view": "show", "ls": "list", "rm": "delete"},
    ),
    "dep": Noun(
        "Say which issues wait for which.",
        {
            "add": Entry("dep", "add", "Let issues wait for others.", "id"),
            "rm": Entry("dep", "remove", "Let issues wait for others no longer.", "id"),
            "tree": Entry("dep", "tree", "Show what an issue waits for, level below level.", "id"),
            "why": WHY,
        },
        {"remove": "rm"},
    ),
    "query": Noun(
        "Ask questions that list issues.",
        {
            "all": Entry("query", "all_", "List issues in every state."),
            "ready": READY,
            "blocked": BLOCKED,
            "strategic": Entry("query", "strategic", "List milestones and epics: what the rest belongs to."),
            "closed": Entry("query", "closed", "List finished issues, latest first."),
            "stale": Entry(
                "query",
                "stale",
                "List issues that were begun and that nobody touched for long, oldest first, with the time of the "
                "last change.",
            ),
            "saved": Entry(
                "search", "saved", "List the issues of a saved query; without a name, the saved queries.", "query"
            ),
        },
        {"available": "ready"},
    ),
    "claim": Noun(
        "Say who works on what, so that nobody does the same.",
        {
            "take": Entry("claim", "take", "Claim an issue: it is yours, in progress, and nobody else gets it.", "id"),
            "renew": Entry(
                "claim", "renew", "Begin the time of your claims anew; without an id, of those of the token.", "id"
            ),
            "release": Entry("claim", "release", "Give issues back: ready again, assigned to nobody.", "id"),
            "list": Entry("claim", "list_", "List who holds what, and when others may take it over."),
            "check": Entry(
                "claim",
                "check",
                "Say by the exit status whether your claims still hold: 0, or 6. For scripts, before what cannot be "
                "undone.",
                "id",
            ),
            "evict": Entry(
                "claim",
                "evict",
                "Take issues from whoever holds them; needs --reason. Tokens given before are worthless at once.",
                "id",
            ),
            "rejoin": Entry(
                "claim",
                "rejoin",
                "Put claims together again that the remote which decides about them has lost. Until then no token "
                "counts.",
            ),
        },
        {"ls": "list"},
        default="take",
    ),
    "graph": Noun(
        "Look at the graph of dependencies.",
        {
            "deps": Entry("graph", "deps", "List everything an issue waits for, directly or not.", "id"),
            "rdeps": Entry("graph", "rdeps", "List everything that waits for an issue, directly or not.", "id"),
            "why": WHY,
            "roots": Entry("graph", "roots", "List the issues that no other waits for."),
            "leaves": Entry("graph", "leaves", "List the issues that wait for no other."),
            "order": Entry("graph", "order", "List open issues so that each comes after what it waits for."),
            "waves": Entry("graph", "waves", "Group open issues into steps that can be worked on side by side."),
            "critical-path": Entry(
                "graph", "critical_path", "Show the longest chain of open issues, what can be begun first."
            ),
            "export": Entry("graph", "export", "Print the graph as dot, mermaid, json or svg."),
        },
        {"downstream": "rdeps", "upstream": "deps"},
    ),
    "label": Noun(
        "Look at and change labels.",
        {
            "list": Entry("label", "list_", "List the namespaces of labels and how much they are used."),
            "values": Entry(
                "label", "values", "List the labels of a namespace and how many issues have each; without one, of all."
            ),
            "add": Entry("label", "add", "Add labels to issues.", "id"),
            "rm": Entry("label", "remove", "Remove labels from issues.", "id"),
            "rename": Entry("label", "rename", "Rename a label, or a namespace ('ui:*'), on every issue.", "label"),
        },
        {"remove": "rm", "ls": "list"},
    ),
    "gate": Noun(
        "Say what must be checked before work begins or is done, and check it.",
        {
            "define": Entry(
                "gate", "define", "Define a gate: a command behind '--', or without one the word of a person."
            ),
            "update": Entry(
                "gate", "update", "Change the definition of a gate; verdicts under the old one are stale then.", "gate"
            ),
            "remove": Entry("gate", "remove", "Remove the definition of a gate that no issue requires.", "gate"),
            "list": Entry("gate_looks", "list_", "List the gates, what each runs, and whether it may run here."),
            "show": Entry(
                "gate_looks", "show", "Show the definition of a gate whole, with the hash that is approved.", "gate"
            ),
            "preset": Entry(
                "gate_presets",
                "preset",
                "Define the ready-made gates of an ecosystem; without a name, list what there is.",
            ),
            "add": Entry(
                "gate",
                "add",
                "Let an issue require gates ('issue bulk-update --add-gate' does it for many).",
                "id",
            ),
            "rm": Entry("gate", "rm", "Let an issue require gates no longer.", "id"),
            "pass": Entry("gate", "pass_", "Say that you looked, at the code as it is here, and that it passes.", "id"),
            "fail": Entry("gate", "fail", "Say that you looked, and that it does not pass.", "id"),
            "run": Entry(
                "gate",
                "run",
                "Run gates that an issue requires, and write the verdicts; the last one that passes finishes a gated "
                "issue.",
                "id",
            ),
            "run-all": Entry("gate", "run_all", "Run all gates that an issue requires, some side by side.", "id"),
            "history": Entry(
                "gate_looks", "history", "List the runs of an issue's gates in this clone, newest first.", "id"
            ),
            "wait": Entry("gate_looks", "wait_", "Wait until gates have a verdict on this code, and say it.", "id"),
            "trust": Entry(
                "gate",
                "trust",
                "Approve what a gate runs, for you on this machine: a person, at a terminal, who types part of its "
                "hash.",
                "gate",
            ),
        },
        {"ls": "list", "view": "show", "require": "add"},
    ),
    "doc": Noun(
        "Let issues name files of the code.",
        {
            "add": Entry("doc", "add", "Let an issue name files of the code.", "id"),
            "rm": Entry("doc", "rm", "Let an issue name files no longer; the files stay.", "id"),
            "list": Entry(
                "doc",
                "list_",
                "List which issues name which files; of issues, of files, of directories, or all.",
                "document",
            ),
            "show": Entry(
                "doc", "show", "Show a document: as it lies here, or as of the commit it is pinned to.", "document"
            ),
            "history": Entry(
                "doc",
                "history",
                "List the commits of the code that changed a document, newest first, through renames.",
                "document",
            ),
            "diff": Entry(
                "doc",
                "diff",
                "Show what changed in a document: since the commit it is pinned to, or between two.",
                "document",
            ),
            "check": Entry(
                "doc", "check", "Check that documents are there, and that their links lead somewhere.", "document"
            ),
            "archive": Entry(
                "doc",
                "archive",
                "Move documents and what only they use to the archive; links and issues follow.",
                "document",
            ),
        },
        {"remove": "rm", "ls": "list", "view": "show"},
    ),
    "template": Noun(
        "Make small graphs of issues from templates.",
        {
            "list": Entry("templating", "list_", "List the templates: ready-made ones, and the repository's own."),
            "show": Entry("templating", "show", "Show a template whole: its parameters and its issues."),
            "apply": Entry(
                "templating",
                "apply",
                "Make the issues of a template, around the issue ID or around a new one, in one commit.",
            ),
        },
        {"ls": "list", "view": "show"},
    ),
    "snapshot": Noun(
        "Hand over a whole tracker, with the files that its issues name.",
        {
            "export": Entry("snapshot", "export", "Write all issues and the files that they name, with a manifest."),
            "import": Entry("snapshot", "import_", "Take over the issues of a snapshot, in one commit."),
            "verify": Entry("snapshot", "verify_", "Check that a snapshot is what its manifest says, file by file."),
        },
    ),
    "errors": Noun(
        "Look at what went wrong in this clone.",
        {
            "list": Entry("errors", "list_", "List the errors that commands met in this clone, the last seen first."),
            "show": Entry(
                "errors",
                "show",
                "Show all that is kept of an error: when, where, under which versions, and the traceback of a bug.",
            ),
            "stats": Entry("errors", "stats", "Count the errors of this clone by severity, code and day."),
            "resolve": Entry("errors", "resolve", "Mark errors as settled; one that happens again is open again."),
            "clear": Entry("errors", "clear", "Forget errors for good; issues are not touched."),
        },
        {"ls": "list", "view": "show"},
    ),
    "hooks": Noun(
        "Let git call git jit when you commit, merge and push.",
        {
            "install": Entry("hooks", "install", "Let git call our hooks, beside those that are there."),
            "uninstall": Entry(
                "hooks",
                "uninstall",
                "Take our lines out of git's hooks again: what was there before is as it was, byte for byte.",
            ),
            "status": Entry(
                "hooks",
                "status",
                "Say for each hook whether git reaches it: where that does no harm git itself is asked to run it.",
            ),
            "run": RUN_HOOK,
        },
    ),
    "hook": Noun("What git's hooks call.", {"run": RUN_HOOK}),
    "config": Noun(
        "Look at and change the rules of this repository and the settings of this clone.",
        {
            "list": Entry("config", "list_", "List every rule and setting with its value."),
            "get": Entry("config", "get", "Print the value of a rule, or of a setting (jit.*)."),
            "set": Entry("config", "set_", "Change a rule, for everybody, or a setting (jit.*) of this clone."),
            "unset": Entry("config", "unset", "Take a rule, or a setting (jit.*) of this clone, back to its default."),
        },
        {"ls": "list"},
    ),
}

TOP: Final[Mapping[str, Entry]] = {
    "init": Entry("setup", "init", "Begin to keep issues in this repository."),
    "status": Entry("setup", "status", "Show what there is: where the issues are, and how many in each state."),
    "prime": Entry(
        "prime", "prime", "Print what an agent must know to work here: the rules, then what there is to do."
    ),
    "create": CREATE,
    "list": LIST,
    "ready": READY,
    "blocked": BLOCKED,
    "search": SEARCH,
    "show": SHOW,
    "update": UPDATE,
    "edit": EDIT,
    "close": CLOSE,
    "reopen": REOPEN,
    "comment": COMMENT,
    "log": Entry("history", "log", "Show the commits of the issues, newest first, a line each."),
    "events": Entry("events", "events_", "Show what changed, newest first: one event a commit, one line a field."),
    "undo": Entry("history", "undo_", "Take back a commit: by default your latest one that still stands."),
    "redo": Entry("history", "redo_", "Take back your latest undo."),
    "sync": Entry("sync", "sync", "Exchange issues with a remote: fetch, merge, publish, until both have everything."),
    "fetch": Entry("sync", "fetch", "Fetch the issues of a remote, and bring nothing in."),
    "pull": Entry("sync", "pull", "Fetch the issues of a remote, and bring them together with those of this clone."),
    "push": Entry("sync", "push", "Publish the issues of this clone on a remote."),
    "conflicts": Entry("conflicts", "conflicts", "List what merges could not decide.", "id"),
    "resolve": Entry("conflicts", "resolve", "Decide what a merge could not.", "id"),
    "merge": Entry("conflicts", "merge_", "Bring a commit together with the issues of this clone, field by field."),
    "merge-file": Entry("conflicts", "merge_file_", "Merge one file of the issues, as git's merge driver."),
    "textconv": Entry("conflicts", "textconv", "Print one file of the issues for people, as git's diff driver."),
    "propose": Entry(
        "propose", "propose_", "Put what is not published yet on a branch of its own, for others to review."
    ),
    "check": Entry("check", "check_", "Judge what one commit would make of another, and show what differs."),
    "diff": Entry("diff", "diff", "Show what differs between two commits, a line for each issue."),
    "apply-trailers": Entry(
        "trailers", "apply_trailers", "Close the issues that commits of the code close by 'Closes-Jit: ID'."
    ),
    "health": Entry("health", "health_", "Say whether this clone is healthy, degraded or unhealthy."),
    "doctor": Entry(
        "doctor",
        "doctor",
        "Examine this clone: reference, reflog, anchors, locks, index, hooks, remotes, disk, versions.",
    ),
    "validate": Entry(
        "validate", "validate", "Check every document, the graph and this clone, and list what is wrong."
    ),
    "recover": Entry("recover", "recover", "Find what was lost, and bring it back."),
    "bundle": Entry("recover", "bundle", "Write all issues with their history into one file, and verify it."),
    "import": Entry("move", "import_", "Take over the issues of another tracker, in one commit."),
    "export": Entry("move", "export", "Write issues as JSON, JSON Lines, Markdown, CSV or a directory of files."),
    "schema": Entry(
        "start", "schema", "Print the JSON Schema of a stored document; without a kind, their names.", "kind"
    ),
    "completion": Entry("start", "completion", "Print the completion script of a shell.", "shell"),
    "demo": Entry(
        "demo", "demo", "Show the main job on a made-up tracker of 1,000 issues, with the time of every command."
    ),
    "version": Entry("start", "version", "Print the version."),
    "help": Entry("start", "help_", "Show the help of a command.", "command"),
}

ALIASES: Final[Mapping[str, str]] = {"new": "create", "ls": "list", "view": "show"}

SECTIONS: Final[Sequence[tuple[str, Sequence[str]]]] = (
    ("Start", ("init", "status", "prime", "config")),
    (
        "Every day",
        ("create", "list", "ready", "blocked", "search", "show", "update", "edit", "close", "reopen", "comment"),
    ),
    ("All commands about", ("issue", "claim", "dep", "query", "graph", "label", "gate", "doc", "template")),
    ("History", ("log", "events", "diff", "undo", "redo")),
    ("Together with the code", ("hooks", "hook", "apply-trailers")),
    ("Health", ("health", "doctor", "validate", "recover", "bundle", "errors")),
    (
        "Share",
        (
            "sync",
            "fetch",
            "pull",
            "push",
            "propose",
            "conflicts",
            "resolve",
            "merge",
            "merge-file",
            "textconv",
            "check",
        ),
    ),
    ("Move in and out", ("import", "export", "snapshot")),
    ("Help", ("help", "demo", "version", "schema", "completion")),
)
"""The order of the overview. A test sees to it that every name of the table stands in one of them."""


def find(words: Sequence[str]) -> tuple[Entry | None, Sequence[str]]:
    """The command that `words` begin with, None if there is none, and the words after it."""
    first = words[0] if words else ""
    if first in NOUNS:
        noun = NOUNS[first]
        words = [first, *noun.spelled_out(words[1:])]
        second = (*words[1:2], "")[0]
        return noun.entries.get(noun.aliases.get(second, second)), words[2:]
    return TOP.get(ALIASES.get(first, first)), words[1:]


def help_of(name: str) -> str:
    """The line of help of a name at the top."""
    return NOUNS[name].help if name in NOUNS else TOP[name].help
