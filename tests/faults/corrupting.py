"""The corruptions of `tests.faults.corruptions`: what is damaged, the code that tells it, and what mending leaves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Final

from git_jit.model import IssueId
from git_jit.paths import issue_path
from tests.faults.kit import damage, wrongs
from tests.faults.kit.commands import Place
from tests.faults.kit.damage import REF
from tests.faults.kit.wrongs import Hand
from tests.store import damage as clone
from tests.store import gitrepo

Harm = Callable[[Place, Hand], object]


class Family(Enum):
    """Which command the runbook names for it."""

    DOCUMENTS = auto()
    CLONE = auto()
    REFERENCE = auto()


@dataclass(frozen=True)
class Corruption:
    """One way to damage a tracker."""

    name: str
    harm: Harm
    code: str
    """A finding or an error that has to come."""
    family: Family
    left: frozenset[str] = frozenset()
    """What is there after mending: what a person has to decide, what is remembered of the damage, or that the broken
    commit is kept below `refs/jit/lost/`.
    """
    least: int = 0
    """So many issues can be read afterwards, however few could before."""
    undoable: bool = True
    """Whether undo brings the damage back. What an entry of the tree is marked as does not come back."""
    writable: bool = True
    """Whether the next write works after mending."""


CONSEQUENCES: Final = frozenset(
    {"ready_but_blocked", "in_progress_but_blocked", "done_but_blocked", "done_but_gates_open", "gate_missing"}
    | {"type_hierarchy", "redundant_dependency", "orphan_leaf"}
)
"""What may be true besides, of the issue that the dice chose: after mending too, for a person has to decide it."""


# --- the reference ----------------------------------------------------------------------------------------


def garbage(place: Place, hand: Hand) -> None:
    damage.break_ref(place.common, hand.dice.choice(["", "\n", "dead\n", "\0" * 41]))


def symbolic(place: Place, hand: Hand) -> None:
    """It leads to a branch that nobody made."""
    damage.break_ref(place.common, f"ref: refs/heads/none-{hand.dice.randrange(9)}\n")


def dangling(place: Place, hand: Hand) -> None:
    damage.break_ref(place.common, f"{hand.dice.getrandbits(160):040x}\n")


def missing(place: Place, hand: Hand) -> None:
    damage.delete_ref(place.common, log=hand.dice.random() < 0.5)


def rewound(place: Place, hand: Hand) -> None:
    damage.rewind_ref(place.common, _back(place, hand))


def _back(place: Place, hand: Hand) -> int:
    """So many commits back: to one after the import."""
    return hand.dice.randrange(1, int(place.git("rev-list", "--count", REF)) - 2)


def directory(place: Place, hand: Hand) -> None:
    """Somebody's reference lies below the name of ours."""
    was = place.tip()
    damage.delete_ref(place.common)
    place.git("update-ref", f"{REF}/{hand.dice.randrange(9)}", str(was))


# --- objects ----------------------------------------------------------------------------------------------


def of_the_last_change(what: str, harm: Callable[[Path], object]) -> Harm:
    """Damage the loose file of the last commit, of its tree, or of what it changed."""

    def wrong(place: Place, hand: Hand) -> None:
        harm(damage.loose(place.common, _name(place, what)))

    return wrong


def _name(place: Place, what: str) -> str:
    """The object of the last change: `commit`, `tree`, or `blob`."""
    if what == "blob":
        changed = place.git("diff-tree", "-r", "--name-only", "--no-commit-id", REF).splitlines()[0]
        return place.git("rev-parse", f"{REF}:{changed}")
    return place.git("rev-parse", REF if what == "commit" else f"{REF}^{{tree}}")


def in_history(harm: Callable[[Path], object]) -> Harm:
    """Damage a commit of former times."""

    def wrong(place: Place, hand: Hand) -> None:
        commit = place.git("rev-parse", f"{REF}~{_back(place, hand)}")
        harm(damage.loose(place.common, commit))

    return wrong


def lasting(place: Place, hand: Hand) -> None:
    """An issue that nobody changed since it came is damaged where it lies; no other version of it is there."""
    harm_packed(place, place.git("rev-parse", f"{REF}:{issue_path(IssueId(hand.one(old)['id']))}"), hand)


def old(issue: Mapping[str, object]) -> bool:
    """Whether the import brought it, and nothing came after."""
    return str(issue["created_at"]) < "2026-11-20" and issue["priority"] != "high"


def harm_packed(place: Place, oid: str, hand: Hand) -> None:
    """Unpack everything, so that one object is one file; then damage that file."""
    packs = list((place.common / "objects/pack").glob("*.pack"))
    for pack in packs:
        data = pack.read_bytes()
        for file in pack.parent.glob(f"{pack.stem}.*"):
            file.unlink()
        damage.git(place.common, "unpack-objects", "-q", stdin=data)
    hand.dice.choice(damage.DAMAGES)(damage.loose(place.common, oid))


def flipped_bit(place: Place, hand: Hand) -> None:
    damage.flip_bit_in_pack(place.common, hand.dice)


def no_pack_index(place: Place, hand: Hand) -> None:
    damage.repack(place.common).with_suffix(".idx").unlink()


def cut_pack_index(place: Place, hand: Hand) -> None:
    damage.truncate(damage.repack(place.common).with_suffix(".idx"), hand.dice.random())


def with_bundle(harm: Harm) -> Harm:
    """The same, where a bundle was made in time."""

    def wrong(place: Place, hand: Hand) -> None:
        place.works("bundle")
        harm(place, hand)

    return wrong


# --- the clone --------------------------------------------------------------------------------------------


def clone_fault(harm: Callable[[gitrepo.Place], None]) -> Harm:
    return lambda place, _: harm(gitrepo.Place(place.path, place.environ))


def shortened_reflog(place: Place, hand: Hand) -> None:
    """The last lines are lost, or half of one."""
    path = place.common / "logs" / REF
    data = path.read_bytes()
    path.write_bytes(data[: -hand.dice.randrange(20, len(data) // 2)])


def damaged_index(place: Place, hand: Hand) -> None:
    """Random bytes over some page of the SQLite file, or the file cut off."""
    path = place.common / "jit/index.sqlite"
    data = path.read_bytes()
    if hand.dice.random() < 0.5:
        path.write_bytes(data[: hand.dice.randrange(1, 4096)])
        return
    path.write_bytes(hand.dice.randbytes(100) + data[100:])


def in_a_fanout(place: Place, hand: Hand) -> None:
    """A writer of ours died while it wrote an object, wherever that was."""
    directory = place.common / "objects" / f"{hand.dice.randrange(256):02x}"
    directory.mkdir(exist_ok=True)
    (directory / "tmp_obj_jit_0123456789ab_4194000_1").write_bytes(b"half")


def ahead(place: Place, hand: Hand) -> None:
    clone.future_commit(gitrepo.Place(place.path, place.environ))


# --- all of them ------------------------------------------------------------------------------------------

_documents: Final[Mapping[str, tuple[Callable[[Hand], None], str, set[str]]]] = {
    "unreadable": (wrongs.unreadable, "unreadable", set()),
    "unreadable-comment": (wrongs.unreadable_comment, "unreadable", set()),
    "no-plain-file": (wrongs.no_plain_file, "unreadable", set()),
    "not-canonical": (wrongs.not_canonical, "not_canonical", set()),
    "schema": (wrongs.against_the_schema, "schema_invalid", {"schema_invalid"}),
    "newer-schema": (wrongs.of_the_future, "schema_unknown", {"schema_unknown"}),
    "another-id": (wrongs.another_id, "id_mismatch", set()),
    "unknown-id": (wrongs.unknown_id, "id_mismatch", set()),
    "foreign-entries": (wrongs.foreign_entries, "misplaced", {"misplaced"}),
    "wrong-directory": (wrongs.wrong_directory, "misplaced", set()),
    "title": (wrongs.title, "title_invalid", {"title_invalid"}),
    "label-in-capitals": (wrongs.label_in_capitals, "label_invalid", set()),
    "label-without-namespace": (wrongs.label_without_namespace, "label_invalid", {"label_invalid"}),
    "assignee-in-capitals": (wrongs.assignee_in_capitals, "assignee_invalid", set()),
    "assignee-without-kind": (wrongs.assignee_without_kind, "assignee_invalid", {"assignee_invalid"}),
    "creator": (wrongs.creator, "actor_invalid", set()),
    "closed-but-open": (wrongs.closed_but_open, "closed_but_open", set()),
    "gate-of-no-key": (wrongs.gate_of_no_key, "gate_invalid", {"gate_invalid"}),
    "dangling-dependency": (wrongs.dangling_dependency, "dependency_missing", {"unresolved"}),
    "dangling-link": (wrongs.dangling_link, "link_missing", {"unresolved"}),
    "dangling-gate": (wrongs.dangling_gate, "gate_missing", {"gate_missing"}),
    "dangling-document": (wrongs.dangling_document, "document_missing", {"document_missing"}),
    "orphaned-comment": (wrongs.orphaned_comment, "comment_orphaned", {"comment_orphaned"}),
    "cycle": (wrongs.cycle, "cycle", {"unresolved"}),
    "parent-cycle": (wrongs.parent_cycle, "parent_cycle", {"unresolved"}),
    "waits-for-itself": (wrongs.waits_for_itself, "self_reference", set()),
    "redundant-edge": (wrongs.redundant_edge, "redundant_dependency", set()),
    "ready-but-blocked": (wrongs.waiting_but("ready"), "ready_but_blocked", set()),
    "working-but-blocked": (
        wrongs.waiting_but("in_progress"),
        "in_progress_but_blocked",
        {"in_progress_but_blocked"},
    ),
    "done-but-blocked": (wrongs.waiting_but("done"), "done_but_blocked", {"done_but_blocked"}),
    "done-but-gates-open": (wrongs.done_but_gates_open, "done_but_gates_open", {"done_but_gates_open"}),
    "above-its-parent": (wrongs.above_its_parent, "type_hierarchy", {"type_hierarchy"}),
    "type-twice": (wrongs.type_twice, "label_not_unique", {"label_not_unique"}),
    "type-of-no-level": (wrongs.type_of_no_level, "type_unknown", {"type_unknown"}),
    "unknown-rule": (wrongs.unknown_rule, "config_invalid", {"config_invalid"}),
    "unreadable-rules": (wrongs.unreadable_rules, "unreadable", set()),
    "newer-rules": (wrongs.newer_rules, "schema_unknown", {"schema_unknown"}),
}
_reference: Final[Mapping[str, tuple[Harm, str, set[str]]]] = {
    "ref-garbage": (garbage, "ref_corrupt", set()),
    "ref-symbolic": (symbolic, "ref_missing", set()),
    "ref-dangling": (dangling, "closure_broken", set()),
    "ref-missing": (missing, "ref_missing", set()),
    "ref-rewound": (rewound, "ref_rewound", set()),
    "ref-below-ours": (directory, "ref_missing", set()),
    "empty-commit": (of_the_last_change("commit", damage.empty), "object_corrupt", set()),
    "truncated-commit": (of_the_last_change("commit", damage.truncate), "object_corrupt", set()),
    "other-commit": (of_the_last_change("commit", damage.other_content), "object_corrupt", set()),
    "missing-commit": (of_the_last_change("commit", Path.unlink), "closure_broken", set()),
    "empty-tree": (of_the_last_change("tree", damage.empty), "object_corrupt", {"closure_broken"}),
    "missing-tree": (of_the_last_change("tree", Path.unlink), "closure_broken", {"closure_broken"}),
    "zeros-for-a-blob": (of_the_last_change("blob", damage.zeros), "object_corrupt", {"closure_broken"}),
    "missing-blob": (of_the_last_change("blob", Path.unlink), "closure_broken", {"closure_broken"}),
    "lasting-damage": (lasting, "object_corrupt", {"object_corrupt"}),
    "history-truncated": (in_history(damage.truncate), "object_corrupt", {"object_corrupt"}),
    "history-missing": (in_history(Path.unlink), "closure_broken", {"closure_broken"}),
    "bit-in-pack": (with_bundle(flipped_bit), "object_corrupt", set()),
    "pack-index-missing": (with_bundle(no_pack_index), "closure_broken", set()),
    "pack-index-cut": (with_bundle(cut_pack_index), "closure_broken", set()),
}
_clone: Final[Mapping[str, tuple[Harm, str, set[str]]]] = {
    "reflog-missing": (clone_fault(clone.no_reflog), "reflog_missing", set()),
    "reflog-wiped": (clone_fault(clone.wiped_reflog), "reflog_gap", set()),
    "reflog-cut": (shortened_reflog, "reflog_gap", set()),
    "reflog-unprotected": (clone_fault(clone.unprotected_reflog), "reflog_unprotected", set()),
    "anchors-missing": (clone_fault(clone.no_anchors), "anchor_missing", set()),
    "lock-orphaned": (clone_fault(clone.orphaned_lock), "orphaned_lock", set()),
    "lock-foreign": (clone_fault(clone.foreign_lock), "foreign_lock", {"foreign_lock"}),
    "index-garbage": (damaged_index, "index_inconsistent", set()),
    "index-lies": (clone_fault(clone.lying_index), "index_inconsistent", set()),
    "unfinished-object": (in_a_fanout, "orphaned_temp", set()),
    "unfinished-pack": (clone_fault(clone.old_unfinished_object), "orphaned_temp", set()),
    "keep": (clone_fault(clone.orphaned_keep), "orphaned_keep", set()),
    "hook-unreached": (clone_fault(clone.unreached_hook), "hooks_unreached", {"hooks_unreached"}),
    "clock-ahead": (ahead, "clock_ahead", {"clock_ahead"}),
}


def _all() -> dict[str, Corruption]:
    found = {}
    for name, (wrong, code, left) in _documents.items():
        harm = lambda _, hand, wrong=wrong: wrong(hand)  # noqa: E731
        found[name] = Corruption(
            name,
            harm,
            code,
            Family.DOCUMENTS,
            frozenset(left),
            undoable=name != "no-plain-file",
            writable=name not in {"unknown-rule", "newer-rules"},
        )
    for family, table in ((Family.REFERENCE, _reference), (Family.CLONE, _clone)):
        found |= {
            name: Corruption(name, harm, code, family, frozenset(left), writable=name != "lock-foreign")
            for name, (harm, code, left) in table.items()
        }
    return found


CORRUPTIONS: Final = _all()
