"""Write the list of commands into the manual page.

    python docs/manpage.py

replaces what stands between the two marks of `docs/man/git-jit.1` by the table of `git_jit.cli.table`; the rest of
the page is written by hand. A test compares the two, so the list cannot fall behind.
"""  # noqa: INP001

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from git_jit.cli.table import NOUNS, SECTIONS, TOP

PAGE: Final = Path(__file__).parent / "man" / "git-jit.1"
BEGIN: Final = '.\\" The commands, made by docs/manpage.py from the program.\n'
END: Final = '.\\" End of the commands.\n'


def filled(page: str) -> str:
    """The page with the commands of today. Raises `ValueError` if a mark is missing."""
    before, _, rest = page.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError("the page has lost a mark of the list of commands")
    return before + BEGIN + "".join(f"{line}\n" for line in commands()) + END + after


def commands() -> Iterator[str]:
    """The overview of `git jit help`, with the commands of every noun."""
    for title, names in SECTIONS:
        yield f".SS {title}"
        for name in names:
            if name in NOUNS:
                yield from _group(name)
            else:
                yield from _entry(name, TOP[name].help)


def _group(noun: str) -> Iterator[str]:
    for name, entry in NOUNS[noun].entries.items():
        yield from _entry(f"{noun} {name}", entry.help)


def _entry(name: str, help: str) -> Iterator[str]:
    yield ".TP"
    yield f".B {escaped(name)}"
    yield escaped(help)


def escaped(text: str) -> str:
    r"""Text as roff shows it: hyphens to type, straight quotes; a dot at the beginning is no request.

    >>> print(escaped("'--on' is needed"))
    \(aq\-\-on\(aq is needed
    """
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return f"\\&{text}" if text.startswith(".") else text


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
