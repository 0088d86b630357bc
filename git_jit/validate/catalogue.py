"""Every code that a finding can have: how grave it is, what it means, and what `--fix` does about it.

The table is in `kinds`, by subject; here are the two functions that give a finding its weight.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from git_jit.config import OFF, Config, ConfigInvalid
from git_jit.record import replace
from git_jit.text import suggestion
from git_jit.validate.clone_kinds import CLONE
from git_jit.validate.finding import Finding, Fix, Severity
from git_jit.validate.kinds import DOCUMENTS, GRAPH, REFERENCES, REPOSITORY, RULES, RUNS, Kind

__all__ = ["CATALOGUE", "Kind", "check_severities", "finding", "weigh"]

CATALOGUE: Final[Mapping[str, Kind]] = {**DOCUMENTS, **GRAPH, **REFERENCES, **REPOSITORY, **RULES, **RUNS, **CLONE}
"""Code to what it means."""


def finding(code: str, subject: str, message: str, hint: str | None = None, fix: Fix | None = None) -> Finding:
    """A finding of the severity that the catalogue gives its code."""
    return Finding(code=code, severity=CATALOGUE[code].severity, subject=subject, message=message, hint=hint, fix=fix)


def weigh(findings: Iterable[Finding], config: Config) -> list[Finding]:
    """The findings with the severities that the repository chose, without those it switched off.

    What is binding keeps its own severity, whatever the configuration says. Weighing twice is weighing once.
    """
    chosen = config.severities
    return [_weighed(each, chosen) for each in findings if _choice(each.code, chosen) != OFF]


def _weighed(each: Finding, chosen: Mapping[str, str]) -> Finding:
    wanted = _choice(each.code, chosen)
    return each if wanted is None else replace(each, severity=Severity(wanted))


def _choice(code: str, chosen: Mapping[str, str]) -> str | None:
    """What the repository says about `code`, where it may say anything; None leaves its own severity."""
    kind = CATALOGUE.get(code)
    if kind is None:
        return chosen.get(code)
    return None if kind.binding else chosen.get(code, OFF if kind.by_choice else None)


def check_severities(config: Config) -> None:
    """Raises `ConfigInvalid` for a severity of a code that does not exist, or that may not be ignored."""
    for code in config.severities:
        if code not in CATALOGUE:
            hint = suggestion(code, sorted(CATALOGUE), known="codes are")
            raise ConfigInvalid(f"severities.{code}", "is not the code of a finding", hint=hint)
        if CATALOGUE[code].binding:
            raise ConfigInvalid(f"severities.{code}", "is binding: a tracker with it cannot be trusted")
