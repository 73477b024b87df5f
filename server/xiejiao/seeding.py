"""Loads `seed/`: words, unions, calendars and the places that the press names; and the demonstration region."""

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, select

from xiejiao.accounts import commands as accounts
from xiejiao.accounts import models as people_tables
from xiejiao.accounts.commands import Draw
from xiejiao.calendar import commands as calendar
from xiejiao.calendar import queries as calendars
from xiejiao.calendar import schemas as calendar_schemas
from xiejiao.calendar.rules import Year
from xiejiao.coordinates import Datum, Position, to_wgs84
from xiejiao.errors import FieldFault, InputError, NotFoundError
from xiejiao.hours import Calendar
from xiejiao.language import Words
from xiejiao.organisations import commands as organisations
from xiejiao.organisations import queries as organisations_known
from xiejiao.organisations.rules import Level, Organisation
from xiejiao.roles import Role
from xiejiao.sealed import Keys
from xiejiao.sites import commands, demonstration, models
from xiejiao.sites.almanac import calendar_of
from xiejiao.sites.commands import Deed
from xiejiao.sites.demonstration import SyntheticPlace
from xiejiao.sites.rules import Access, Amenity, AmenityState, Located, Mode, SiteDraft
from xiejiao.vocabulary import commands as vocabulary
from xiejiao.vocabulary.queries import vocabulary as words_of
from xiejiao.vocabulary.rules import AmenityTerm, Kind, Trade, Vocabulary

LONGEST_FILE = 1024 * 1024
"""Bytes of a file that announces a year, at the most."""
SEED = Path(__file__).parents[2] / "seed"
DEMONSTRATION_CITIES = ("梅州市", "威海市", "泉州市")
DEMONSTRATION_PLACES = 360
DEMONSTRATION_SEED = 20_211_027
"""The day on which the first ten stations of 泉州台商投资区 opened."""
SEEDER = "seed"
"""Who adds the places of the seed, as the history says it."""
DEMONSTRATION = "demonstration"
"""Who adds synthetic places, as the history says it."""
DEMONSTRATION_NOTICE = "演示数据，不是真实地点。"


@dataclass(frozen=True, slots=True)
class Loaded:
    """How much of the seed is new."""

    years: int
    places: int


def _read(path: Path) -> Any:  # noqa: ANN401 - JSON
    return json.loads(path.read_text(encoding="utf-8"))


def load(connection: Connection, *, when: dt.datetime, folder: Path = SEED) -> Loaded:
    """Bring the words of the field up to date, and add the unions, years and places that are not there yet.

    What people changed since is left alone, and what they renamed or closed does not come back.
    """
    load_words(connection, folder=folder)
    organisations.add(connection, list(_organisations(_read(folder / "organisations.json")["rows"])))
    years = load_calendars(connection, folder=folder)
    drafts = list(_new(connection, [_place(row) for row in _read(folder / "places.json")["rows"]]))
    added = commands.add(connection, drafts, words=words_of(connection), deed=Deed(SEEDER, when))
    return Loaded(years, len(added))


def load_words(connection: Connection, *, folder: Path = SEED) -> None:
    """Bring kinds, amenities and trades up to date."""
    vocabulary.put(connection, _vocabulary(_read(folder / "vocabulary.json")))


def load_calendars(connection: Connection, *, folder: Path = SEED) -> int:
    """Announce the years that are not announced yet; how many."""
    known = {year.year for year in calendars.announced(connection)}
    new = [year for path in sorted((folder / "calendar").glob("*.json")) if (year := year_in(path)).year not in known]
    for year in new:
        calendar.announce(connection, year)
    return len(new)


def year_in(path: Path) -> Year:
    """The year of the calendar in a file; InputError that names every fault in it."""
    with path.open("rb") as file:
        text = file.read(LONGEST_FILE + 1)
    if len(text) > LONGEST_FILE:
        raise InputError(FieldFault("file", Words("文件太大", "is too large for a year of the calendar")))
    return calendar_schemas.year_to_import(text)


def announced_calendar(folder: Path = SEED) -> Calendar:
    """The calendar that the seed's files make, for what needs no database."""
    return calendar_of(year_in(path) for path in sorted((folder / "calendar").glob("*.json")))


def _vocabulary(document: dict[str, Any]) -> Vocabulary:
    kinds = (Kind(row["code"], row["zh"], row["en"], row["label"], row["facet"]) for row in document["kinds"])
    amenities = (
        AmenityTerm(row["code"], row["zh"], row["en"], row["label"], row["facet"], tuple(row["groups"]))
        for row in document["amenities"]
    )
    trades = (Trade(row["code"], row["zh"], row["en"], tuple(row["tags"])) for row in document["trades"])
    return Vocabulary(tuple(kinds), tuple(amenities), tuple(trades))


def _organisations(rows: Iterable[dict[str, Any]]) -> Iterator[Organisation]:
    for row in rows:
        yield Organisation(
            path=row["path"],
            name=row["name"],
            level=Level(row["level"]),
            division_code=row["division_code"],
            contact=row["contact"],
            accepts_applications=row["accepts_applications"],
            trades=tuple(row.get("trades", ())),
            approval_levels=row.get("approval_levels", 1),
        )


def _place(row: dict[str, Any]) -> SiteDraft:
    datum = Datum(row["datum"])
    position = to_wgs84(Position(row["lon"], row["lat"]), datum)
    return SiteDraft(
        name=row["name"],
        kind=row["kind"],
        organisation=row["organisation"],
        located=Located(
            position.lon, position.lat, f"{row['lon']},{row['lat']}", datum, row["position_source"], row["accuracy_m"]
        ),
        access=tuple(Access(Mode(way["mode"]), way["opening_hours"]) for way in row["access"]),
        amenities=tuple(Amenity(code) for code in row["amenities"]),
        source=f"{row['source']}；{row['published']}",
        brands=tuple(row["brands"]),
        address=row["address"] or "",
        division=row["division"],
        host=row["host"],
        notice=row["notice"],
    )


def _new(connection: Connection, drafts: list[SiteDraft]) -> Iterator[SiteDraft]:
    """Those of `drafts` that the seed never added: a place that was renamed or closed since does not come back."""
    history = models.site_history
    named = history.c.changes["name"][1].astext
    there = set(connection.scalars(select(named).where(history.c.actor == SEEDER, history.c.action == "added")))
    return (draft for draft in drafts if draft.name not in there)


def cities(folder: Path = SEED) -> list[demonstration.City]:
    """The cities around which synthetic places gather."""
    return [demonstration.city(row) for row in _read(folder / "cities.json")["rows"]]


def add_demonstration(connection: Connection, count: int | None, *, when: dt.datetime) -> int:
    """Add `count` synthetic places all over China, or without a count those of the demonstration region; how many."""
    everywhere = cities()
    region = [city for city in everywhere if city.name in DEMONSTRATION_CITIES]
    around, number = (everywhere, count) if count else (region, DEMONSTRATION_PLACES)
    drafts = map(_synthetic, demonstration.places(number, DEMONSTRATION_SEED, around=around))
    words, deed = words_of(connection), Deed(DEMONSTRATION, when)
    # By chunks, so that millions of places leave no list of millions of ids.
    chunks = iter(lambda: list(islice(drafts, commands.CHUNK)), [])
    return sum(len(commands.add(connection, chunk, words=words, deed=deed)) for chunk in chunks)


def remove_demonstration(connection: Connection, *, when: dt.datetime) -> int:
    """Remove every synthetic place, and the people for demonstration; how many places there were."""
    accounts.remove_demonstration(connection)
    return commands.remove_demonstration(connection, deed=Deed("operator", when))


def first_demonstration(connection: Connection, *, when: dt.datetime) -> int:
    """Add the demonstration region unless there ever was one: what an operator removed stays removed."""
    history = models.site_history
    ever = select(history.c.id).where(history.c.actor == DEMONSTRATION).limit(1)
    return 0 if connection.scalar(ever) else add_demonstration(connection, None, when=when)


def holds_demonstration(connection: Connection) -> bool:
    """Whether there is any synthetic place, or anybody for demonstration, who needs no authenticator."""
    demo = (models.site.c.demo, people_tables.account.c.demo)
    return any(connection.scalar(select(each).where(each).limit(1)) for each in demo)


def _synthetic(place: SyntheticPlace) -> SiteDraft:
    return SiteDraft(
        name=place.name,
        kind=place.kind,
        organisation=place.organisation,
        located=Located(place.lon, place.lat, f"{place.lon},{place.lat}", Datum.WGS84, DEMONSTRATION, None),
        access=tuple(Access(Mode(mode), text) for mode, text in place.access) or (Access(Mode.OPEN_DOOR, None),),
        amenities=tuple(Amenity(code, AmenityState(state)) for code, state in place.amenities),
        brands=place.brands,
        address=place.address,
        division=place.division,
        host=place.host,
        notice=place.notice or DEMONSTRATION_NOTICE,
        source=DEMONSTRATION,
        demo=True,
    )


# ── people ──


def add_staff(
    connection: Connection,
    name: str,
    role: Role,
    *,
    organisation: str | None,
    site: str | None,
    when: dt.datetime,
    draw: Draw,
) -> str:
    """Add an account with a role as the operator; its first password.

    `organisation` is a path, `site` a code; NotFoundError when there is none such.
    """
    union = organisations_known.ids(connection, [organisation] if organisation else []).get(organisation or "")
    place = connection.scalar(select(models.site.c.id).where(models.site.c.code == site))
    if (organisation and union is None) or (site and place is None):
        raise NotFoundError
    account, first = accounts.add_staff(connection, name, by=None, now=when, draw=draw)
    accounts.give_as_operator(connection, account, role, organisation=union, site=place, now=when)
    return first


_ONE_AT_A_TIME = 0x64656D6F
MANAGED = 3
"""Places of which the demonstration manager keeps the data."""


def sign_in_links(connection: Connection, keys: Keys, *, when: dt.datetime, draw: Draw) -> list[tuple[Words, str]]:
    """Fresh one-time tokens for a rider, a manager and an officer to try things as; who they are, and the token."""
    # Two who ask at once would both add the people.
    connection.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
    people = _people(connection) or _add_people(connection, keys, when=when, draw=draw)
    connection.execute(delete(people_tables.sign_in_link))
    return [(words, accounts.add_link(connection, people[who], draw=draw)) for who, words in _PEOPLE.items()]


_PEOPLE = {
    "rider": Words("骑手", "rider"),
    "manager": Words("站长", "station manager"),
    "officer": Words("工会干部", "member of union staff"),
}
_NAMES = {"demo.manager": "manager", "demo.officer": "officer", None: "rider"}


def _people(connection: Connection) -> dict[str, UUID]:
    table = people_tables.account
    rows = connection.execute(select(table.c.name, table.c.id).where(table.c.demo))
    return {_NAMES[name]: identity for name, identity in rows}


def _add_people(connection: Connection, keys: Keys, *, when: dt.datetime, draw: Draw) -> dict[str, UUID]:
    rider = accounts.add_demonstration_rider(connection, keys, now=when, draw=draw)
    manager, _ = accounts.add_staff(connection, "demo.manager", by=None, now=when, draw=draw, demo=True)
    officer, _ = accounts.add_staff(connection, "demo.officer", by=None, now=when, draw=draw, demo=True)
    table = models.site
    managed = select(table.c.id, table.c.organisation_id).where(table.c.demo).order_by(table.c.code).limit(MANAGED)
    places = connection.execute(managed).all()
    for place, _ in places:
        accounts.give_as_operator(connection, manager, Role.SITE_MANAGER, site=place, now=when)
    for organisation in {organisation for _, organisation in places}:
        accounts.give_as_operator(connection, officer, Role.ORGANISATION_ADMIN, organisation=organisation, now=when)
    return {"rider": rider, "manager": manager, "officer": officer}
