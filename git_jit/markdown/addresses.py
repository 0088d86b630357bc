"""What the destination of a link means in a repository, and how to spell another one in its place."""

import html
import posixpath
import re
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

from git_jit.markdown import Link

_ELSEWHERE: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//")
"""A scheme (RFC 3986, section 3.1) or a host: not in this repository."""
_PATH: Final = re.compile(r"[^?#]*")
_PLAIN: Final = "/!$,-.:;=@_~+"
"""Signs that mean nothing in a path of a URL, nor in Markdown; all letters and digits of any script stay too."""


class Target(NamedTuple):
    """Where a link leads."""

    path: str | None
    """From the top of the repository, "" for the top itself; None: out of it."""
    fragment: str = ""


def target(page: str, href: str) -> Target | None:
    """What `href` names on the page at the path `page`; None for what is not in the repository (`https:`, `mailto:`).

    A path that begins with `/` counts from the top of the repository, as hosts have it.

    >>> target("docs/plan.md", "../img/a%20b.png#x")
    Target(path='img/a b.png', fragment='x')
    """
    if _ELSEWHERE.match(href):
        return None
    said, fragment = _path(href), unquote(href.partition("#")[2])
    if not said:
        return Target(page, fragment)
    base = "" if said.startswith("/") else posixpath.dirname(page)
    found = posixpath.normpath(posixpath.join(base, said.lstrip("/") if said.startswith("/") else said))
    if found == ".." or found.startswith("../"):
        return Target(None, fragment)
    return Target("" if found == "." else found, fragment)


def address(page: str, path: str, link: Link) -> str:
    """The text that stands for `link` on `page` when it shall lead to `path`; what followed `?` or `#` stays.

    A path from the top (`/docs/x.md`) stays one.
    """
    rest = link.href[_PATH.match(link.href).end() :]  # type: ignore[union-attr]
    if link.href.startswith("/"):
        way = f"/{path}"
    else:
        way = posixpath.relpath(f"/{path}", f"/{posixpath.dirname(page)}")
        if ":" in way.partition("/")[0]:
            way = f"./{way}"
    whole = spelled(way) + rest.replace("(", "%28").replace(")", "%29").replace("<", "%3C").replace(">", "%3E")
    match link.spelling:
        case "attribute":
            return html.escape(whole)
        case "angle":
            return f"<{whole}>"
        case "bare":
            return whole


def _path(href: str) -> str:
    found = _PATH.match(href)
    return unquote(found[0] if found else "", errors="surrogateescape")


def spelled(path: str) -> str:
    """A path as an address: percent-encoded where it must be, letters of every script as they are."""
    return "".join(c if c.isalnum() or c in _PLAIN else quote(c, safe="", errors="surrogateescape") for c in path)
