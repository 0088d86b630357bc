"""SQLite, as Python's C module has it.

`sqlite3` itself adds only converters for dates, for which it imports `datetime`: 1.5 ms of every command, and the index
stores texts and numbers alone.
"""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite3 import *  # noqa: F403
    from sqlite3 import Error  # noqa: TC004 - both branches define it
else:
    try:
        from _sqlite3 import *  # noqa: F403
    except ImportError:  # another Python than CPython
        from sqlite3 import *  # noqa: F403

DAMAGE: Final = (Error, UnicodeDecodeError)
"""What reading a damaged file raises: some of SQLite's complaints quote the damage, which Python cannot decode."""
