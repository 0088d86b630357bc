"""Hash functions without OpenSSL, which `hashlib` looks through for 3 ms of start-up; these cost 0.3."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import sha1, sha256
else:
    try:
        from _sha1 import sha1
    except ImportError:  # pragma: no cover - a build without the private module
        from hashlib import sha1

    def sha256(data=b""):  # noqa: ANN001, ANN201 - mypy reads the other branch
        """SHA-256, loaded when it is first called (and found at once after that): most commands need SHA-1 alone."""
        try:
            if sys.version_info >= (3, 12):
                from _sha2 import sha256
            else:
                from _sha256 import sha256
        except ImportError:  # pragma: no cover - a build without the private module
            from hashlib import sha256
        globals()["sha256"] = sha256
        return sha256(data)


__all__ = ["sha1", "sha256"]
