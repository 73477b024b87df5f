"""Addresses of places: the nearest, one, a page of them, cells and packs; and of their hours as one types them."""

from typing import cast
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, current_app, request

from xiejiao.database import reading, reading_once
from xiejiao.errors import FieldFault, InputError, NotFoundError
from xiejiao.hours import Fault, preview
from xiejiao.http import encodings, json, language, query_string
from xiejiao.http.access import public
from xiejiao.http.budget import exempt
from xiejiao.http.openapi import operation
from xiejiao.language import Words
from xiejiao.sites import code, queries, schemas, tiles
from xiejiao.sites.keeper import Keeper
from xiejiao.sites.mercator import Tile

bp = Blueprint("sites", __name__, url_prefix="/api/v1")

GEOJSON = "application/geo+json"
NEAREST_MAX_AGE_S = 5
CELL_MAX_AGE_S = 30
PACK_MAX_AGE_S = 3600
READING_MAX_AGE_S = 3600


def _keeper() -> Keeper:
    return cast("Keeper", current_app.extensions["keeper"])


@bp.get("/sites/nearest")
@public
@operation(
    query=schemas.NearestQuery,
    answer=schemas.NearestSites,
    media_type=GEOJSON,
    example="/api/v1/sites/nearest?lon=116.12&lat=24.30&amenity=microwave&open=now",
    problems=(400, 429, 503),
)
def nearest() -> Response:
    """Places around a position, nearest first.

    `open` keeps the places that are open then by their posted hours; a place whose hours are not known is never among
    them. Those against whose hours reports speak stay, marked `conflicting`, after all others.
    """
    keeper = _keeper()
    known, now = keeper.known(), keeper.now()
    asked = query_string.parsed(schemas.NearestQuery, context={"words": known.words, "now": now})
    with reading_once() as connection:
        sites = queries.nearest(
            connection,
            asked.here,
            asked.wanted,
            words=known.words,
            open_hours=known.almanac.open_hours(asked.open) if asked.open else None,
            within_m=asked.within_m,
            limit=asked.limit,
        )
        known = keeper.knowing(connection, known, sites)
    wanted = language.wanted()
    answer = schemas.features(sites, almanac=known.almanac, at=asked.open or now, language=wanted)
    if asked.warnings:
        answer["warnings"] = [
            {"field": warning.field, "message": warning.message.in_(wanted)} for warning in asked.warnings
        ]
    return json.answer(answer, media_type=GEOJSON, max_age_s=NEAREST_MAX_AGE_S)


@bp.get("/sites")
@public
@operation(
    query=schemas.ListQuery,
    answer=schemas.SitePage,
    media_type=GEOJSON,
    example="/api/v1/sites?bbox=116,24,117,25&limit=10",
    problems=(400, 429, 503),
)
def listed() -> Response:
    """Places that fit the conditions, a page at a time, in a steady order."""
    keeper = _keeper()
    known, now = keeper.known(), keeper.now()
    asked = query_string.parsed(schemas.ListQuery, context={"words": known.words, "now": now})
    with reading_once() as connection:
        page = queries.page(
            connection,
            asked.wanted,
            words=known.words,
            box=asked.box,
            search_text=asked.q,
            organisation=asked.organisation,
            after=asked.cursor,
            limit=asked.limit,
        )
        known = keeper.knowing(connection, known, page.sites)
    answer = schemas.features(page.sites, almanac=known.almanac, at=now, language=language.wanted())
    answer["next"] = _next_page(page.after)
    return json.answer(answer, media_type=GEOJSON, max_age_s=NEAREST_MAX_AGE_S)


def _next_page(after: str | None) -> str | None:
    if after is None:
        return None
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "cursor"]
    return f"{current_app.config['PUBLIC_URL']}{request.path}?{urlencode([*kept, ('cursor', after)])}"


@bp.get("/sites/<id>")
@public
@operation(
    query=schemas.OneQuery,
    answer=schemas.SiteFeature,
    media_type=GEOJSON,
    example=f"/api/v1/sites/{code.code_of(0)}",  # the first place of the seed
    problems=(400, 404, 429, 503),
    id="Id (UUID) of the place, or its code as on the poster",
)
def one(id: str) -> Response:  # noqa: A002 - the promised name of the part of the path
    """One place, closed ones too."""
    query_string.parsed(schemas.OneQuery)
    keeper = _keeper()
    known = keeper.known()
    typed = code.normalised(id)
    with reading_once() as connection:
        site = queries.by_code(connection, typed) if typed else queries.one(connection, _uuid(id))
        known = keeper.knowing(connection, known, [site])
    answer = schemas.feature(site, almanac=known.almanac, at=keeper.now(), language=language.wanted())
    return json.answer(answer, media_type=GEOJSON, max_age_s=NEAREST_MAX_AGE_S)


@bp.get("/sites/<id>/alone")
@public
@operation(
    answer=schemas.Pack,
    example=f"/api/v1/sites/{code.code_of(0)}/alone",
    problems=(404, 429, 503),
    id="Code of the place, as on the poster",
)
def alone(id: str) -> Response:  # noqa: A002 - as above
    """One place as a pack of its own: whose position is not known well enough stands in no cell and no pack."""
    typed = code.normalised(id)
    if typed is None:
        raise NotFoundError
    keeper = _keeper()
    known = keeper.known()
    with reading() as connection:
        known = keeper.knowing(connection, known, [queries.by_code(connection, typed)])
        drawn = tiles.alone(connection, typed, almanac=known.almanac, at=keeper.now())
    return json.answer(drawn, max_age_s=CELL_MAX_AGE_S)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFoundError from error


@bp.get("/divisions")
@public
@operation(answer=schemas.Divisions, example="/api/v1/divisions", problems=(429, 503))
def divisions() -> Response:
    """Divisions that have places, for those who pick where they are instead of being located."""
    with reading_once() as connection:
        found = queries.divisions(connection)
    return json.compressed(schemas.divisions(found), max_age_s=PACK_MAX_AGE_S)


@bp.get("/hours")
@public
@operation(
    query=schemas.HoursQuery,
    answer=schemas.HoursReading,
    example="/api/v1/hours?text=8:30-12:00,14:00-18:00%20节假日除外",
    problems=(400, 429),
)
def hours_reading() -> Response:
    """Opening hours as they are understood, for an editor to show while a person types.

    A text that is not understood is a problem of the field `text`, with the place of the fault.
    """
    asked = query_string.parsed(schemas.HoursQuery)
    found = preview(asked.text)
    if isinstance(found, Fault):
        raise schemas.hours_fault(found)
    return json.answer(schemas.hours_reading(found, language.wanted()), max_age_s=READING_MAX_AGE_S)


@bp.get(f"/cells/{tiles.CELL_ZOOM}/<int:x>/<int:y>")
@public
@exempt
@operation(
    answer=schemas.Cell,
    example="/api/v1/cells/14/13476/7051",
    problems=(400, 503),
    x="Column of the tile from the west, 0 to 16383",
    y="Row of the tile from the north, 0 to 16383",
)
def cell(x: int, y: int) -> Response:
    """The places of a tile of about two kilometres and the nearest outside, for a phone to rank by itself."""
    return _tile(Tile(tiles.CELL_ZOOM, x, y), max_age_s=CELL_MAX_AGE_S)


@bp.get(f"/packs/{tiles.PACK_ZOOM}/<int:x>/<int:y>")
@public
@exempt
@operation(
    answer=schemas.Pack,
    example="/api/v1/packs/9/421/220",
    problems=(400, 503),
    x="Column of the tile from the west, 0 to 511",
    y="Row of the tile from the north, 0 to 511",
)
def pack(x: int, y: int) -> Response:
    """The places of a tile of about sixty kilometres, for a phone to keep and to rank offline."""
    return _tile(Tile(tiles.PACK_ZOOM, x, y), max_age_s=PACK_MAX_AGE_S)


def _tile(tile: Tile, *, max_age_s: int) -> Response:
    last = 2**tile.z - 1
    faults = [
        FieldFault(name, Words(f"应在 0 到 {last} 之间", f"must lie between 0 and {last}"))
        for name, value in (("x", tile.x), ("y", tile.y))
        if value > last
    ]
    if faults:
        raise InputError(*faults)
    return encodings.answer(_keeper().tile(tile), max_age_s=max_age_s)
