"""Who is dead, and who only might be."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.store.holder import Holder, is_dead, this_process

ME = Holder(1000, "5", "boot", "pid:[1]", "host")


@pytest.mark.parametrize(
    ("holder", "queued", "dead"),
    [
        (ME, False, True),
        (ME._replace(pid=2**22 + 1, start="9"), True, True),
        (ME._replace(pid=2**22 + 1, start="9"), False, False),
        (ME._replace(boot="earlier", pid=os.getpid()), False, True),
        (ME._replace(boot="earlier", host="elsewhere"), True, False),
        (ME._replace(boot=""), True, False),
        (ME._replace(space="pid:[2]", pid=1), True, True),
        (ME._replace(host="renamed", pid=2**22 + 1), True, False),
        (ME._replace(pid=1, start=""), True, False),
        (ME._replace(pid=0), True, False),
        (ME._replace(pid=os.getpid(), start=""), True, False),
        (ME._replace(pid=os.getpid(), start="0"), True, True),
        (ME._replace(pid=2**32 - 1), True, False),
        (ME._replace(pid=2**64), True, False),
    ],
)
def test_proof_of_death(holder: Holder, queued: bool, dead: bool) -> None:
    assert is_dead(holder, ME, queued=queued) is dead


@given(st.binary(max_size=60))
def test_a_damaged_record_names_nobody_or_a_number_that_harms_nobody(data: bytes) -> None:
    holder = Holder.parse(data)
    assert holder is None or 0 <= holder.pid < 10**10


def test_this_process_is_known_by_its_record() -> None:
    me = this_process()
    assert Holder.parse(me.encode()) == me
    assert not is_dead(me._replace(start=me.start), me._replace(pid=1), queued=True)
