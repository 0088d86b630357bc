"""Signs that there are, or were, issues in a repository: what stands between a lost reference and a new, empty
tracker that would bury everything.
"""

import os

from git_jit.errors import JitError
from git_jit.store import NotInitialised, RefMissing
from git_jit.store.anchors import LOST, PREFIX
from git_jit.store.gitconfig import OWN_INCLUDE
from git_jit.store.highwater import Site, read_mark
from git_jit.store.reflog import LOOK


def traces(site: Site) -> list[str]:
    """References and files which show that issues are, or were, kept here."""
    name = site.ref.removeprefix("refs/")
    backend, common = site.backend, site.layout.common_dir
    found = [ref for ref in backend.refs("refs/remotes/") if ref.endswith(f"/{name}")]
    found += [*backend.refs(PREFIX), *backend.refs(LOST), *backend.refs(f"refs/heads/{name}")]
    own = f"{common}/{OWN_INCLUDE}"
    found += [own] if os.path.exists(own) else []
    found += [f"the published commit {mark.tip[:10]}"] if (mark := read_mark(common, site.ref)) else []
    # An entry that only makes the reference may stem from an `init` that was killed before it did.
    return found + [f"{site.ref}@{{0}}"] * any(entry.old for entry in backend.reflog(site.ref))


def nothing_here(site: Site) -> JitError:
    """The error for a reference that does not exist."""
    found = traces(site)
    if not found:
        return NotInitialised()
    return RefMissing(
        f"'{site.ref}' is missing, but '{found[0]}' shows that there are issues",
        hint=LOOK,
        details={"ref": site.ref, "found": found},
    )
