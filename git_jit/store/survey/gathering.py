"""All facts about a clone, in one value."""

import time
from collections.abc import Mapping
from typing import Protocol

from git_jit.clone import Clone, Reference, RefState
from git_jit.store.backend import Backend
from git_jit.store.layout import Entries, Layout


class Home(Protocol):
    """What a survey needs of a repository."""

    layout: Layout
    backend: Backend
    ref: str

    def traces(self) -> list[str]: ...


def survey(home: Home, config: Entries, environ: Mapping[str, str], *, deep: bool = False) -> Clone:
    """What there is around the issues at this moment. Reads only, and raises nothing but what opening raises."""
    del config, environ
    return Clone(
        taken_at=time.time(),
        directory=home.layout.common_dir,
        ref=Reference(name=home.ref, state=RefState.INTACT, tip=home.backend.ref(home.ref)),
        deep=deep,
    )
