"""Places in and out of JSON: what a query may ask, and how a place is said (GeoJSON, RFC 7946)."""

import dataclasses
import datetime as dt
import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    ValidationInfo,
    field_validator,
)

from xiejiao import coordinates
from xiejiao.coordinates import Datum, Position
from xiejiao.errors import FieldFault, InputError
from xiejiao.hours import CHINA, Fault, Preview, Remark
from xiejiao.http.query_string import refuse
from xiejiao.language import Language, Words, is_plain
from xiejiao.sites.almanac import Almanac
from xiejiao.sites.mercator import MAX_LATITUDE, Box, plane
from xiejiao.sites.rules import Amenity, Division, Site, SiteState, Wanted
from xiejiao.vocabulary.rules import Vocabulary

FIRST_INSTANT = dt.datetime(2000, 1, 1, tzinfo=CHINA)
LAST_INSTANT = dt.datetime(2100, 1, 1, tzinfo=CHINA)
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)(?:[Zz]|([+-]\d\d:\d\d))")


# ── what a query may ask ──


def _kind(code: str, info: ValidationInfo) -> str:
    words: Vocabulary = (info.context or {})["words"]
    if code not in words.kind_facets:
        refuse("没有这种类型，见 /api/v1/vocabulary", "is no kind; /api/v1/vocabulary lists them")
    return code


def _amenity(code: str, info: ValidationInfo) -> str:
    words: Vocabulary = (info.context or {})["words"]
    if code not in words.amenity_facets:
        refuse("没有这种设施，见 /api/v1/vocabulary", "is no amenity; /api/v1/vocabulary lists them")
    return code


def _datum(text: str) -> Datum:
    found = coordinates.datum_named(text)
    if isinstance(found, FieldFault):
        refuse(*found.message)
    return found


def _instant(text: str, info: ValidationInfo) -> dt.datetime:
    if text == "now":
        now: dt.datetime = (info.context or {})["now"]
        return now
    # A plus sign that was not escaped arrives as a space; before an offset it can mean nothing else.
    match = _INSTANT.fullmatch(re.sub(r" (?=\d\d:\d\d$)", "+", text))
    try:
        instant = dt.datetime.fromisoformat(match[0].upper()) if match else None
    except ValueError:
        instant = None
    if instant is None:
        refuse(
            "应为 now 或带时区的时刻，如 2026-01-31T20:00:00+08:00",
            "must be now or an instant with its offset, as 2026-01-31T20:00:00+08:00",
        )
    if not FIRST_INSTANT <= instant < LAST_INSTANT:
        refuse("时刻应在 2000 年到 2099 年之间", "must lie in the years 2000 to 2099")
    return instant.astimezone(CHINA)


Kinds = Annotated[
    list[Annotated[str, AfterValidator(_kind)]],
    Field(max_length=20, description="Any of these kinds; may be repeated. Codes: /api/v1/vocabulary"),
]
Amenities = Annotated[
    list[Annotated[str, AfterValidator(_amenity)]],
    Field(max_length=50, description="All of these amenities; may be repeated. Codes: /api/v1/vocabulary"),
]
Instant = Annotated[
    dt.datetime | None,
    BeforeValidator(_instant, json_schema_input_type=str),
    Field(description="`now` or an instant (RFC 3339): only places open then by their posted hours"),
]
Lang = Annotated[
    Literal["zh", "en"] | None,
    Field(description="Language of words and messages; default from Accept-Language, else zh"),
]


def _searched(text: str) -> str:
    # PostgreSQL can hold no NUL, and no name holds what `is_plain` refuses, so such a search is a slip.
    if not text.strip() or not is_plain(text):
        refuse("应为文字，不能有控制字符", "must be words without control characters")
    return text


class NearestQuery(BaseModel):
    """Where one is and what one looks for."""

    model_config = ConfigDict(extra="forbid")

    lon: FiniteFloat = Field(description="Longitude in degrees")
    lat: FiniteFloat = Field(description="Latitude in degrees")
    datum: Annotated[Datum, BeforeValidator(_datum)] = Field(
        default=Datum.WGS84, description="What lon and lat are counted in"
    )
    kind: Kinds = []
    amenity: Amenities = []
    open: Instant = None
    within_m: FiniteFloat = Field(default=50_000, gt=0, le=500_000, description="Farthest distance in metres")
    limit: int = Field(default=20, ge=1, le=100, description="Places at the most")
    lang: Lang = None

    @field_validator("lon", "lat")
    @classmethod
    def _plausible(cls, value: float, info: ValidationInfo) -> float:
        # The latitude is judged beside the longitude, since the two may be exchanged.
        lon, lat = (value, 0.0) if info.field_name == "lon" else (info.data.get("lon", 0.0), value)
        for fault in coordinates.check(lon, lat).faults:
            if fault.field == info.field_name:
                refuse(*fault.message)
        return value

    @property
    def here(self) -> Position:
        """The position as WGS 84."""
        return coordinates.to_wgs84(Position(self.lon, self.lat), self.datum)

    @property
    def warnings(self) -> tuple[FieldFault, ...]:
        """What is odd about the position, though it may be meant."""
        return coordinates.check(self.lon, self.lat).warnings

    @property
    def wanted(self) -> Wanted:
        """What one looks for."""
        return Wanted(tuple(self.kind), tuple(self.amenity), self.open)


class ListQuery(BaseModel):
    """Which places to list."""

    model_config = ConfigDict(extra="forbid")

    bbox: str | None = Field(
        default=None, description="west,south,east,north in degrees of WGS 84 (RFC 7946)", examples=["116,24,117,25"]
    )
    kind: Kinds = []
    amenity: Amenities = []
    q: Annotated[str, AfterValidator(_searched)] | None = Field(
        default=None, max_length=100, description="Words in name, address, code or pinyin: 梅江, meijiang, mjq"
    )
    organisation: UUID | None = Field(default=None, description="Id of a union; those beneath it are included")
    cursor: UUID | None = Field(default=None, description="From `next` of the page before")
    limit: int = Field(default=100, ge=1, le=1000, description="Places at the most")
    lang: Lang = None

    @field_validator("bbox")
    @classmethod
    def _four_degrees(cls, text: str) -> str:
        if _corners(text) is None:
            refuse(
                "应为 西,南,东,北 四个度数，如 116,24,117,25",
                "must be west,south,east,north in degrees, as 116,24,117,25",
            )
        return text

    @property
    def box(self) -> Box | None:
        """The bounding box in the plane."""
        corners = None if self.bbox is None else _corners(self.bbox)
        if corners is None:
            return None
        west, south, east, north = corners
        return Box(*plane(west, south), *plane(east, north))

    @property
    def wanted(self) -> Wanted:
        """What is looked for."""
        return Wanted(tuple(self.kind), tuple(self.amenity))


class OneQuery(BaseModel):
    """How to say the place."""

    model_config = ConfigDict(extra="forbid")

    lang: Lang = None


class HoursQuery(BaseModel):
    """Hours as a person types them."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(
        max_length=500, description="In Chinese, as 8:30-12:00,14:00-18:00 节假日休息, or OSM opening_hours"
    )
    lang: Lang = None


def _corners(text: str) -> tuple[float, float, float, float] | None:
    try:
        west, south, east, north = map(float, text.split(","))
    except ValueError:
        return None
    inside = -180 <= west < east <= 180 and -90 <= south < north <= 90  # noqa: PLR2004 - degrees
    return (west, max(south, -MAX_LATITUDE), east, min(north, MAX_LATITUDE)) if inside else None


# ── how a place is said ──


class Point(BaseModel):
    """A position: longitude, latitude in degrees of WGS 84."""

    type: Literal["Point"]
    coordinates: tuple[float, float]


class SiteOrganisation(BaseModel):
    """The union that answers for the place."""

    id: UUID
    name: str


class SiteAmenity(BaseModel):
    """An amenity and what is known of it today."""

    code: str
    state: Literal["works", "broken", "empty", "unknown"]
    since: dt.datetime | None = Field(description="When the state was first said")
    expires_on: dt.date | None = Field(default=None, description="Last day of use, as of medicine; only where known")


class SiteAccess(BaseModel):
    """A way in and its hours."""

    mode: Literal["open_door", "staffed", "self_service", "key"]
    opening_hours: str | None = Field(description="OSM opening_hours; null when not known")


class SiteProperties(BaseModel):
    """What is known of a place."""

    id: UUID
    code: str = Field(description="Six characters, as on the poster")
    name: str
    kind: str
    brands: list[str]
    address: str
    division: str
    organisation: SiteOrganisation
    host: str | None
    phone: str | None
    amenities: list[SiteAmenity]
    access: list[SiteAccess]
    opening_hours: str | None = Field(description="OSM opening_hours: when one gets in by any way; null: not known")
    hours_text: str | None = Field(description="The hours in words, or as the source wrote them")
    state: SiteState = Field(
        description="At the instant of `open`, else now; conflicting: open by its hours, but not by reports"
    )
    next_change: dt.datetime | None = Field(description="When the state changes next")
    calendar: Literal["announced", "not_announced"] = Field(
        description="Whether the holidays of that time, and of the time of next_change, are known"
    )
    distance_m: float | None = Field(description="Metres on the ellipsoid; null where no position was given")
    position_accuracy_m: float | None = Field(description="Radius within which the entrance lies; null: not said")
    position_source: str = Field(description="Where the position is from")
    source: str | None = Field(description="Who says that the place is there, and when")
    confirmed_at: dt.datetime | None
    conflicting_since: dt.datetime | None = Field(
        description="Since when reports speak against the hours; null: none do"
    )
    notice: str | None
    status: Literal["active", "closed"]
    closed_on: dt.date | None
    closed_reason: str | None
    version: int
    demo: bool = Field(description="A synthetic place, for demonstration")


class SiteFeature(BaseModel):
    """A place, as a GeoJSON feature."""

    type: Literal["Feature"]
    id: UUID
    geometry: Point
    properties: SiteProperties


class Warned(BaseModel):
    """Something that looks odd, though it was answered."""

    field: str
    message: str


class NearestSites(BaseModel):
    """Places, nearest first."""

    type: Literal["FeatureCollection"]
    features: list[SiteFeature]
    warnings: list[Warned] = []


class SitePage(BaseModel):
    """Places of one page."""

    type: Literal["FeatureCollection"]
    features: list[SiteFeature]
    next: str | None = Field(description="Address of the next page; null on the last")


class DivisionWords(BaseModel):
    """A division that has places, and the middle of them."""

    name: str
    pinyin: str
    initials: str
    lon: float
    lat: float
    sites: int


class Divisions(BaseModel):
    """The divisions that have places, those with the most first."""

    divisions: list[DivisionWords]


class HoursSpan(BaseModel):
    """Minutes from the midnight at which the day begins; a night goes on past 1440."""

    start: int = Field(alias="from", ge=0, le=2880)
    end: int = Field(alias="to", ge=0, le=2880)
    state: Literal["open", "closed", "unknown"] = Field(description="Minutes in no span are closed")
    comment: str | None


Weekday = Literal["mo", "tu", "we", "th", "fr", "sa", "su"]


class HoursDay(BaseModel):
    """A row of the week: what begins on such a day."""

    season: str | None = Field(description="The part of the year; null: the whole year")
    day: Weekday | Literal["off", "makeup"] = Field(
        description="A weekday, a day off by the notice of the State Council, or a make-up workday"
    )
    weekdays: list[Weekday] = Field(description="The weekdays on which the row holds")
    spans: list[HoursSpan]


class HoursRemark(BaseModel):
    """Something for the person who types."""

    code: str
    message: str


class HoursReading(BaseModel):
    """Hours as they were understood."""

    opening_hours: str = Field(description="OSM opening_hours, as they would be stored")
    words: list[str] = Field(description="The hours in words, a line for each season")
    week: list[HoursDay]
    questions: list[HoursRemark] = Field(description="What the text leaves open, for the person to answer")
    warnings: list[HoursRemark] = Field(description="What is probably not meant")


class Tile(BaseModel):
    """The places of a tile as columns; docs/cells.md describes every part."""

    format: int
    generated_at: dt.datetime
    tile: tuple[int, int, int]
    calendar: dict[str, Any]
    kinds: list[str]
    organisations: list[str]
    amenities: list[str]
    hours: list[Any]
    access: list[Any]
    columns: dict[str, Any]
    sparse: dict[str, Any]


class Cell(Tile):
    """A cell: every place of the tile, and the nearest outside."""

    complete_within_m: int = Field(description="Metres from the tile's rectangle up to which the list is complete")


class Pack(Tile):
    """A pack: every place of the tile."""


def feature(site: Site, *, almanac: Almanac, at: dt.datetime, language: Language) -> dict[str, Any]:
    """The place as a GeoJSON feature, its state as of `at`."""
    answer, next_change = almanac.answer(site.hours_id, site.dated, at)
    return {
        "type": "Feature",
        "id": site.id,
        "geometry": {"type": "Point", "coordinates": (site.lon, site.lat)},
        "properties": {
            "id": site.id,
            "code": site.code,
            "name": site.name,
            "kind": site.kind,
            "brands": site.brands,
            "address": site.address,
            "division": site.division,
            "organisation": {"id": site.organisation_id, "name": site.organisation},
            "host": site.host,
            "phone": site.phone,
            "amenities": [_amenity_said(amenity) for amenity in site.amenities],
            "access": [{"mode": mode, "opening_hours": almanac.osm(hours_id)} for mode, hours_id in site.access],
            "opening_hours": almanac.osm(site.hours_id),
            "hours_text": almanac.words(site.hours_id, language) or site.hours_written,
            "state": str(site.state(answer.state)),
            "next_change": None if site.status == "closed" else _rfc3339(next_change),
            "calendar": "announced" if almanac.calendar.knows(at, next_change) else "not_announced",
            "distance_m": None if site.distance_m is None else round(site.distance_m, 1),
            "position_accuracy_m": site.accuracy_m,
            "position_source": site.position_source,
            "source": site.source,
            "confirmed_at": _rfc3339(site.confirmed_at),
            "conflicting_since": _rfc3339(site.conflicting_since),
            "notice": site.notice,
            "status": site.status,
            "closed_on": site.closed_on,
            "closed_reason": site.closed_reason,
            "version": site.version,
            "demo": site.demo,
        },
    }


def _amenity_said(amenity: Amenity) -> dict[str, Any]:
    said = {"code": amenity.code, "state": str(amenity.state), "since": _rfc3339(amenity.since)}
    return said if amenity.expires_on is None else {**said, "expires_on": amenity.expires_on.isoformat()}


def features(sites: Iterable[Site], *, almanac: Almanac, at: dt.datetime, language: Language) -> dict[str, Any]:
    """The places as a GeoJSON feature collection, in their order."""
    listed = [feature(site, almanac=almanac, at=at, language=language) for site in sites]
    return {"type": "FeatureCollection", "features": listed}


def _rfc3339(at: dt.datetime | None) -> str | None:
    return None if at is None else at.astimezone(CHINA).isoformat(timespec="seconds")


def divisions(listed: Iterable[Division]) -> dict[str, Any]:
    """The divisions as they are served; their middle to a hundredth of a degree, about a kilometre."""
    return {
        "divisions": [
            {**dataclasses.asdict(division), "lon": round(division.lon, 2), "lat": round(division.lat, 2)}
            for division in listed
        ]
    }


def hours_reading(read: Preview, language: Language) -> dict[str, Any]:
    """Hours as they are served to an editor."""
    return {
        "opening_hours": read.opening_hours,
        "words": [line.in_(language) for line in read.words],
        "week": [
            {
                "season": row.season and row.season.in_(language),
                "day": row.day,
                "weekdays": row.weekdays,
                "spans": [
                    {"from": span.start, "to": span.end, "state": span.state, "comment": span.comment or None}
                    for span in row.spans
                ],
            }
            for row in read.week
        ],
        "questions": _remarks(read.questions, language),
        "warnings": _remarks(read.warnings, language),
    }


def _remarks(remarks: Iterable[Remark], language: Language) -> list[dict[str, str]]:
    return [{"code": remark.code, "message": remark.words.in_(language)} for remark in remarks]


def hours_fault(fault: Fault) -> InputError:
    """The fault of a text of hours, with the place at which it stands, counted from 1."""
    place = fault.at + 1
    words = Words(f"第 {place} 个字：{fault.message('zh')}", f"character {place}: {fault.message('en')}")
    return InputError(FieldFault("text", words))
