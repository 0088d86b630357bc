"""The kinds of findings about what is stored: what each means and why it matters. Read through `catalogue`."""

from collections.abc import Mapping
from typing import Final

from git_jit.record import record
from git_jit.validate.finding import Severity


@record
class Kind:
    """What a code stands for."""

    severity: Severity
    """The default; `severities` of the configuration changes it where it is not binding."""
    meaning: str
    """One line: what is the case."""
    reason: str
    """Why it matters."""
    fix: str | None = None
    """What `--fix` does about it where it safely can; None: a person has to decide."""
    binding: bool = False
    """Whether the severity may not be changed: whoever ignored it could not trust the tracker."""
    by_choice: bool = False
    """Whether it is off until the configuration gives it a severity: a way of working, not a fault."""


def _error(meaning: str, reason: str, fix: str | None = None, *, binding: bool = False) -> Kind:
    return Kind(Severity.ERROR, meaning, reason, fix, binding)


def _warning(meaning: str, reason: str, fix: str | None = None) -> Kind:
    return Kind(Severity.WARNING, meaning, reason, fix)


DOCUMENTS: Final[Mapping[str, Kind]] = {
    "unreadable": _error(
        "a document cannot be read at all",
        "what it says is missing from every list and answer",
        "brings back its newest version that can be read",
        binding=True,
    ),
    "schema_unknown": _error(
        "a newer git jit wrote the document in a format that this one does not know",
        "reading it as something else would misread it, and writing it would lose what is new; upgrade git jit",
        binding=True,
    ),
    "schema_invalid": _error(
        "a document can be read, but does not fit its published schema",
        "other programs that rely on the schema may refuse it",
        "spells it canonically where that makes it fit",
        binding=True,
    ),
    "id_mismatch": _error(
        "the document at a path says that it is another one",
        "references would reach the wrong document, or none",
        "moves it to its own place when that is free, and brings back what belongs where it lay",
        binding=True,
    ),
    "misplaced": _error(
        "a file lies in a directory of the tracker where none of its files can be",
        "nobody will ever read it, and it hides what somebody meant to store",
        "moves it to its place when it is a readable document and that place is free",
    ),
    "not_canonical": _warning(
        "a document is spelled otherwise than git jit spells it",
        "the next change of it shows lines as changed that are not",
        "spells it canonically; nothing of its meaning changes",
    ),
    "config_invalid": _error(
        "the configuration has a key that does not exist or a value that cannot be",
        "a rule that is not understood is not kept, so nothing may be written under it",
        binding=True,
    ),
    "shape_invalid": _error(
        "a field of an issue has a value that it cannot have",
        "programs that read the field will stumble over it",
        binding=True,
    ),
    "title_invalid": _error(
        "the title is empty, too long, or not one clean line",
        "lists and commit subjects show titles on one line",
    ),
    "description_invalid": _error(
        "the description is too large or holds characters that cannot be stored",
        "long text belongs into a file of the code, which the issue can name",
    ),
    "not_storable": _error(
        "the issue has a value that cannot be stored",
        "what cannot be spelled cannot be published",
        binding=True,
    ),
    "label_invalid": _error(
        "a label is not namespace:value, is too long, or there are too many",
        "filters and rules go by namespace, so such a label is never found",
        "spells the namespace in lower case where that is all that is wrong",
    ),
    "assignee_invalid": _error(
        "the assignee is not kind:name",
        "filters like assignee:me do not find it",
        "spells the kind in lower case where that is all that is wrong",
    ),
    "actor_invalid": _error(
        "who created it is not kind:name",
        "filters by creator do not find it",
        "spells the kind in lower case where that is all that is wrong",
    ),
    "gate_invalid": _error(
        "a required gate has a key or a verdict that cannot be",
        "no definition can ever have that key, so the gate can never pass",
    ),
    "link_invalid": _error(
        "a link has a type that does not exist",
        "no command shows it",
    ),
    "closed_but_open": _warning(
        "an open issue says when or why it was closed",
        "reports by closing time count it as finished",
        "clears the time and the reason of closing",
    ),
    "unresolved": _warning(
        "an issue refers to something that was not here when it was imported or mended",
        "what it may have to wait for is not part of the graph",
    ),
}
"""One document by itself."""

GRAPH: Final[Mapping[str, Kind]] = {
    "cycle": _error(
        "issues wait for each other in a circle",
        "none of them can ever become ready",
        "removes one edge of the circle: that of the issue created last; notes it under 'unresolved'",
        binding=True,
    ),
    "parent_cycle": _error(
        "issues are parts of each other in a circle",
        "none of them has a place in the hierarchy",
        "removes one parent link of the circle: that of the issue created last; notes it under 'unresolved'",
        binding=True,
    ),
    "self_reference": _error(
        "an issue waits for itself or links to itself",
        "an issue that waits for itself can never become ready",
        "removes the reference",
        binding=True,
    ),
    "redundant_dependency": _warning(
        "an issue waits for another both directly and through others",
        "the edge says nothing new and clutters every drawing",
        "removes the edge; what the issue waits for in all stays the same",
    ),
}
"""What the graph of dependencies and parents must be."""

REFERENCES: Final[Mapping[str, Kind]] = {
    "dependency_missing": _error(
        "an issue waits for one that is not here",
        "it stays blocked for ever, and nobody can finish what blocks it",
        "moves the edge to 'unresolved', so that it is remembered and blocks no longer",
    ),
    "link_missing": _warning(
        "an issue links to one that is not here",
        "following the link leads nowhere",
        "moves the link to 'unresolved', so that it is remembered",
    ),
    "gate_missing": _warning(
        "an issue requires a gate that is not defined",
        "nobody knows how to pass it; removing the requirement would weaken the gate",
    ),
    "document_missing": _warning(
        "an issue names a file that is not in the code",
        "whoever needs the document will not find it",
    ),
    "comment_orphaned": _warning(
        "comments lie where their issue is gone",
        "no command shows them",
    ),
    "parent_twice": _warning(
        "an issue has more than one parent",
        "trees show it in one place only, and not always the one that is meant",
    ),
}
"""What is referred to must be there."""

REPOSITORY: Final[Mapping[str, Kind]] = {
    "label_required": _error(
        "a label of a required namespace is missing",
        "the rules of the repository say that every issue has one",
        "adds the default type, where the missing label is the type and 'default_type' names one",
    ),
    "label_not_unique": _error(
        "several labels of a namespace that allows one",
        "which of them counts is anybody's guess",
    ),
    "label_value": _error(
        "a label has a value that the rules of its namespace do not allow",
        "it is mistyped, or the rule is out of date",
    ),
    "namespace_unknown": _error(
        "a label has a namespace that is not declared, and undeclared ones are closed",
        "it is mistyped, or the declaration is missing",
    ),
    "type_unknown": _error(
        "the type of an issue is not in the hierarchy",
        "it has no level, so no view of the hierarchy shows it",
    ),
    "field_invalid": _error(
        "a custom field does not fit the JSON Schema of the repository",
        "programs that rely on the schema will stumble over it",
    ),
    "section_missing": _error(
        "the description lacks a heading that the rules require",
        "the repository expects every such issue to answer it",
    ),
    "type_hierarchy": _warning(
        "an issue is part of one that is not more strategic than itself",
        "a tree by types cannot show both where they belong",
    ),
    "orphan_leaf": Kind(
        Severity.WARNING,
        "an open issue of the lowest type belongs to nothing",
        "no milestone, epic or parent counts it, so planning passes it over",
        by_choice=True,
    ),
    "ready_but_blocked": _warning(
        "an issue is ready, but waits for unfinished ones",
        "somebody may begin what cannot be finished",
        "moves it to backlog, as the workflow does",
    ),
    "in_progress_but_blocked": _warning(
        "work goes on that waits for unfinished issues",
        "it may have to be done again",
    ),
    "done_but_blocked": _warning(
        "an issue is done, but what it waited for is not",
        "either the dependency was none, or the work is not whole",
    ),
    "done_but_gates_open": _warning(
        "an issue is done, but a required gate has not passed",
        "its quality was not checked, or somebody overruled the gate",
    ),
}
"""What the configuration and the workflow ask for."""

RUNS: Final[Mapping[str, Kind]] = {
    "run_invalid": _error(
        "the record of a gate run cannot be read or does not say what one has to say",
        "the verdict that it earned cannot be checked",
    ),
    "run_orphaned": _warning(
        "the record of a gate run belongs to an issue that is not here",
        "no command shows it",
    ),
    "lease_invalid": _error(
        "the record of a lease cannot be read or does not say what one has to say",
        "nobody can tell who works on the issue",
    ),
    "lease_orphaned": _warning(
        "a lease is held on an issue that is not here",
        "it protects nothing",
    ),
    "lease_expired": _warning(
        "a lease was not renewed for longer than it was given",
        "its holder may be gone; whoever wants the issue may take it over",
    ),
    "lease_indefinite": _warning(
        "a lease does not end by itself",
        "nobody else gets the issue before its holder gives it back or a person takes it away ('git jit claim evict')",
    ),
    "stale_claim": _warning(
        "something was done under a claim that had passed on to others",
        "it is kept, but neither state nor assignee follow it before somebody decides ('git jit conflicts')",
    ),
    "claims_suspended": _error(
        "the remote that decides about claims lost some",
        "no claim made there is good before a person puts them together again ('git jit claim rejoin')",
    ),
    "claim_signer": _warning(
        "a claim is in another name than that of whoever signed it",
        "the name of an actor is only said; the signature is proved",
    ),
}
"""Records of gate runs and leases."""

_BY_RULE: Final = "the rules of the repository ask for it; each says how grave that is, and 'message' why"

RULES: Final[Mapping[str, Kind]] = {
    "rule_labels": _error("an issue has too few or too many labels of a kind that a rule counts", _BY_RULE),
    "rule_forbidden_label": _error("an issue has a label that a rule forbids", _BY_RULE),
    "rule_section": _error("the description lacks a section that a rule asks for, or what shall be in it", _BY_RULE),
    "rule_field": _error("an issue lacks something that a rule asks for, such as an assignee or a date", _BY_RULE),
    "rule_coverage": _error("a requirement is credited by no issue that should fulfil it", _BY_RULE),
    "rule_gate": _error("a gate has passed, but too long ago, or not for what is there now", _BY_RULE),
    "rule_hierarchy": _error("an issue has no place in the hierarchy of types where a rule wants one", _BY_RULE),
}
"""What rules about issues find (`rules` in the configuration)."""
