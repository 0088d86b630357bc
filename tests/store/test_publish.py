"""The moment in which nothing may interrupt; the rest of publishing is tested through the stores."""

import signal

from git_jit.store.publish import HELD_BACK, uninterrupted


def test_signals_wait_until_the_outcome_is_known() -> None:
    """Sent to this thread: others that a test left behind would take what is sent to the process."""
    heard: list[int] = []
    before = {number: signal.signal(number, lambda number, _: heard.append(number)) for number in HELD_BACK}
    try:
        with uninterrupted():
            for number in HELD_BACK:
                signal.raise_signal(number)
            during = list(heard)
        assert during == []
        assert set(heard) == {signal.SIGINT, signal.SIGTERM, signal.SIGALRM}
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_what_was_held_back_before_stays_so() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        with uninterrupted():
            pass
        assert signal.SIGTERM in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
