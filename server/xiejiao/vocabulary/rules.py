"""What a word of the field is, and the whole vocabulary as one value."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Term:
    """A kind of place or an amenity; `facet` is its number in the index of the nearest query."""

    code: str
    zh: str
    en: str
    facet: int


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade and the lists that name it, as `eight_groups_2018`."""

    code: str
    zh: str
    en: str
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Vocabulary:
    """All words, in the order in which they are shown."""

    kinds: tuple[Term, ...]
    amenities: tuple[Term, ...]
    trades: tuple[Trade, ...]

    @cached_property
    def kind_facets(self) -> Mapping[str, int]:
        """Kind code → facet."""
        return {term.code: term.facet for term in self.kinds}

    @cached_property
    def amenity_facets(self) -> Mapping[str, int]:
        """Amenity code → facet."""
        return {term.code: term.facet for term in self.amenities}

    @cached_property
    def amenity_codes(self) -> Mapping[int, str]:
        """Facet → amenity code."""
        return {term.facet: term.code for term in self.amenities}
