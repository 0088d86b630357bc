"""Everything that is wrong with one blob by itself."""

from git_jit.config import Config
from git_jit.validate.finding import Finding


def check_document(path: str, data: bytes | None, config: Config) -> list[Finding]:
    """What is wrong with the blob at `path`, weighed by `config`. None: the object is missing or damaged."""
    raise NotImplementedError
