"""What holds the house, broken on purpose: merging field by field, compare-and-swap, circles, the index, packs that no
gc takes. Beside each way to be wrong, the tests that must notice: `python -m tests.faults.mutants core`.
"""

from typing import Final

from tests.faults.kit.mutant import Mutant

FIELDS: Final = "git_jit/merge/fields.py"
DOCUMENTS: Final = "git_jit/merge/issues.py"
RELATIONS: Final = "git_jit/merge/relations.py"
HISTORY: Final = "git_jit/merge/history.py"
PUBLISH: Final = "git_jit/store/publish.py"
LOCKS: Final = "git_jit/store/locks.py"
DESK: Final = "git_jit/ops/desk.py"

CASES: Final = "tests/merge/test_cases.py::test_case"
PACKED: Final = (
    "tests/store/test_repository.py::test_beside_a_dangerous_gc_objects_go_into_a_pack_that_is_kept_until_it_is_safe"
)
RECORDED: Final = '    desk.record(path, field, "both_changed", base, high, low)\n    return high.value\n'

MERGE: Final = (
    Mutant(
        "a label that was removed comes back",
        FIELDS,
        "    return sorted((first | second) - ((before - first) | (before - second)))\n",
        "    return sorted(first | second)\n",
        (f"{CASES}[12-labels]",),
    ),
    Mutant(
        "a document or link that was removed comes back",
        FIELDS,
        "    for name in sorted((first.keys() | second.keys()) - gone):\n",
        "    for name in sorted(first.keys() | second.keys()):\n",
        (f"{CASES}[44-documents]",),
    ),
    Mutant(
        "a requirement that was dropped comes back",
        FIELDS,
        "        if name in gone:\n            _tell_unasked",
        "        if name in gone and not present:\n            _tell_unasked",
        (f"{CASES}[45-required-gates]",),
    ),
    Mutant(
        "the earlier of two titles stands",
        FIELDS,
        RECORDED,
        RECORDED.replace("high.value", "low.value"),
        (f"{CASES}[06-title]",),
    ),
    Mutant(
        "the title that does not stand is forgotten",
        FIELDS,
        RECORDED,
        "    return high.value\n",
        (f"{CASES}[06-title]",),
    ),
    Mutant(
        "of two texts at one place a mixture is made",
        "git_jit/merge/lines.py",
        "        if _overlap(earlier, later):\n",
        "        if _overlap(earlier, later) and not base:\n",
        (f"{CASES}[21-description-in-the-same-line]",),
    ),
    Mutant(
        "the verdict of the earlier run stands",
        FIELDS,
        "low, unit = sorted(units, key=_run)",
        "unit, low = sorted(units, key=_run)",
        (f"{CASES}[18-verdict-of-the-later-run]",),
    ),
    Mutant(
        "a pass outlives its definition",
        RELATIONS,
        '        if verdict.get("status") != PASSED or',
        '        if verdict.get("status") == PASSED or',
        (f"{CASES}[19-a-pass-under-another-definition]",),
    ),
    Mutant(
        "context as a whole",
        DOCUMENTS,
        '"context": (f.keys,',
        '"context": (f.later,',
        (f"{CASES}[23-custom-fields-by-key]",),
    ),
    Mutant(
        "rules about issues in mixtures",
        DOCUMENTS,
        '"rules": (f.entries,',
        '"rules": (f.keys,',
        (f"{CASES}[41-rules-about-issues-by-name]",),
    ),
    Mutant(
        "templates in mixtures",
        DOCUMENTS,
        '"templates": (f.entries,',
        '"templates": (f.keys,',
        (f"{CASES}[43-templates-by-name]",),
    ),
    Mutant(
        "rules that contradict each other stand",
        DOCUMENTS,
        "    if _is_valid(merged) or not (_is_valid(one) and _is_valid(other)):\n",
        "    if path:\n",
        (f"{CASES}[29-rules-that-contradict]", f"{CASES}[42-a-rule-about-a-type-that-is-gone]"),
    ),
    Mutant(
        "done there and in progress here is a decision",
        "git_jit/merge/states.py",
        "    return second in desk.rules.further.get(first, frozenset())\n",
        "    return False\n",
        (f"{CASES}[09-state-further]",),
    ),
    Mutant(
        "comments outlive their issue",
        "git_jit/merge/whole.py",
        "    _bury(desk, base, edits)\n",
        "",
        (f"{CASES}[26-delete-against-comment]",),
    ),
    Mutant(
        "a circle through two clones",
        RELATIONS,
        '    _break(desk, base, edits, DEPENDENCIES, "cycle", _dependencies, desk.rules.waits_for)\n',
        "",
        (f"{CASES}[15-circle-of-new-edges]", f"{CASES}[16-circle-through-an-old-edge]"),
    ),
    Mutant(
        "a settled question is asked again",
        "git_jit/merge/stored.py",
        "removed = (before.keys() - first.keys()) | (before.keys() - second.keys())",
        "removed = before.keys() - first.keys() - second.keys()",
        (f"{CASES}[35-a-conflict-resolved-on-one-side]",),
    ),
    Mutant(
        "of several bases any is taken",
        HISTORY,
        "    for number, commit in enumerate(commits[1:], start=1):",
        "    for number, commit in enumerate(commits[:0], start=1):",
        ("tests/merge/test_history.py::test_what_was_removed_does_not_come_back_over_a_crossing",),
    ),
    Mutant(
        "a merge counts as the writer of what it took over",
        HISTORY,
        "        if not same_there:\n",
        "        if commit:\n",
        ("tests/merge/test_history.py::test_a_stamp_is_that_of_the_commit_that_wrote_the_value",),
    ),
    Mutant(
        "what two clones freed together stays blocked",
        "git_jit/ops/merging.py",
        "            fitting = follow(merged, _around(lineage, view, ours, theirs))",
        "            fitting = merged",
        ("tests/sharing/test_sync.py::test_what_two_clones_freed_together_can_be_worked_on_in_both",),
    ),
    Mutant(
        "a remote that lost history is followed",
        "git_jit/store/fetching.py",
        "    if before is None or tip == before or (tip and is_ancestor(site, before, tip)):\n",
        "    if site:\n",
        ("tests/sharing/test_sync.py::test_a_remote_that_was_rewound_is_an_alarm[sync]",),
    ),
    Mutant(
        "a document that may not come in comes in",
        "git_jit/ops/judging.py",
        "    for change, why in _documents(exchange, documents, progress):\n        refused.add(change.path)\n",
        "    for change, why in _documents(exchange, documents, progress):\n",
        ("tests/sharing/test_hostile_remotes.py::test_D6_documents_that_break_their_schema",),
    ),
)

STORE: Final = (
    Mutant(
        "a plan for an older tip is published",
        "git_jit/store/repository.py",
        "            if tip != base:\n",
        "            if tip is None:\n",
        ("tests/store/test_contract.py::test_whoever_comes_second_is_refused[files]",),
    ),
    Mutant(
        "a reference is moved from wherever it is",
        "git_jit/store/refmoves.py",
        "        self._expect(name, old)\n        nothing",
        "        nothing",
        ("tests/store/test_backend.py::test_a_life[files-ordinary]",),
    ),
    Mutant(
        "a lock is broken though its owner may live",
        LOCKS,
        "        if not self._queue.proven or (last and not is_dead(last, self._queue.me, queued=True)):\n",
        "        if not self._queue.proven:\n",
        ("tests/store/test_locks.py::test_the_intent_of_a_writer_that_lives_is_left_alone",),
    ),
    Mutant(
        "a lock that somebody else made is renamed into place",
        LOCKS,
        "        if self._hard and not _same_file(self._intent, self._lock):\n",
        "        if not self._lock:\n",
        ("tests/store/test_locks.py::test_a_lock_that_was_replaced_by_hand_is_not_published",),
    ),
    Mutant(
        "nobody looks for a gc before the write",
        PUBLISH,
        "        if blobs >= PACK_FROM or place.in_danger():",
        "        if blobs >= PACK_FROM:",
        (f"{PACKED}[files]",),
    ),
    Mutant(
        "nobody looks for a gc after the move",
        PUBLISH,
        "            if not keeps and (place.in_danger() or not all(backend.exists(object.oid) for object in objects)):\n",
        "            if not objects:\n",
        (
            "tests/store/test_repository.py::test_a_gc_that_begins_meanwhile_finds_a_kept_pack[after_swap]",
            "tests/store/test_repository.py::test_what_a_gc_took_meanwhile_is_written_again",
        ),
    ),
    Mutant(
        "a kept pack is released before the move",
        PUBLISH,
        "        with uninterrupted():\n            _swap(backend, change)\n            if not keeps",
        "        for keep in keeps:\n            keep.release()\n        with uninterrupted():\n"
        "            _swap(backend, change)\n            if not keeps",
        (f"{PACKED}[files]",),
    ),
    Mutant(
        "what was written is not read back",
        PUBLISH,
        "        _read_back(backend, objects)\n",
        "",
        ("tests/store/test_repository.py::test_what_was_not_written_is_not_published",),
    ),
    Mutant(
        "an error is taken for a no",
        PUBLISH,
        "        return _settle(place.backend, change, error)\n",
        "        raise\n",
        ("tests/store/test_repository.py::test_an_error_after_it_moved_is_a_yes",),
    ),
    Mutant(
        "an old index answers",
        "git_jit/store/cache.py",
        "            if stamp is not None and stamp.commit == commit:\n                stack",
        "            if stamp is not None:\n                stack",
        ("tests/store/test_refreshing.py::test_any_commit_can_be_viewed_without_moving_the_index",),
    ),
    Mutant(
        "history that was lost is built on",
        "git_jit/store/repository.py",
        "            if mark and (lost := highwater.compare(self, mark.tip, tip)):\n                raise lost.error()\n",
        "",
        ("tests/store/test_highwater.py::test_r7_a_reference_that_was_moved_back_is_read_but_not_written",),
    ),
)

PLANS: Final = (
    Mutant(
        "a lost race is an error",
        "git_jit/ops/__init__.py",
        "        except (RefConflict, RefLocked) as error:\n            log.warning",
        "        except RefLocked as error:\n            log.warning",
        ("tests/ops/test_transact.py::test_full_jitter_within_the_budget",),
    ),
    Mutant(
        "a circle is closed",
        DESK,
        "        if path := graph.cycle_through(Waits(self.overlay), changed.id, *sorted(come)):\n"
        "            raise _cycle(path)\n",
        "",
        ("tests/ops/test_deps.py::test_a_cycle_is_refused_with_the_whole_path",),
    ),
    Mutant(
        "a child is above its parent",
        DESK,
        "            if parent == changed.id:\n",
        "            if not parent:\n",
        ("tests/ops/test_issues.py::test_a_child_cannot_be_above_its_parent",),
    ),
    Mutant(
        "what was parked is promoted",
        "git_jit/workflow.py",
        "    return not blockers(overlay, id) and bool(blockers(overlay.below, id))\n",
        "    return not blockers(overlay, id)\n",
        ("tests/test_workflow.py::test_a_parked_issue_stays_parked",),
    ),
    Mutant(
        "later work is taken back with the rest",
        "git_jit/changes.py",
        "            later.append(FieldChange(change.field, change.new, present))\n",
        "            _set(result, change.field, old)\n",
        (
            "tests/test_changes.py::test_a_field_changed_since_is_later_work",
            "tests/ops/test_undo.py::test_later_work_on_the_same_field_is_not_overwritten",
        ),
    ),
)

CORE: Final = (*MERGE, *STORE, *PLANS)
