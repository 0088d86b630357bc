"""Who is acting, by a name of the form `kind:name`, and under which claims."""

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


class BadToken(UsageError):
    """Whoever names a claim wants to be stopped when it is over: what cannot be one must not pass for none."""

    code = "bad_token"


def parse_tokens(text: str) -> tuple[str, ...]:
    """The tokens of claims in `text`, between blanks or commas; none in an empty one. Raises `BadToken`."""
    words = text.replace(",", " ").split()
    if words:
        from git_jit.leases import Token

        for word in words:
            if Token.parse(word) is None:
                raise BadToken(
                    f"'{word}' is no token of a claim",
                    hint="tokens come from 'git jit claim', like AUTHORITY/ISSUE/EPOCH; JIT_CLAIM_TOKEN may hold one",
                )
    return tuple(words)


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
