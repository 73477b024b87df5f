"""The two languages of the product, Chinese first, and what text may hold."""

import unicodedata
from typing import Literal, NamedTuple

Language = Literal["zh", "en"]


class Words(NamedTuple):
    """One sentence in both languages."""

    zh: str
    en: str

    def in_(self, language: Language) -> str:
        """The sentence in `language`."""
        return self.zh if language == "zh" else self.en


def is_plain(text: str) -> bool:
    """Whether `text` holds no control character, nothing that turns the direction of writing, and no lone surrogate."""
    return not any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in text)
