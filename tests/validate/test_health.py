"""Three states, for each part and for the whole."""

from itertools import chain

from git_jit.clone import Index, IndexState, Reference, RefState
from git_jit.record import replace
from git_jit.validate.clone_kinds import CLONE
from git_jit.validate.clone_rules import check_clone
from git_jit.validate.health import EVIDENCE, GRAVE, PARTS, Health, judge
from tests.validate.test_clone_rules import DISK, HEALTHY, NO_TIP, REF, SICK, lock


def test_every_code_belongs_to_exactly_one_part() -> None:
    listed = list(chain.from_iterable(PARTS.values()))
    assert len(listed) == len(set(listed))
    assert set(listed) == {*CLONE, "config_invalid", "schema_unknown", "unreadable"}
    assert set(PARTS) == set(EVIDENCE)
    assert set(listed) >= GRAVE


def test_every_finding_shows() -> None:
    for what, code, *_ in SICK:
        clone = replace(HEALTHY, **what)
        judgement = judge(clone)
        assert [item.finding for item in judgement.items] == check_clone(clone)
        assert judgement.state is (Health.UNHEALTHY if code in GRAVE else Health.DEGRADED)


def test_a_healthy_clone() -> None:
    judgement = judge(HEALTHY)
    assert judgement.state is Health.HEALTHY
    assert {part.name: (part.state, part.evidence, part.items) for part in judgement.parts} == {
        "reference": ("healthy", "'refs/jit/issues' at aaaaaaaaaa", ()),
        "storage": ("healthy", "the last commit and what it brought", ()),
        "history": ("healthy", "3 lines in the reflog, 1 anchor", ()),
        "locks": ("healthy", "none", ()),
        "index": ("healthy", "fresh, 3 issues", ()),
        "hooks": ("healthy", "none out of reach", ()),
        "remotes": ("healthy", "'hub' not seen with issues", ()),
        "disk": ("healthy", "1048576 MiB free on ext4", ()),
        "versions": ("healthy", "git 2.39.5", ()),
    }


def test_the_whole_is_as_bad_as_its_worst_part_and_grave_items_come_first() -> None:
    clone = replace(HEALTHY, durability="fast", locks=(lock(age=99),), disk=replace(DISK, free=5 << 20))
    judgement = judge(clone)
    states = {part.name: part.state for part in judgement.parts if part.state is not Health.HEALTHY}
    assert states == {"storage": "degraded", "locks": "unhealthy", "disk": "degraded"}
    assert judgement.state is Health.UNHEALTHY
    assert [(item.finding.code, item.link) for item in judgement.items] == [
        ("foreign_lock", "docs/how-to/error-recovery.md#locks"),
        ("durability_fast", "docs/how-to/error-recovery.md#storage"),
        ("disk_low", "docs/how-to/error-recovery.md#disk"),
    ]


def test_unreadable_documents_degrade() -> None:
    assert judge(replace(HEALTHY, index=Index(state=IndexState.FRESH, broken=1))).state is Health.DEGRADED


def test_where_nobody_keeps_issues_all_is_well() -> None:
    nobody = replace(HEALTHY, ref=Reference(name=REF, state=RefState.ABSENT), **NO_TIP)
    judgement = judge(nobody)
    assert (judgement.state, judgement.parts[0].evidence) == (Health.HEALTHY, "no issues are kept here")
