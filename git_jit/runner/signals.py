"""Ended from outside while commands run: what was started is ended first, then the signal is obeyed.

Ctrl-C comes as an exception by itself. SIGTERM (of a supervisor, of `timeout`) and SIGHUP (of a terminal that was
closed) would end this process at once, and a command that hangs would go on without anybody who knows its limits.
"""

import contextlib
import os
import signal
from collections.abc import Iterator
from typing import Final, NoReturn

ENDING: Final = (signal.SIGTERM, signal.SIGHUP)
INTERRUPTING: Final = (signal.SIGINT, *ENDING)


class _Asked(BaseException):
    """Somebody asked this process to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextlib.contextmanager
def obeyed_afterwards() -> Iterator[None]:
    """While it lasts, such a signal is an exception; once that has passed through, this process ends by the signal.

    Who ignores the signal (`nohup`) or answers it otherwise goes on doing so. In another thread than the first,
    Python hears no signals, and nothing changes.
    """
    try:
        ours = list(_take_over())
        try:
            yield
        finally:
            for number in ours:
                signal.signal(number, signal.SIG_DFL)
    except _Asked as asked:
        signal.signal(asked.number, signal.SIG_DFL)
        os.kill(os.getpid(), asked.number)
        raise  # never: that was the end


def _take_over() -> Iterator[signal.Signals]:
    with contextlib.suppress(ValueError):  # not the first thread
        for number in ENDING:
            if signal.getsignal(number) == signal.SIG_DFL:
                signal.signal(number, _ask)
                yield number


def _ask(number: int, _frame: object) -> NoReturn:
    for each in ENDING:  # once is enough: what is being ended now is not to be interrupted
        if signal.getsignal(each) == _ask:
            signal.signal(each, signal.SIG_IGN)
    raise _Asked(number)


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """Do something to its end, whatever is pressed meanwhile. For moments only, and for what starts no process, which
    would hold them back as well.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
