"""The product's two languages, and a sentence that stands in both."""

from typing import Literal, NamedTuple

Lang = Literal["zh", "en"]


class Wording(NamedTuple):
    """One sentence in Chinese and in English; `{found}` and the like are filled in by the one who says it."""

    zh: str
    en: str

    def said(self, lang: Lang, **values: object) -> str:
        """The sentence in one language with its values filled in."""
        return (self.zh if lang == "zh" else self.en).format(**values)
