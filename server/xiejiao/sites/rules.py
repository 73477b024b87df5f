"""What a place is, and what must hold before it is written."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

from xiejiao import hours
from xiejiao.coordinates import Datum

KEPT_TEXTS = 1_024
"""Texts of hours whose reading is remembered: thousands of places share a few hundred."""
HOURS_FACET = 256
"""Facets from here on stand for buckets of hours; kinds and amenities lie below."""
HOURS_BUCKETS = 255
DATED_FACET = 511
"""The facet of a place that has dated openings, whatever its hours."""
ASK_AGAIN_DAYS = 7
"""Days after which somebody is asked whether a place that is shut until further notice still is."""

FINDABLE_M = 2_000
"""A place whose entrance is known less well than this, in metres, has a page but is never said to be near."""


def hours_facet(hours_id: int) -> int:
    """The bucket of a text of hours, as the generated column `site.facets` computes it."""
    return HOURS_FACET + hours_id % HOURS_BUCKETS


class Mode(StrEnum):
    """How one gets in."""

    OPEN_DOOR = "open_door"
    STAFFED = "staffed"
    SELF_SERVICE = "self_service"
    KEY = "key"


class AmenityState(StrEnum):
    """What is known of an amenity today."""

    WORKS = "works"
    BROKEN = "broken"
    EMPTY = "empty"
    UNKNOWN = "unknown"

    @property
    def offered(self) -> bool:
        """Whether a search for the amenity finds the place."""
        return self in {AmenityState.WORKS, AmenityState.UNKNOWN}


class SiteState(StrEnum):
    """What a rider is told: posted hours, unless reports speak against them."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"
    CONFLICTING = "conflicting"


class Effect(StrEnum):
    """What a dated exception does: closes, opens, or suspends the regular rule."""

    SHUT = "shut"
    EXTRA = "extra"
    MASK = "mask"


@dataclass(frozen=True, slots=True)
class Access:
    """A way in and the hours in which it serves; hours None: not known."""

    mode: Mode
    opening_hours: str | None


@dataclass(frozen=True, slots=True)
class Amenity:
    """An amenity of a place; `since` is when its state was first said, `expires_on` the last day it may be used."""

    code: str
    state: AmenityState = AmenityState.UNKNOWN
    since: dt.datetime | None = None
    expires_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Located:
    """A position as its source gave it, and as WGS 84 degrees; `accuracy_m` is None when nobody said."""

    lon: float
    lat: float
    raw: str
    datum: Datum
    source: str
    accuracy_m: float | None


@dataclass(frozen=True, slots=True)
class SiteDraft:
    """A place to be added; `organisation` is the path of the union that answers for it."""

    name: str
    kind: str
    organisation: str
    located: Located
    access: tuple[Access, ...]
    amenities: tuple[Amenity, ...] = ()
    brands: tuple[str, ...] = ()
    address: str = ""
    division: str = ""
    host: str | None = None
    phone: str | None = None
    hours_written: str | None = None
    source: str | None = None
    notice: str | None = None
    confirmed_at: dt.datetime | None = None
    demo: bool = False


@dataclass(frozen=True, slots=True)
class DatedException:
    """A dated exception to the hours of one place; `until` None: until further notice."""

    effect: Effect
    since: dt.datetime
    until: dt.datetime | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a rider looks for: any of the kinds, all of the amenities, open at an instant or whenever."""

    kinds: tuple[str, ...] = ()
    amenities: tuple[str, ...] = ()
    open_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """A place as it is read; `distance_m` is None where none was asked for."""

    id: str
    code: str
    name: str
    kind: str
    brands: tuple[str, ...]
    address: str
    division: str
    organisation_id: str
    organisation: str
    host: str | None
    phone: str | None
    lon: float
    lat: float
    accuracy_m: float | None
    position_source: str
    hours_id: int | None
    hours_written: str | None
    access: tuple[tuple[str, int | None], ...]
    amenities: tuple[Amenity, ...]
    source: str | None
    notice: str | None
    confirmed_at: dt.datetime | None
    conflicting_since: dt.datetime | None
    status: str
    closed_on: dt.date | None
    closed_reason: str | None
    dated: hours.Dated
    demo: bool
    version: int
    distance_m: float | None = None

    def state(self, posted: hours.State) -> SiteState:
        """What a rider is told where the hours say `posted`."""
        if self.status == "closed":
            return SiteState.CLOSED
        if posted is hours.State.OPEN and self.conflicting_since is not None:
            return SiteState.CONFLICTING
        return SiteState(posted)


@dataclass(frozen=True, slots=True)
class OpenEnded:
    """A closing until further notice, about which somebody is to be asked again."""

    id: UUID
    site_id: UUID
    since: dt.datetime
    reason: str | None
    ask_again_on: dt.date


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the history of a place; `changes` holds for each field what was and what is, as JSON."""

    id: int
    version: int
    at: dt.datetime
    actor: str
    action: str
    changes: Mapping[str, tuple[Any, Any]]
    reverts: int | None
    """The row that this one took back."""

    @property
    def is_revertible(self) -> bool:
        """Whether it can be taken back: what was only said, as that all is well, cannot."""
        return self.action in {"changed", "closed", "reverted"}


@dataclass(frozen=True, slots=True)
class Division:
    """A division or functional zone as places write it, with the middle of its places in degrees of WGS 84."""

    name: str
    pinyin: str
    initials: str
    lon: float
    lat: float
    sites: int


@dataclass(frozen=True, slots=True)
class Page:
    """Places of one page in order of id, and where the next page begins; None on the last."""

    sites: tuple[Site, ...]
    after: str | None = field(default=None)


@lru_cache(maxsize=KEPT_TEXTS)
def normalised_hours(text: str) -> str:
    """The OSM text as it is stored; raises hours.Fault when it is not understood."""
    return str(hours.parse(text))


@lru_cache(maxsize=KEPT_TEXTS)
def union_of(ways: tuple[Access, ...]) -> str | None:
    """The hours in which one gets in by any way, as OSM text; None when no way has known hours.

    While there is a way whose hours are not known, whatever no other way opens is unknown, not closed. Raises
    hours.Fault when a text is not understood, or when no one text can say the union.
    """
    known = [hours.parse(way.opening_hours) for way in ways if way.opening_hours is not None]
    if not known:
        return None
    return str(hours.union(known if len(known) == len(ways) else [*known, _NEVER_SURE]))


_NEVER_SURE = hours.parse("Mo-Su unknown")
