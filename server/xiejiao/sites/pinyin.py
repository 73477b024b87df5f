"""Chinese names as they are typed on a phone: full pinyin and its initials."""

from pypinyin import lazy_pinyin

from xiejiao.sites.search import folded


def spelled(name: str) -> tuple[str, str]:
    """The full pinyin of `name` without tones or spaces, and its initials: 梅江桥头 → meijiangqiaotou, mjqt."""
    # What is not Chinese comes back as it was, several characters at once: it stands for itself, one by one.
    parts = lazy_pinyin(folded(name), errors=lambda others: f" {others}")
    syllables = [
        syllable for part in parts for syllable in (part if part.startswith(" ") else [part]) if syllable.isalnum()
    ]
    return "".join(syllables), "".join(syllable[0] for syllable in syllables)


def lines(*, name: str, brands: tuple[str, ...], address: str, code: str) -> str:
    """The lines that name search looks in, each folded: name, brands, address, code, pinyin, initials."""
    full, initials = spelled(name)
    return "\n".join(line for line in (*map(folded, (name, *brands, address, code)), full, initials) if line)
