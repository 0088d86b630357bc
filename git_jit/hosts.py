"""Pages of hosts, derived from the address of a remote: where a proposal becomes a pull request.

Nothing is asked over the network. A host whose kind its name does not tell has no page here; the branch is enough.
"""

import re
from enum import StrEnum
from typing import Final, NamedTuple

_URL: Final = re.compile(r"(?P<scheme>https?|ssh|git\+ssh|git)://(?:[^/@]*@)?(?P<host>[^/:@]+)(?::\d+)?/(?P<path>.+)")
_SCP: Final = re.compile(r"(?:[^/@:]+@)?(?P<host>[^/:@]+):(?P<path>[^/].*)")
"""`git@host:owner/name.git`, as ssh and git take it (git-clone(1), "GIT URLS")."""
_PLAIN: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
"""What needs no escape anywhere in a URL (RFC 3986, 2.3)."""


class Kind(StrEnum):
    """What runs on a host."""

    GITHUB = "github"
    GITLAB = "gitlab"
    GITEA = "gitea"


NAMES: Final = (
    ("github", Kind.GITHUB),
    ("gitlab", Kind.GITLAB),
    ("gitea", Kind.GITEA),
    ("forgejo", Kind.GITEA),
    ("codeberg.org", Kind.GITEA),
)
"""What the name of a host says about its kind. Forgejo, which runs Codeberg, kept Gitea's pages."""


class Place(NamedTuple):
    """A repository on a host."""

    host: str
    path: str
    """`owner/name`, or deeper; without `.git`."""

    @property
    def kind(self) -> Kind | None:
        """By the parts of its name: `gitlab.example.org`, never `mygitlabs.example.org/…`."""
        parts = self.host.lower().split(".")
        return next((kind for name, kind in NAMES if name in parts or self.host.lower() == name), None)


def place_of(url: str) -> Place | None:
    """The repository behind the address of a remote; None for a path, and for what leads to no host.

    >>> place_of("git@github.com:ada/engine.git")
    Place(host='github.com', path='ada/engine')
    >>> place_of("ssh://git@gitlab.example.org:2222/a/b/c")
    Place(host='gitlab.example.org', path='a/b/c')
    """
    found = _URL.fullmatch(url) or (None if "://" in url else _SCP.fullmatch(url))
    if found is None:
        return None
    path = found["path"].rstrip("/").removesuffix(".git").strip("/")
    is_plain = path and url.isprintable() and not any(c.isspace() for c in url)
    return Place(found["host"], path) if is_plain and "/" in path else None


def compare_url(url: str, base: str, branch: str) -> str | None:
    """The page that offers a pull request of `branch` into `base`; None where the host is of no known kind.

    >>> compare_url("https://github.com/ada/engine.git", "jit/issues", "jit/proposals/ada/sprint")
    'https://github.com/ada/engine/compare/jit/issues...jit/proposals/ada/sprint?expand=1'
    """
    place = place_of(url)
    if place is None or place.kind is None:
        return None
    top = f"https://{place.host}/{quoted(place.path, keep='/')}"
    match place.kind:
        case Kind.GITHUB:
            return f"{top}/compare/{quoted(base, keep='/')}...{quoted(branch, keep='/')}?expand=1"
        case Kind.GITLAB:
            source, target = (f"merge_request%5B{end}_branch%5D" for end in ("source", "target"))
            return f"{top}/-/merge_requests/new?{source}={quoted(branch)}&{target}={quoted(base)}"
        case Kind.GITEA:
            return f"{top}/compare/{quoted(base, keep='/')}...{quoted(branch, keep='/')}"


def quoted(text: str, keep: str = "") -> str:
    """Text for a URL; `keep` are characters that stay.

    >>> quoted("a/b c")
    'a%2Fb%20c'
    """
    return "".join(
        c if c in _PLAIN or c in keep else "".join(f"%{byte:02X}" for byte in c.encode("utf-8", "replace"))
        for c in text
    )
