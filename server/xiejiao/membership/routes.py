"""Addresses of joining: of applicants, of the officers who decide, of members."""

import datetime as dt
import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from flask import Blueprint, Response, current_app, request
from sqlalchemy import Connection

from xiejiao.accounts import commands as signing
from xiejiao.accounts import queries as accounts
from xiejiao.database import reading, writing
from xiejiao.errors import BusyError, ConflictError, ForbiddenError, NotFoundError, TooManyError
from xiejiao.hours import Calendar
from xiejiao.http import access, bodies, json, query_string
from xiejiao.http.access import caller, public, requires, signed_in
from xiejiao.http.openapi import operation
from xiejiao.http.surroundings import surroundings
from xiejiao.idempotency import commands as idempotency
from xiejiao.idempotency.rules import HEADER, Answer
from xiejiao.membership import commands, forgetting, members, queries, rules, schemas
from xiejiao.membership.commands import Decision
from xiejiao.membership.rules import Step
from xiejiao.roles import Permission, Scope
from xiejiao.sites import code
from xiejiao.sites.keeper import Keeper

log = logging.getLogger("xiejiao.membership")
bp = Blueprint("membership", __name__, url_prefix="/api/v1")

_CREATED, _DONE, _CONFLICT = 201, 204, 409
_ANY_ID = "00000000-0000-0000-0000-000000000000"
_ID = "Id of the application"
_WRITES = (404, 409, 422, 429, 503)
M = TypeVar("M", bound=schemas.ApplicationSent)


def _now() -> dt.datetime:
    return surroundings().now()


def _keeper() -> Keeper:
    return cast("Keeper", current_app.extensions["keeper"])


def _calendar() -> Calendar:
    return _keeper().known().almanac.calendar


def _once(
    act: Callable[[Connection], tuple[int, Mapping[str, Any]]],
    show: Callable[[Connection, Mapping[str, Any]], object],
    *,
    part: str = "",
) -> Response:
    """Do what is asked, once, and answer with what `show` makes of the ids and versions that `act` said.

    Those alone are kept for repetitions; what is personal is read anew each time. A conflict that `act` answers, rather
    than raises, is committed.
    """
    with writing() as connection:
        answered = _acted(connection, act, part)
        shown = show(connection, cast("Mapping[str, Any]", answered.body)) if answered.status < _CONFLICT else None
    if answered.status == _CONFLICT:
        raise ConflictError(now=cast("Mapping[str, object]", answered.body))
    return json.answer(shown, status=answered.status)


def _acted(connection: Connection, act: Callable[[Connection], tuple[int, Mapping[str, Any]]], part: str) -> Answer:
    return idempotency.once(
        connection,
        by=f"{caller().account}{part}",
        key=request.headers.get(HEADER, ""),
        body=bodies.as_sent(),
        now=_now(),
        act=lambda: Answer(*act(connection)),
    )


# ── the form ──


def _form(schema: type[M]) -> M:
    """The form that was sent; InputError that names everything that is wrong with it."""
    today, words = rules.day(_now()), _keeper().known().words
    with reading() as connection:
        return bodies.parsed(
            schema,
            context={
                "today": today,
                "trades": {each.code for each in words.trades},
                "organisation": lambda identity: queries.against(connection, identity, today=today),
                "site": lambda written: queries.site(connection, code.normalised(written)) is not None,
            },
        )


def _own(connection: Connection, identity: UUID) -> dict[str, Any]:
    accounts.act(connection, caller().account)
    found = queries.own(connection, surroundings().keys, caller().account, identity)
    return schemas.application(found, now=_now())


def _shown_own(connection: Connection, said: Mapping[str, Any]) -> dict[str, Any]:
    return _own(connection, UUID(said["id"]))


@bp.post("/applications")
@signed_in
@operation(
    body=schemas.ApplicationSent,
    answer=schemas.Application,
    status=_CREATED,
    example="/api/v1/applications",
    problems=_WRITES,
)
def submit() -> Response:
    """Apply to join a union, as whose number was proven by signing in.

    Wants an Idempotency-Key. 409 with `now.kind`: `open` when one's own application for this ID number is under way,
    `member` when name, ID number and phone are those of a member; `now.id` names it.
    """
    around, form = surroundings(), _form(schemas.ApplicationSent).form()

    def act(connection: Connection) -> tuple[int, Mapping[str, Any]]:
        found = commands.submit(
            connection, around.keys, caller(), form, calendar=_calendar(), now=around.now(), draw=around.draw
        )
        if isinstance(found, commands.Known):
            return _CONFLICT, {"kind": found.kind, "id": str(found.id)}
        return _CREATED, {"id": str(found)}

    return _once(act, _shown_own)


@bp.post("/applications/assisted")
@requires(Permission.APPLICATIONS_ASSIST)
@operation(
    body=schemas.AssistedApplicationSent,
    answer=schemas.ApplicationForReview,
    status=_CREATED,
    example="/api/v1/applications/assisted",
    problems=_WRITES,
)
def assist() -> Response:
    """Fill in an application for somebody who stands here, perhaps without a phone."""
    around, asked = surroundings(), _form(schemas.AssistedApplicationSent)

    def act(connection: Connection) -> tuple[int, Mapping[str, Any]]:
        added = commands.assist(
            connection,
            around.keys,
            caller(),
            asked.form(),
            phone=asked.phone,
            calendar=_calendar(),
            now=around.now(),
            draw=around.draw,
        )
        return _CREATED, {"id": str(added)}

    return _once(act, _shown_for_review)


@bp.get("/me/applications")
@signed_in
@operation(answer=schemas.MyApplications, example="/api/v1/me/applications", problems=(503,))
def mine() -> Response:
    """One's own applications and memberships."""
    account, keys = caller().account, surroundings().keys
    with reading() as connection:
        accounts.act(connection, account)
        applications = queries.own_applications(connection, keys, account)
        memberships = queries.own_memberships(connection, keys, account)
    return json.answer(
        {
            "applications": [schemas.application(each, now=_now()) for each in applications],
            "memberships": [schemas.membership(each) for each in memberships],
        }
    )


@bp.get("/applications/<uuid:id>")
@signed_in
@operation(answer=schemas.ApplicationSeen, example=f"/api/v1/applications/{_ANY_ID}", problems=(404, 503), id=_ID)
def application(id: UUID) -> Response:  # noqa: A002 - the part of the path
    """One application: one's own, or one within reach of who decides."""
    with reading() as connection:
        try:
            return json.answer(_own(connection, id))
        except NotFoundError:
            if caller().first_step or not caller().may(Permission.APPLICATIONS_READ):
                raise
        return json.answer(_for_review(connection, id))


@bp.put("/applications/<uuid:id>")
@signed_in
@operation(
    body=schemas.ApplicationCorrected,
    answer=schemas.Application,
    example=f"/api/v1/applications/{_ANY_ID}",
    problems=_WRITES,
    id=_ID,
)
def resubmit(id: UUID) -> Response:  # noqa: A002 - the part of the path
    """Put right what was returned, and send it again."""
    around, asked = surroundings(), _form(schemas.ApplicationCorrected)

    def act(connection: Connection) -> tuple[int, Mapping[str, Any]]:
        found = commands.resubmit(
            connection,
            around.keys,
            caller(),
            id,
            asked.form(),
            version=asked.version,
            calendar=_calendar(),
            now=around.now(),
            draw=around.draw,
        )
        if isinstance(found, commands.Known):
            return _CONFLICT, {"kind": found.kind, "id": str(found.id)}
        return 200, {"id": str(id)}

    return _once(act, _shown_own)


@bp.post("/applications/<uuid:id>/withdrawal")
@signed_in
@operation(
    body=schemas.ApplicationLookedAt,
    answer=schemas.Application,
    example=f"/api/v1/applications/{_ANY_ID}/withdrawal",
    problems=(404, 409, 422, 503),
    id=_ID,
)
def withdraw(id: UUID) -> Response:  # noqa: A002 - the part of the path
    """Take one's application back."""
    return _own_step(id, Step.WITHDRAW, bodies.parsed(schemas.ApplicationLookedAt), words=None)


@bp.post("/applications/<uuid:id>/second-look")
@signed_in
@operation(
    body=schemas.SecondLookAsked,
    answer=schemas.Application,
    example=f"/api/v1/applications/{_ANY_ID}/second-look",
    problems=(404, 409, 422, 503),
    id=_ID,
)
def second_look(id: UUID) -> Response:  # noqa: A002 - the part of the path
    """Ask the union above to look at a refusal again: once, within thirty days."""
    asked = bodies.parsed(schemas.SecondLookAsked)
    return _own_step(id, Step.SECOND_LOOK, asked, words=asked.words)


def _own_step(identity: UUID, step: Step, asked: schemas.ApplicationLookedAt, *, words: str | None) -> Response:
    around = surroundings()

    def act(connection: Connection) -> tuple[int, Mapping[str, Any]]:
        commands.take_own_step(
            connection,
            around.keys,
            caller(),
            identity,
            step,
            words=words,
            version=asked.version,
            calendar=_calendar(),
            now=around.now(),
            draw=around.draw,
        )
        return 200, {"id": str(identity)}

    return _once(act, _shown_own)


# ── who decides ──


def _reads(connection: Connection) -> Scope:
    scope = caller().scope(Permission.APPLICATIONS_READ)
    accounts.act(connection, caller().account, scope)
    return scope


def _for_review(connection: Connection, identity: UUID) -> dict[str, Any]:
    keys, who = surroundings().keys, caller()
    found = queries.for_review(connection, keys, who, identity, now=_now())
    people = {event.account for event in found.events if event.account} | {found.assigned_to} - {None}
    return schemas.for_review(
        found,
        matches=queries.matches(connection, identity, who.scope(Permission.APPLICATIONS_READ)),
        signature=queries.signature(connection, keys, identity),
        names=accounts.names(connection, cast("set[UUID]", people)),
        can=commands.possible(connection, who, found, now=_now()),
    )


def _shown_for_review(connection: Connection, said: Mapping[str, Any]) -> dict[str, Any]:
    return _for_review(connection, UUID(said["id"]))


@bp.get("/applications")
@requires(Permission.APPLICATIONS_READ)
@operation(query=schemas.QueueQuery, answer=schemas.Queue, example="/api/v1/applications", problems=(400, 503))
def queue() -> Response:
    """The queue of one's own part of the tree: overdue and oldest first."""
    asked = query_string.parsed(schemas.QueueQuery)
    keys, who = surroundings().keys, caller()
    wanted = queries.Wanted(
        asked.status,
        asked.overdue,
        asked.trade,
        asked.organisation,
        queries.assigned(asked.assigned, who.account),
        queries.sought(keys, asked.q),
        queries.cursor(asked.cursor),
    )
    with reading() as connection:
        scope = _reads(connection)
        rows = queries.queue(connection, keys, scope, wanted, limit=schemas.PAGE + 1)
        counts = queries.counts(connection, scope) if asked.cursor is None else None
        people = {each.assigned_to for each in rows if each.assigned_to}
        names = accounts.names(connection, people)
    page = rows[: schemas.PAGE]
    further = queries.cursor_after(page[-1]) if len(rows) > schemas.PAGE else None
    return json.answer({"applications": [schemas.row(each, names) for each in page], "next": further, "counts": counts})


@bp.post("/applications/<uuid:id>/decisions")
@requires(Permission.APPLICATIONS_DECIDE)
@operation(
    body=schemas.Decided,
    answer=schemas.ApplicationForReview,
    example=f"/api/v1/applications/{_ANY_ID}/decisions",
    problems=(404, 409, 422, 503),
    id=_ID,
)
def decide(id: UUID) -> Response:  # noqa: A002 - the part of the path
    """Approve, return, refuse, move to another union; or take back what one decided within the last ten minutes.

    403 with `needs`: `somebody-else` for what is one's own or one decided below, `union-above` where that is to decide.
    """
    asked = bodies.parsed(schemas.Decided)
    decision = Decision(Step(asked.decision), asked.version, asked.reason, asked.words, asked.organisation)
    return _once(lambda connection: _decided(connection, id, decision), _shown_for_review)


def _decided(connection: Connection, identity: UUID, decision: Decision) -> tuple[int, Mapping[str, Any]]:
    around = surroundings()
    status = commands.decide(
        connection,
        around.keys,
        caller(),
        identity,
        decision,
        calendar=_calendar(),
        now=around.now(),
        draw=around.draw,
    )
    return 200, {"id": str(identity), "status": status}


@bp.post("/applications/decisions")
@requires(Permission.APPLICATIONS_DECIDE)
@operation(
    body=schemas.ManyDecided,
    answer=schemas.DecidedMany,
    example="/api/v1/applications/decisions",
    problems=(409, 422, 503),
)
def decide_many() -> Response:
    """Approve several, each checked, written and answered by itself."""
    asked = bodies.parsed(schemas.ManyDecided)
    return json.answer({"results": [_decided_one(each, Step(asked.decision)) for each in asked.decisions]})


def _decided_one(each: schemas.OneOfMany, step: Step) -> dict[str, Any]:
    decision = Decision(step, each.version)
    said: dict[str, Any] = {"id": str(each.id), "status": None, "problem": None}
    try:
        # A transaction for each: one that is stale must not undo the others, nor hold their rows.
        with writing() as connection:
            answered = _acted(connection, lambda opened: _decided(opened, each.id, decision), f" {each.id}")
    except NotFoundError:
        return {**said, "problem": "not-found"}
    except ForbiddenError:
        return {**said, "problem": "forbidden"}
    except (ConflictError, BusyError):
        return {**said, "problem": "conflict"}
    return {**said, "status": cast("Mapping[str, Any]", answered.body)["status"]}


@bp.post("/applications/<uuid:id>/revelations")
@requires(Permission.APPLICATIONS_REVEAL)
@operation(
    body=schemas.RevelationWanted,
    answer=schemas.Revelation,
    status=_CREATED,
    example=f"/api/v1/applications/{_ANY_ID}/revelations",
    problems=_WRITES,
    id=_ID,
)
def reveal(id: UUID) -> Response:  # noqa: A002 - the part of the path
    """The whole ID number, for a purpose, which is written down; fifty an hour for one account."""
    around, asked = surroundings(), bodies.parsed(schemas.RevelationWanted)

    def act(connection: Connection) -> tuple[int, Mapping[str, Any]]:
        commands.reveal(connection, around.keys, caller(), id, asked.purpose, now=around.now(), draw=around.draw)
        return _CREATED, {"id": str(id)}

    def show(connection: Connection, _said: Mapping[str, Any]) -> dict[str, Any]:
        accounts.act(connection, caller().account, caller().scope(Permission.APPLICATIONS_REVEAL))
        return {"id_number": queries.id_number(connection, around.keys, id)}

    try:
        return _once(act, show)
    except TooManyError:
        log.warning("account %s asked for more ID numbers than an hour allows", caller().account)
        raise


@bp.put("/applications/<uuid:id>/assignment")
@requires(Permission.APPLICATIONS_DECIDE)
@operation(
    body=schemas.Assigned,
    answer=schemas.ApplicationForReview,
    example=f"/api/v1/applications/{_ANY_ID}/assignment",
    problems=(404, 409, 422, 503),
    id=_ID,
)
def assign(id: UUID) -> Response:  # noqa: A002 - the part of the path
    """Say who is to see to it."""
    around, asked = surroundings(), bodies.parsed(schemas.Assigned)

    def act(connection: Connection) -> tuple[int, Mapping[str, Any]]:
        commands.assign(connection, around.keys, caller(), id, asked.account, now=around.now(), draw=around.draw)
        return 200, {"id": str(id)}

    return _once(act, _shown_for_review)


@bp.post("/applications/<uuid:id>/notes")
@requires(Permission.APPLICATIONS_DECIDE)
@operation(
    body=schemas.NoteLeft,
    answer=schemas.ApplicationForReview,
    status=_CREATED,
    example=f"/api/v1/applications/{_ANY_ID}/notes",
    problems=(404, 409, 422, 503),
    id=_ID,
)
def note(id: UUID) -> Response:  # noqa: A002 - the part of the path
    """Leave a note that the applicant does not see."""
    around, asked = surroundings(), bodies.parsed(schemas.NoteLeft)

    def act(connection: Connection) -> tuple[int, Mapping[str, Any]]:
        commands.note(connection, around.keys, caller(), id, asked.words, now=around.now(), draw=around.draw)
        return _CREATED, {"id": str(id)}

    return _once(act, _shown_for_review)


@bp.get("/applications/figures")
@requires(Permission.APPLICATIONS_READ)
@operation(
    query=schemas.FiguresQuery, answer=schemas.Figures, example="/api/v1/applications/figures", problems=(400, 503)
)
def figures() -> Response:
    """How many wait, how long a first decision takes, and why forms are returned, in one's own part of the tree."""
    since = _now() - dt.timedelta(days=query_string.parsed(schemas.FiguresQuery).days)
    with reading() as connection:
        scope = _reads(connection)
        rows = queries.figures(connection, scope, since=since)
        whole = queries.figure_of_all(connection, scope, since=since)
        returned = queries.returned(connection, scope, since=since)
    return json.answer(schemas.figures(rows, whole, returned, since=since))


# ── which union ──


@bp.get("/organisations/routed")
@public
@operation(
    query=schemas.RoutedQuery,
    answer=schemas.Routed,
    example="/api/v1/organisations/routed?division=350502&trade=courier",
    problems=(400, 429, 503),
)
def routed() -> Response:
    """Which union an application goes to: the poster's, a federation of the trade, the county's, a pool, one above."""
    asked = query_string.parsed(schemas.RoutedQuery)
    with reading() as connection:
        found = queries.candidates(
            connection,
            site=code.normalised(asked.site) if asked.site else None,
            division=asked.division,
            trade=asked.trade,
            today=rules.day(_now()),
        )
    union, why, others = rules.routed(found.candidates, base=found.base, poster=found.poster, trade=asked.trade)
    return json.answer(schemas.routed(union, why, others), max_age_s=60)


# ── members, and what is one's own ──


@bp.post("/me/memberships/transfer")
@signed_in
@operation(
    body=schemas.TransferWanted,
    answer=schemas.Membership,
    example="/api/v1/me/memberships/transfer",
    problems=(404, 409, 422, 503),
)
def transfer() -> Response:
    """Go from one's union to another, with the same member number."""
    around, asked = surroundings(), bodies.parsed(schemas.TransferWanted)

    def act(connection: Connection) -> tuple[int, Mapping[str, Any]]:
        moved = members.transfer(
            connection, around.keys, caller(), asked.organisation, now=around.now(), draw=around.draw
        )
        return 200, {"id": str(moved)}

    return _once(act, _shown_membership)


@bp.post("/me/memberships/leave")
@signed_in
@operation(
    answer=schemas.Membership,
    example="/api/v1/me/memberships/leave",
    problems=(404, 409, 422, 503),
)
def leave() -> Response:
    """Leave one's union."""
    around = surroundings()

    def act(connection: Connection) -> tuple[int, Mapping[str, Any]]:
        left = members.leave(connection, around.keys, caller(), now=around.now(), draw=around.draw)
        return 200, {"id": str(left)}

    return _once(act, _shown_membership)


def _shown_membership(connection: Connection, said: Mapping[str, Any]) -> dict[str, Any]:
    account = caller().account
    accounts.act(connection, account)
    found = queries.own_memberships(connection, surroundings().keys, account)
    return schemas.membership(next(each for each in found if str(each.id) == said["id"]))


@bp.get("/me/data")
@signed_in
@operation(answer=schemas.OwnData, example="/api/v1/me/data", problems=(503,))
def own_data() -> Response:
    """All that is kept of who asks, to take along; the ID number is whole, since it is their own."""
    account, keys = caller().account, surroundings().keys
    with reading() as connection:
        accounts.act(connection, account)
        phone = accounts.phone(connection, account, keys=keys)
        applications = [
            {
                **schemas.application(each, now=_now()),
                **queries.whole(connection, keys, each.id),
                "phone": phone if each.personal and each.personal.phone_masked else None,
                "consent_version": each.consent_version,
            }
            for each in queries.own_applications(connection, keys, account)
        ]
        memberships = [
            {**schemas.membership(each), "id_number": queries.member_id_number(connection, keys, each.id)}
            for each in queries.own_memberships(connection, keys, account)
        ]
    response = json.answer({"phone": phone, "applications": applications, "memberships": memberships})
    response.headers["Content-Disposition"] = 'attachment; filename="xiejiao.json"'
    return response


@bp.delete("/me/data")
@signed_in
@operation(answer=None, status=_DONE, example="/api/v1/me/data", problems=(403, 503))
def erase() -> Response:
    """Erase all that is kept of who asks, and sign out everywhere.

    What is open is withdrawn, a membership ends, and the keys of what was sealed are destroyed: backups that hold them
    are gone within seven days.
    """
    around = surroundings()
    with writing() as connection:
        forgetting.erase_own(connection, around.keys, caller(), now=around.now(), draw=around.draw)
        signing.erase(connection, caller(), now=around.now())
    return access.carry(Response(status=_DONE), None)
