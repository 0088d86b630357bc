"""Who is acting: one name of the form `kind:name` from the places that may say it."""

from git_jit.errors import UsageError
from git_jit.model import ACTOR_PATTERN, Actor


class NoActor(UsageError):
    """Nobody said who is acting."""

    code = "no_actor"


class BadActor(UsageError):
    code = "bad_actor"


def person(identity: str | None) -> Actor:
    """`human:` and the identity git commits with. Raises `NoActor` when there is none."""
    name = slug(identity or "")
    if not name:
        raise NoActor(
            "nobody said who is acting",
            hint="set 'git config user.name', or give --actor kind:name or the variable JIT_ACTOR",
        )
    return Actor(f"human:{name}")


def parse_actor(text: str) -> Actor:
    """Check that `text` is `kind:name`; a bare name is a person. Raises `BadActor`."""
    import re

    full = text if ":" in text else f"human:{text}"
    if not re.fullmatch(ACTOR_PATTERN, full):
        raise BadActor(f"'{text}' is not an actor", hint="actors look like human:ada, agent:worker-1 or ci:build")
    return Actor(full)


def slug(identity: str) -> str:
    """The name of `Name <address>` as one lower-case word; the address's local part when the name has no letters.

    >>> slug("Ada Lovelace <ada@example.org>")
    'ada-lovelace'
    >>> slug("艾达 <ada@example.org>")
    'ada'
    """
    from git_jit.text import tokens

    name, _, address = identity.partition("<")
    for source in (name, address.partition("@")[0]):
        words = [word for word in tokens(source) if word.isascii()]
        if words:
            return "-".join(words)
    return ""
