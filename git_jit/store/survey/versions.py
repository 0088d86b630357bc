"""Which programs work here."""

import contextlib
import sys
from collections.abc import Mapping

from git_jit.errors import JitError
from git_jit.store.layout import Layout
from git_jit.store.process import run


def versions(layout: Layout, environ: Mapping[str, str]) -> dict[str, str]:
    """By name; git itself is asked (3 ms), pygit2 is not loaded."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    with contextlib.suppress(JitError, IndexError):
        found["git"] = run(layout, ["version"], environ=environ).out.decode("utf-8", "replace").split()[2]
    for package in ("pygit2", "git-jit"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return dict(sorted(found.items()))
