"""Records are what frozen, slotted dataclasses are; a property compares the two."""

import copy
import pickle
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.record import FrozenError, field, fields, items, record, replace


@record(order=True)
class Point:
    """Two numbers."""

    x: int
    y: int = 0
    origin: ClassVar[int] = 0

    @property
    def sum(self) -> int:
        return self.x + self.y


@dataclass(frozen=True, slots=True, order=True)
class Twin:
    x: int
    y: int = 0


@record(kw_only=True)
class Box:
    label: str
    content: Mapping[str, int] = field(default_factory=dict)


@record
class Remarked:
    value: int
    place: str = field(default_factory=lambda: "nowhere", compare=False)


def test_a_remark_is_no_part_of_the_value() -> None:
    assert Remarked(1, "here") == Remarked(1, "there")
    assert hash(Remarked(1, "here")) == hash(Remarked(1))
    assert repr(Remarked(1, "here")) == "Remarked(value=1)"
    assert replace(Remarked(1, "here"), value=2).place == "here"


@given(st.integers(), st.integers(), st.integers(), st.integers())
def test_records_behave_like_dataclasses(a: int, b: int, c: int, d: int) -> None:
    one, other = Point(a, b), Point(c, y=d)
    assert (one == other) is (Twin(a, b) == Twin(c, d))
    assert (one < other) is (Twin(a, b) < Twin(c, d))
    assert (one >= other) is (Twin(a, b) >= Twin(c, d))
    assert repr(one).replace("Point", "Twin") == repr(Twin(a, b))
    assert (hash(one) == hash(other)) or one != other
    assert replace(one, x=c) == Point(c, b)


def test_a_value_equals_no_other_kind() -> None:
    others: list[object] = [Twin(1), (1, 0)]
    assert Point(1) not in others


def test_fields_have_order_and_values() -> None:
    assert fields(Point(1)) == ("x", "y")
    assert list(items(Point(1))) == [("x", 1), ("y", 0)]
    assert (Point(1, 2).sum, Point.origin) == (3, 0)


def test_defaults_are_made_anew() -> None:
    assert Box(label="a").content is not Box(label="a").content


def test_a_record_cannot_be_changed() -> None:
    point = Point(1)
    with pytest.raises(FrozenError):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(FrozenError):
        del point.x
    with pytest.raises(AttributeError):
        point.z = 2  # type: ignore[attr-defined]


def test_wrong_arguments_are_type_errors() -> None:
    for wrong in (
        lambda: Point(y=1),  # type: ignore[call-arg]
        lambda: Point(1, 2, 3),  # type: ignore[call-arg]
        lambda: Point(1, x=2),  # type: ignore[misc]
        lambda: Point(1, z=2),  # type: ignore[call-arg]
        lambda: Box("a"),  # type: ignore[call-arg]
        lambda: replace(Point(1), z=1),
    ):
        with pytest.raises(TypeError):
            wrong()


def test_match_takes_them_apart() -> None:
    match Point(1, 2):
        case Point(x, y=2):
            assert x == 1
        case _:
            pytest.fail("no match")


def test_copies_are_equal() -> None:
    for value in (Point(1, 2), Box(label="a", content={"b": 1})):
        assert copy.deepcopy(value) == value
        assert pickle.loads(pickle.dumps(value)) == value


def test_nothing_expensive_is_imported() -> None:
    code = "import git_jit.record, sys; print(*sorted({'inspect', 'dataclasses', 'ast'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
