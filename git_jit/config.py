"""The rules of a repository, as data: what `config.json` on the issues ref says.

Errors name the key; an unknown key is an error, because a rule that is silently ignored is no rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from git_jit.model import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """The rule for labels `name:…`."""

    description: str = ""
    unique: bool = False
    """At most one label of this namespace on an issue."""
    required: bool = False
    pattern: str | None = None
    """A regular expression that the whole value must match."""
    values: tuple[str, ...] = ()
    """When not empty, the only values allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything a repository may decide for itself. The default is what a repository without rules has."""

    namespaces: Mapping[str, Namespace] = field(default_factory=dict)
    closed_namespaces: bool = False
    """Whether a label of a namespace that is not declared is refused."""
    types: Mapping[str, int] = field(default_factory=dict)
    """Type name to level in the hierarchy; a smaller level is more strategic."""
    strategic_types: tuple[str, ...] = ()
    membership: Mapping[str, str] = field(default_factory=dict)
    """Type name to the label namespace by which issues belong to one of that type."""
    default_type: str | None = None
    queries: Mapping[str, str] = field(default_factory=dict)
    """Saved filters by name."""
    fields: Mapping[str, Json] | None = None
    """A JSON Schema for `Issue.fields`."""
    stale_days: int = 14
    extra: Mapping[str, Json] = field(default_factory=dict)
