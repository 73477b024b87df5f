"""Name search: how a text is folded for comparison, and which grams of it the index is asked for.

Two Chinese characters are a common search and too short for trigrams, so the index (`site_grams` in the database)
holds single characters and pairs of neighbours.
"""

import unicodedata


def folded(text: str) -> str:
    """`text` as it is compared: compatibility forms united, small letters, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def grams(words: list[str]) -> list[str]:
    """The grams that a place must have to hold every word: the pairs of a word, or the one character that it is."""
    return sorted({gram for word in words for gram in ([word] if len(word) == 1 else _pairs(word))})


def _pairs(word: str) -> set[str]:
    return {word[at : at + 2] for at in range(len(word) - 1)}
