"""How changes get from a clone to everybody: straight away, or through proposals that somebody looks at first."""

from enum import StrEnum
from typing import Final

from git_jit.config import OFF, REVIEWS, Config
from git_jit.errors import Refused
from git_jit.store import UnusableSetting

SETTING: Final = "jit.review"


class ReviewMode(StrEnum):
    """How changes are published."""

    OFF = "off"
    """By `sync` and `push`."""
    PROPOSE = "propose"
    """By `sync` and `push`, which point at `propose`."""
    REQUIRED = "required"
    """By `propose` alone."""


class ReviewRequired(Refused):
    """Changes reach the published branch of this repository through proposals only."""

    code = "review_required"


def review_mode(said: str | None, rules: Config) -> ReviewMode:
    """The stricter of what the clone says (the git setting `jit.review`; None: nothing) and what the rules say.

    Raises `UnusableSetting` for a setting that cannot be meant: nobody wants to publish by mistake.
    """
    if said is not None and said not in REVIEWS:
        raise UnusableSetting(
            f"'{said}' in the setting '{SETTING}' is none of {', '.join(REVIEWS)}",
            hint=f"'git config --show-origin {SETTING}' tells where it comes from",
            details={"key": SETTING},
        )
    return ReviewMode(max(said or OFF, rules.review or OFF, key=REVIEWS.index))


def require_direct(mode: ReviewMode) -> None:
    """Whoever is about to push to the published branch asks. Raises `ReviewRequired`."""
    if mode is ReviewMode.REQUIRED:
        raise ReviewRequired(
            "changes are published through proposals here, not directly",
            hint="'git jit propose \"what they are about\"' puts them up for review",
        )
