"""Output that is kept at both ends."""

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from git_jit.runner.capture import Capture
from git_jit.runner.job import EXCERPT


@given(st.lists(st.binary(max_size=40)), st.integers(0, 50), st.integers(0, 50))
def test_beginning_and_end_are_kept_whatever_the_pieces(chunks: list[bytes], head: int, tail: int) -> None:
    whole = b"".join(chunks)
    with tempfile.TemporaryDirectory() as base:
        capture = Capture(f"{base}/out", head, tail)
        for chunk in chunks:
            capture.add(chunk)
        capture.close()
        capture.close()
        kept = Path(base, "out").read_bytes()
    left_out = max(len(whole) - head - tail, 0)
    gap = f"\n[… {left_out} bytes left out …]\n".encode() if left_out else b""
    end = whole[max(len(whole) - tail, min(head, len(whole))) :] if tail else b""
    assert kept == whole[:head] + gap + end
    assert (capture.written, capture.left_out, capture.last()) == (len(whole), left_out, whole[-EXCERPT:])


def test_memory_stays_bounded(tmp_path: Path) -> None:
    capture = Capture(str(tmp_path / "out"), 10, 1000)
    for _ in range(10_000):
        capture.add(b"x" * 100)
    assert capture._held < 1000 + EXCERPT + 100
    capture.close()
