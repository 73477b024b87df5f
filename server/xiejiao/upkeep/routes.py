"""Addresses for keeping places true: of anybody at a place, of managers, of the staff above them."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, cast
from uuid import UUID

import msgspec
from flask import Blueprint, Response, current_app, request
from sqlalchemy import Connection

from xiejiao import hours
from xiejiao.accounts import proofs
from xiejiao.accounts import queries as accounts
from xiejiao.database import reading, writing
from xiejiao.errors import FieldFault, InputError, NotFoundError
from xiejiao.hours import CHINA
from xiejiao.http import access, bodies, json, language, query_string
from xiejiao.http.access import caller, public, requires
from xiejiao.http.budget import exempt
from xiejiao.http.network import network
from xiejiao.http.openapi import operation
from xiejiao.http.surroundings import surroundings
from xiejiao.idempotency import commands as idempotency
from xiejiao.idempotency.rules import HEADER, Answer
from xiejiao.language import Words
from xiejiao.roles import Permission
from xiejiao.sites import code
from xiejiao.sites import commands as sites
from xiejiao.sites import queries as places
from xiejiao.sites import schemas as site_schemas
from xiejiao.sites.almanac import Almanac
from xiejiao.sites.commands import Deed
from xiejiao.sites.keeper import Keeper
from xiejiao.sites.rules import Access, Amenity, Change, DatedException, Effect, Mode, Site
from xiejiao.upkeep import commands, photo, poster, queries, schemas
from xiejiao.upkeep.commands import Ballot
from xiejiao.upkeep.rules import Round

bp = Blueprint("upkeep", __name__, url_prefix="/api/v1")

_CREATED, _DONE = 201, 204
PHOTO_MAX_AGE_S = 300
"""A photo never changes, but may be taken down, and people are seen on some."""
MOST_TASKS = 500
HISTORY_PAGE = 50
_ANY_ID = "00000000-0000-0000-0000-000000000000"
_SITE = "Id of the place"
_SITE_OR_CODE = "Id of the place, or its code"


def _keeper() -> Keeper:
    return cast("Keeper", current_app.extensions["keeper"])


def _now() -> dt.datetime:
    return surroundings().now()


def _today() -> dt.date:
    return _now().astimezone(CHINA).date()


def _deed() -> Deed:
    return Deed(f"account:{caller().account}", _now())


def _network() -> str:
    return surroundings().keys.digest("network", network()).hex()


def _mine(connection: Connection, site: UUID, permission: Permission) -> Site:
    """The place, its row locked; it does not exist for who may not do this there."""
    return places.for_upkeep(connection, site, caller().scope(permission))


def _once(by: str, act: Callable[[Connection], tuple[int, object]]) -> Response:
    """What `act` answers; the same request sent again gets the same answer, and nothing is done twice."""
    with writing() as connection:
        answered = idempotency.once(
            connection,
            by=by,
            key=request.headers.get(HEADER, ""),
            body=bodies.as_sent(),
            now=_now(),
            act=lambda: _answer(*act(connection)),
        )
    return json.answer(answered.body, status=answered.status)


def _answer(status: int, body: object) -> Answer:
    return Answer(status, msgspec.to_builtins(body))


def _by_caller(act: Callable[[Connection], tuple[int, object]]) -> Response:
    return _once(str(caller().account), act)


# ── anybody at a place ──


@bp.post("/devices")
@public
@operation(answer=schemas.DeviceToken, status=_CREATED, example="/api/v1/devices", problems=(429, 503))
def add_device() -> Response:
    """A token with which a phone may vote without an account; votes count once it is ten minutes old."""
    with writing() as connection:
        token = commands.add_device(connection, network=_network(), now=_now(), draw=surroundings().draw)
    return json.answer({"device": token}, status=_CREATED)


@bp.post("/sites/<id>/votes")
@public
@operation(
    body=schemas.VoteCast,
    answer=schemas.VoteTaken,
    status=_CREATED,
    example=f"/api/v1/sites/{_ANY_ID}/votes",
    problems=(404, 409, 422, 429, 503),
    id=_SITE_OR_CODE,
)
def vote(id: str) -> Response:  # noqa: A002 - the part of the path
    """Say what is so at a place; needs no account, and where one stands is not told.

    Wants an Idempotency-Key, since phones repeat what got no answer.
    """
    asked = bodies.parsed(schemas.VoteCast)
    # Reckoned, not drawn: who repeats the request gets the same token, and nobody needs to keep it.
    request_key = f"{asked.device} {request.headers.get(HEADER, '')}"
    link = proofs.token(surroundings().keys.digest("report", request_key))
    keeper, who = _keeper(), access.present()
    known = keeper.known()

    def cast_vote(connection: Connection) -> tuple[int, object]:
        identity = _identity(connection, id)
        site = places.one(connection, identity)
        almanac = keeper.knowing(connection, known, [site]).almanac
        posted, _ = almanac.answer(site.hours_id, site.dated, keeper.now())
        ballot = Ballot(
            identity,
            asked.says,
            asked.amenity,
            asked.device,
            who.account if who else None,
            _network(),
            asked.key,
            asked.near,
            posted.state is hours.State.OPEN,
        )
        commands.vote(connection, ballot, link=proofs.digest(link), calendar=almanac.calendar, now=_now())
        return _CREATED, {}

    answered = _once(f"device {proofs.digest(asked.device).hex()}", cast_vote)
    return json.answer({"report": link}, status=answered.status_code)


@bp.get("/reports/<link>")
@exempt
@public
@operation(
    answer=schemas.ReportShown, example="/api/v1/reports/0", problems=(404, 503), link="Token of the private link"
)
def report(link: str) -> Response:
    """What became of one's own report, behind its private link."""
    with reading() as connection:
        found = queries.report(connection, proofs.digest(link), now=_now())
    return _private(json.answer(schemas.report(found, _today())))


@bp.post("/reports/<link>/reopening")
@public
@operation(
    answer=None,
    status=_DONE,
    example="/api/v1/reports/0/reopening",
    problems=(404, 409, 503),
    link="Token of the private link",
)
def reopen(link: str) -> Response:
    """Say that it is still not right: the task stands again, before the union above too."""
    calendar = _keeper().known().almanac.calendar
    with writing() as connection:
        commands.reopen(connection, link, calendar=calendar, now=_now())
    return Response(status=_DONE)


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/sites/<id>/photos")
@public
@operation(
    answer=schemas.Photos, example=f"/api/v1/sites/{code.code_of(0)}/photos", problems=(404, 429, 503), id=_SITE_OR_CODE
)
def photos(id: str) -> Response:  # noqa: A002 - the part of the path
    """The photos of a place, the latest first."""
    with reading() as connection:
        found = queries.photos(connection, _identity(connection, id))
    return json.answer({"photos": [schemas.photo(each) for each in found]}, max_age_s=60)


@bp.get("/photos/<uuid:id>")
@public
@operation(
    query=schemas.PhotoQuery,
    answer=None,
    media_type="image/jpeg",
    example=f"/api/v1/photos/{_ANY_ID}",
    problems=(400, 404, 429, 503),
    id="Id of the photo",
)
def picture(id: UUID) -> Response:  # noqa: A002 - the part of the path
    """The picture of a photo, as JPEG."""
    asked = query_string.parsed(schemas.PhotoQuery)
    with reading() as connection:
        found = queries.photo(connection, id, small=asked.size == "small")
    response = Response(found, content_type="image/jpeg")
    response.set_etag(f"{id}-{asked.size}")
    response.headers["Cache-Control"] = f"public, max-age={PHOTO_MAX_AGE_S}"
    response.make_conditional(request)
    return response


# ── managers ──


@bp.get("/keeping")
@requires(Permission.SITES_CONFIRM)
@operation(query=schemas.KeptQuery, answer=schemas.KeptSites, example="/api/v1/keeping", problems=(400, 503))
def kept() -> Response:
    """The places that one keeps true, or whose managers one leads, the most pressing first."""
    asked = query_string.parsed(schemas.KeptQuery)
    scope = caller().scope(Permission.SITES_CONFIRM)
    with reading() as connection:
        found = queries.kept(
            connection,
            scope,
            now=_now(),
            today=_today(),
            lack=asked.lack,
            q=asked.q,
            offset=asked.offset,
            limit=asked.limit + 1,
        )
        # Those who go on through a list have been told.
        counts = None if asked.offset else queries.lacking(connection, scope, now=_now(), today=_today(), q=asked.q)
    rows = [schemas.kept(each) for each in found[: asked.limit]]
    return json.answer({"sites": rows, "more": len(found) > asked.limit, "counts": counts})


@bp.get("/keeping/<id>")
@requires(Permission.SITES_CONFIRM)
@operation(answer=schemas.Keeping, example=f"/api/v1/keeping/{code.code_of(0)}", problems=(404, 503), id=_SITE_OR_CODE)
def keeping(id: str) -> Response:  # noqa: A002 - the part of the path
    """What stands at one of one's places: hours, closures, amenities, tasks, photos."""
    scope = caller().scope(Permission.SITES_CONFIRM)
    with reading() as connection:
        site = places.one_within(connection, _identity(connection, id), scope)
        answer = _keeping(connection, site)
    return json.answer(answer)


def _identity(connection: Connection, written: str) -> UUID:
    typed = code.normalised(written)
    if typed:
        return UUID(places.by_code(connection, typed).id)
    try:
        return UUID(written)
    except ValueError as error:
        raise NotFoundError from error


def _written(almanac: Almanac, hours_id: int | None) -> str | None:
    """Hours as their keeper may go on writing them: in words where these read back to the same hours, else as OSM."""
    osm, words = almanac.osm(hours_id), almanac.words(hours_id, language.wanted())
    if words is None:
        return osm
    reading = hours.read(words)
    return words if str(reading.rules) == osm and not reading.flags else osm


def _keeping(connection: Connection, site: Site) -> dict[str, Any]:
    keeper = _keeper()
    now, identity = keeper.now(), UUID(site.id)
    almanac = keeper.knowing(connection, keeper.known(), [site]).almanac
    ways = [
        {"mode": mode, "opening_hours": almanac.osm(hours_id), "written": _written(almanac, hours_id)}
        for mode, hours_id in site.access
    ]
    return schemas.keeping(
        site_schemas.feature(site, almanac=almanac, at=now, language=language.wanted()),
        version=site.version,
        ways=ways,
        closures=queries.closures(connection, identity, now=now),
        tasks=queries.tasks(
            connection, caller().scope(Permission.TASKS_CLOSE), today=_today(), limit=MOST_TASKS, site=identity
        ),
        photos=queries.photos(connection, identity),
        last_round=queries.last_round(connection, identity),
        poster_made=queries.poster_made(connection, identity),
        today=_today(),
    )


@bp.post("/keeping/<uuid:id>/rounds")
@requires(Permission.SITES_CONFIRM)
@operation(
    body=schemas.RoundGone,
    answer=schemas.Keeping,
    status=_CREATED,
    example=f"/api/v1/keeping/{_ANY_ID}/rounds",
    problems=(404, 409, 422, 503),
    id=_SITE,
)
def go_round(id: UUID) -> Response:  # noqa: A002 - the part of the path
    """Answer the three questions of a round; it may have been answered offline, up to three days ago."""
    asked = bodies.parsed(schemas.RoundGone)
    answered = Round(asked.hours_as_posted, asked.everything_works, asked.stock_all_right, asked.at)

    def go(connection: Connection) -> tuple[int, object]:
        _mine(connection, id, Permission.SITES_CONFIRM)
        commands.round_(connection, id, answered, deed=_deed())
        return _CREATED, _keeping(connection, places.one(connection, id))

    return _by_caller(go)


def _change(id: UUID, write: Callable[[Connection, Site], object]) -> Response:  # noqa: A002 - the part of the path
    """Write to one of one's places, and answer with what stands there then."""

    def act(connection: Connection) -> tuple[int, object]:
        write(connection, _mine(connection, id, Permission.SITES_EDIT))
        return 200, _keeping(connection, places.one(connection, id))

    return _by_caller(act)


@bp.put("/keeping/<uuid:id>/hours")
@requires(Permission.SITES_EDIT)
@operation(
    body=schemas.HoursWanted,
    answer=schemas.Keeping,
    example=f"/api/v1/keeping/{_ANY_ID}/hours",
    problems=(404, 409, 422, 503),
    id=_SITE,
)
def set_hours(id: UUID) -> Response:  # noqa: A002 - the part of the path
    """Say the ways in and their hours."""
    asked = bodies.parsed(schemas.HoursWanted)
    ways = [Access(Mode(way.mode), way.opening_hours) for way in asked.access]
    return _change(
        id, lambda connection, _: sites.set_access(connection, id, ways, version=asked.version, deed=_deed())
    )


@bp.put("/keeping/<uuid:id>/amenities")
@requires(Permission.SITES_EDIT)
@operation(
    body=schemas.AmenitiesWanted,
    answer=schemas.Keeping,
    example=f"/api/v1/keeping/{_ANY_ID}/amenities",
    problems=(404, 409, 422, 503),
    id=_SITE,
)
def set_amenities(id: UUID) -> Response:  # noqa: A002 - the part of the path
    """Say which amenities work, are broken or empty, and when medicine expires."""
    asked = bodies.parsed(schemas.AmenitiesWanted)
    said = [Amenity(each.code, each.state, expires_on=each.expires_on) for each in asked.amenities]
    words = _keeper().known().words
    return _change(
        id,
        lambda connection, _: sites.set_amenities(
            connection, id, said, version=asked.version, words=words, deed=_deed()
        ),
    )


@bp.put("/keeping/<uuid:id>/notice")
@requires(Permission.SITES_EDIT)
@operation(
    body=schemas.NoticeWanted,
    answer=schemas.Keeping,
    example=f"/api/v1/keeping/{_ANY_ID}/notice",
    problems=(404, 409, 422, 503),
    id=_SITE,
)
def set_notice(id: UUID) -> Response:  # noqa: A002 - the part of the path
    """Put up a notice, or take it down."""
    asked = bodies.parsed(schemas.NoticeWanted)
    return _change(
        id, lambda connection, _: sites.set_notice(connection, id, asked.notice, version=asked.version, deed=_deed())
    )


@bp.post("/keeping/<uuid:id>/closures")
@requires(Permission.SITES_EDIT)
@operation(
    body=schemas.ClosureWanted,
    answer=schemas.Keeping,
    example=f"/api/v1/keeping/{_ANY_ID}/closures",
    problems=(404, 409, 422, 503),
    id=_SITE,
)
def add_closure(id: UUID) -> Response:  # noqa: A002 - the part of the path
    """Close until a date, or until further notice, which is asked about again every seven days."""
    asked = bodies.parsed(schemas.ClosureWanted)
    exception = DatedException(Effect.SHUT, asked.since, asked.until, asked.reason)
    return _change(
        id, lambda connection, _: sites.except_dated(connection, id, exception, version=asked.version, deed=_deed())
    )


@bp.post("/keeping/<uuid:id>/closures/<uuid:closure>/end")
@requires(Permission.SITES_EDIT)
@operation(
    body=schemas.AtVersion,
    answer=schemas.Keeping,
    example=f"/api/v1/keeping/{_ANY_ID}/closures/{_ANY_ID}/end",
    problems=(404, 409, 422, 503),
    id=_SITE,
    closure="Id of the dated exception",
)
def end_closure(id: UUID, closure: UUID) -> Response:  # noqa: A002 - the part of the path
    """Take a closure back."""
    asked = bodies.parsed(schemas.AtVersion)
    return _change(
        id,
        lambda connection, _: sites.withdraw_dated(connection, id, closure, version=asked.version, deed=_deed()),
    )


@bp.post("/keeping/<uuid:id>/closures/<uuid:closure>/still")
@requires(Permission.SITES_EDIT)
@operation(
    answer=schemas.Keeping,
    example=f"/api/v1/keeping/{_ANY_ID}/closures/{_ANY_ID}/still",
    problems=(404, 409, 422, 503),
    id=_SITE,
    closure="Id of the closure until further notice",
)
def still_closed(id: UUID, closure: UUID) -> Response:  # noqa: A002 - the part of the path
    """Say that a closure until further notice holds on; it is asked about again in seven days."""
    return _change(id, lambda connection, _: sites.still_shut(connection, id, closure, deed=_deed()))


@bp.post("/keeping/<uuid:id>/photos")
@requires(Permission.SITES_EDIT)
@operation(
    answer=schemas.PhotoAdded,
    status=_CREATED,
    example=f"/api/v1/keeping/{_ANY_ID}/photos",
    problems=(400, 404, 409, 413, 422, 503),
    id=_SITE,
)
def add_photo(id: UUID) -> Response:  # noqa: A002 - the part of the path
    """Hang a photo; the body is the picture. It is drawn anew, and nothing else of the file is kept."""
    request.max_content_length = photo.MOST_BYTES
    drawn = photo.reencoded(request.get_data())

    def hang(connection: Connection) -> tuple[int, object]:
        _mine(connection, id, Permission.SITES_EDIT)
        added = commands.add_photo(connection, id, drawn, deed=_deed())
        return _CREATED, {"id": str(added)}

    return _by_caller(hang)


@bp.delete("/keeping/<uuid:id>/photos/<uuid:photo_id>")
@requires(Permission.SITES_EDIT)
@operation(
    answer=None,
    status=_DONE,
    example=f"/api/v1/keeping/{_ANY_ID}/photos/{_ANY_ID}",
    problems=(404, 503),
    id=_SITE,
    photo_id="Id of the photo",
)
def remove_photo(id: UUID, photo_id: UUID) -> Response:  # noqa: A002 - the part of the path
    """Take a photo down."""
    with writing() as connection:
        _mine(connection, id, Permission.SITES_EDIT)
        commands.remove_photo(connection, id, photo_id)
    return Response(status=_DONE)


@bp.get("/keeping/<uuid:id>/history")
@requires(Permission.SITES_CONFIRM)
@operation(
    query=schemas.HistoryQuery,
    answer=schemas.History,
    example=f"/api/v1/keeping/{_ANY_ID}/history",
    problems=(400, 404, 503),
    id=_SITE,
)
def history(id: UUID) -> Response:  # noqa: A002 - the part of the path
    """Who changed what when, the latest first."""
    asked = query_string.parsed(schemas.HistoryQuery)
    words = _keeper().known().words
    with reading() as connection:
        places.one_within(connection, id, caller().scope(Permission.SITES_CONFIRM))
        found = places.history(connection, id, before=asked.before, limit=HISTORY_PAGE)
        people = {f"account:{who}": name for who, name in accounts.names(connection, _accounts(found)).items()}
    wanted = language.wanted()
    return json.answer({"changes": [schemas.change(each, words, wanted, by=people.get(each.actor)) for each in found]})


def _accounts(changes: tuple[Change, ...]) -> set[UUID]:
    """The accounts that made the changes: history names no person, and whoever reads it may ask who it was."""
    return {UUID(each.actor.removeprefix("account:")) for each in changes if each.actor.startswith("account:")}


@bp.post("/keeping/<uuid:id>/history/<int:change>/reverting")
@requires(Permission.SITES_EDIT)
@operation(
    body=schemas.AtVersion,
    answer=schemas.Keeping,
    example=f"/api/v1/keeping/{_ANY_ID}/history/1/reverting",
    problems=(404, 409, 422, 503),
    id=_SITE,
    change="Id of the change",
)
def revert(id: UUID, change: int) -> Response:  # noqa: A002 - the part of the path
    """Take one change back; what was changed again since is left, and said."""
    asked = bodies.parsed(schemas.AtVersion)
    words = _keeper().known().words
    return _change(
        id,
        lambda connection, _: sites.revert(connection, id, change, version=asked.version, words=words, deed=_deed()),
    )


# ── posters ──


@bp.post("/posters")
@requires(Permission.SITES_EDIT)
@operation(
    body=schemas.PostersWanted,
    answer=None,
    media_type="application/pdf",
    example="/api/v1/posters",
    problems=(404, 503),
)
def posters() -> Response:
    """Print posters, a page each, with new keys: those that hang now open the page yet, but prove nothing any more."""
    asked = bodies.parsed(schemas.PostersWanted)
    origin = str(current_app.config["PUBLIC_URL"])
    if not origin:
        fault = Words(
            "还没有设置对外网址 PUBLIC_URL，海报上的二维码无处可去；请联系运维",
            "cannot be printed before PUBLIC_URL is set: the code would lead nowhere",
        )
        raise InputError(FieldFault("sites", fault))
    deed, draw = _deed(), surroundings().draw
    sheets = []
    with writing() as connection:
        # In one order for everybody, lest two who print the same places wait for each other.
        for identity in sorted(set(asked.sites)):
            site = _mine(connection, identity, Permission.SITES_EDIT)
            key = commands.new_poster_key(connection, identity, deed=deed, draw=draw)
            sheets.append(_sheet(connection, site, f"{origin}/s/{site.code}/{key}"))
        # Drawn at once where it is one, so that a sheet that cannot be drawn leaves the poster on the wall as good as
        # it was; many take too long to hold their places meanwhile.
        if len(sheets) == 1:
            return _drawn(sheets, asked)
    return _drawn(sheets, asked)


def _drawn(sheets: Sequence[poster.Sheet], asked: schemas.PostersWanted) -> Response:
    paper = poster.Paper[asked.paper.upper()]
    if asked.format == "svg":
        return _file(poster.svg(sheets[0], paper), "image/svg+xml", sheets[0].code)
    drawn = poster.pdf(sheets, paper, font=current_app.config["POSTER_FONT"], at=_now())
    return _file(drawn, "application/pdf", sheets[0].code if len(sheets) == 1 else "posters")


def _sheet(connection: Connection, site: Site, url: str) -> poster.Sheet:
    keeper = _keeper()
    known = keeper.knowing(connection, keeper.known(), [site])
    kinds = {each.code: Words(each.zh, each.en) for each in known.words.kinds}
    compiled = known.almanac.texts[site.hours_id].compiled if site.hours_id is not None else None
    lines = hours.season_lines(compiled, "zh") if compiled else ()
    return poster.Sheet(
        name=site.name,
        code=site.code,
        kind=kinds[site.kind],
        organisation=site.organisation,
        host=site.host,
        address=site.address,
        hours=lines,
        url=url,
    )


def _file(content: bytes, media_type: str, name: str) -> Response:
    response = Response(content, content_type=media_type)
    extension = media_type.rpartition("/")[2].partition("+")[0]
    response.headers["Content-Disposition"] = f'attachment; filename="xiejiao-{name}.{extension}"'
    return response


# ── tasks ──


@bp.get("/tasks")
@requires(Permission.TASKS_CLOSE)
@operation(query=schemas.TasksQuery, answer=schemas.Tasks, example="/api/v1/tasks", problems=(400, 503))
def tasks() -> Response:
    """Tasks of one's places that are not closed, the most pressing first."""
    asked = query_string.parsed(schemas.TasksQuery)
    with reading() as connection:
        found = queries.tasks(
            connection, caller().scope(Permission.TASKS_CLOSE), today=_today(), limit=MOST_TASKS, site=asked.site
        )
    return json.answer({"tasks": [schemas.task(each, _today()) for each in found]})


@bp.post("/tasks/<uuid:id>/closing")
@requires(Permission.TASKS_CLOSE)
@operation(
    body=schemas.TaskReply,
    answer=schemas.TaskShown,
    example=f"/api/v1/tasks/{_ANY_ID}/closing",
    problems=(404, 409, 422, 503),
    id="Id of the task",
)
def close_task(id: UUID) -> Response:  # noqa: A002 - the part of the path
    """Close a task with a reply, which those who reported read."""
    asked = bodies.parsed(schemas.TaskReply)

    def close(connection: Connection) -> tuple[int, object]:
        scope = caller().scope(Permission.TASKS_CLOSE)
        closed = commands.close_task(connection, scope, id, asked.reply, deed=_deed())
        return 200, schemas.task(closed, _today())

    return _by_caller(close)
