"""Text as search sees it: folded tokens, the same in every back end."""

import unicodedata


def tokens(text: str) -> list[str]:
    """Cut `text` into case-folded runs of letters and digits, accents removed.

    The index stores exactly these tokens (joined by spaces, split by SQLite's `ascii` tokenizer, which
    takes every non-ASCII character for a letter), so a search answers the same with and without it.

    >>> tokens("Größe: 12-Fach, naïve_test")
    ['grosse', '12', 'fach', 'naive', 'test']
    """
    folded = text.casefold()
    if not folded.isascii():
        decomposed = unicodedata.normalize("NFKD", folded)
        folded = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
    return "".join(c if c.isalnum() else " " for c in folded).split()
