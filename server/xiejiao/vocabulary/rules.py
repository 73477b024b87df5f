"""What a word of the field is, and the whole vocabulary as one value."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of place; `label` is short Chinese for a chip, `facet` its number in the index of the nearest query."""

    code: str
    zh: str
    en: str
    label: str
    facet: int


@dataclass(frozen=True, slots=True)
class AmenityTerm:
    """An amenity, as a kind; `groups` are the kinds of place in which it is asked for."""

    code: str
    zh: str
    en: str
    label: str
    facet: int
    groups: tuple[str, ...]


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

    kinds: tuple[Kind, ...]
    amenities: tuple[AmenityTerm, ...]
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
