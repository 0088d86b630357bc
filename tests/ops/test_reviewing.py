"""Who may publish directly."""

import pytest

from git_jit.config import Config
from git_jit.ops.reviewing import ReviewMode, ReviewRequired, require_direct, review_mode
from git_jit.store import UnusableSetting


@pytest.mark.parametrize(
    ("setting", "rule", "mode"),
    [
        (None, None, ReviewMode.OFF),
        ("off", None, ReviewMode.OFF),
        ("propose", None, ReviewMode.PROPOSE),
        (None, "propose", ReviewMode.PROPOSE),
        ("off", "required", ReviewMode.REQUIRED),
        ("required", "off", ReviewMode.REQUIRED),
        ("propose", "required", ReviewMode.REQUIRED),
    ],
)
def test_the_stricter_of_setting_and_rule_counts(setting: str | None, rule: str | None, mode: ReviewMode) -> None:
    assert review_mode(setting, Config(review=rule)) is mode


def test_a_setting_that_cannot_be_meant_stops_everything() -> None:
    with pytest.raises(UnusableSetting, match="'always' in the setting"):
        review_mode("always", Config())


def test_only_required_refuses() -> None:
    require_direct(ReviewMode.OFF)
    require_direct(ReviewMode.PROPOSE)
    with pytest.raises(ReviewRequired, match="through proposals here, not directly"):
        require_direct(ReviewMode.REQUIRED)
