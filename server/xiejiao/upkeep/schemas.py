"""JSON of rounds, changes, votes, tasks, photos and posters."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from xiejiao.hours import CHINA
from xiejiao.http.bodies import Body, Plain
from xiejiao.http.query_string import refuse
from xiejiao.language import Language
from xiejiao.sites import difference
from xiejiao.sites.rules import AmenityState, Change, Mode
from xiejiao.sites.schemas import FIRST_INSTANT, LAST_INSTANT
from xiejiao.upkeep.rules import Closure, Kept, Lack, PhotoListed, Report, Says, Task
from xiejiao.vocabulary.rules import Vocabulary

_Id = Annotated[UUID, Field(strict=False)]


def _of_our_time(instant: dt.datetime) -> dt.datetime:
    if not FIRST_INSTANT <= instant < LAST_INSTANT:
        refuse("应在 2000 年到 2099 年之间", "must lie in the years 2000 to 2099")
    return instant


_Instant = Annotated[AwareDatetime, Field(strict=False), AfterValidator(_of_our_time)]
_Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
_Token = Annotated[Plain, Field(min_length=10, max_length=100)]
MOST_POSTERS = 30


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


# ── in ──


class RoundGone(Body):
    """The three answers of a round, and when they were given."""

    hours_as_posted: bool
    everything_works: bool
    stock_all_right: bool
    at: _Instant


class AccessWanted(Body):
    """A way in and its hours as OSM text; null: not known."""

    mode: Annotated[Mode, Field(strict=False)]
    opening_hours: Annotated[Plain, Field(min_length=1, max_length=500)] | None


class HoursWanted(Body):
    """All ways in, in place of those there are."""

    version: _Version
    access: Annotated[list[AccessWanted], Field(min_length=1, max_length=4)]


class AmenityWanted(Body):
    """The state of one amenity, and for what expires its last day."""

    code: Annotated[Plain, Field(min_length=1, max_length=60)]
    state: Annotated[AmenityState, Field(strict=False)]
    expires_on: Annotated[dt.date, Field(strict=False)] | None = None


class AmenitiesWanted(Body):
    """States of amenities; those not named stay."""

    version: _Version
    amenities: Annotated[list[AmenityWanted], Field(min_length=1, max_length=80)]


class NoticeWanted(Body):
    """The notice; null takes it down."""

    version: _Version
    notice: Annotated[Plain, Field(min_length=1, max_length=1000)] | None


class ClosureWanted(Body):
    """A closing from `since` on; `until` null: until further notice."""

    version: _Version
    since: _Instant
    until: _Instant | None
    reason: Annotated[Plain, Field(min_length=1, max_length=500)] | None = None


class AtVersion(Body):
    """The version of the place that the change follows."""

    version: _Version


class VoteCast(Body):
    """What somebody at a place says of it."""

    says: Annotated[Says, Field(strict=False)]
    amenity: Annotated[Plain, Field(min_length=1, max_length=60)] | None = None
    device: _Token
    key: Annotated[Plain, Field(max_length=100)] | None = None
    near: bool = False

    @model_validator(mode="after")
    def _what_is_broken(self) -> Self:
        if (self.says is Says.BROKEN) != (self.amenity is not None):
            refuse("报告损坏时请说明是哪项设施", "names an amenity exactly when something is broken")
        return self


class TaskReply(Body):
    """What was done, for those who reported."""

    reply: Annotated[Plain, Field(min_length=1, max_length=500)]


class PostersWanted(Body):
    """Places whose posters are to be printed, and how."""

    sites: Annotated[list[_Id], Field(min_length=1, max_length=MOST_POSTERS)]
    paper: Literal["a4", "a6"] = "a4"
    format: Literal["pdf", "svg"] = "pdf"

    @model_validator(mode="after")
    def _one_drawing(self) -> Self:
        if self.format == "svg" and len(self.sites) > 1:
            refuse("SVG 一次只能打印一处", "is one place at a time as SVG")
        return self


class TasksQuery(BaseModel):
    """Which tasks."""

    model_config = ConfigDict(extra="forbid")

    site: Annotated[UUID | None, Field(description="Id of a place")] = None


class KeptQuery(BaseModel):
    """Which places of one's own."""

    model_config = ConfigDict(extra="forbid")

    lack: Annotated[Lack | None, Field(description="What they lack")] = None
    q: Annotated[str | None, Field(max_length=60, description="Part of the name or code")] = None
    offset: Annotated[int, Field(ge=0, le=100_000, description="Places to leave out")] = 0
    limit: Annotated[int, Field(ge=1, le=200, description="Places at most")] = 50


class HistoryQuery(BaseModel):
    """Which part of the history."""

    model_config = ConfigDict(extra="forbid")

    before: Annotated[int | None, Field(ge=1, description="Id of the change in front of which to go on")] = None


class PhotoQuery(BaseModel):
    """How large."""

    model_config = ConfigDict(extra="forbid")

    size: Annotated[Literal["small", "whole"], Field(description="`small` is 480 pixels at most")] = "whole"


# ── out ──


class DeviceToken(_Answer):
    """A token for a phone that may vote one day."""

    device: str


class VoteTaken(_Answer):
    """The token of the private link behind which one sees what became of it."""

    report: str


class TaskShown(_Answer):
    """Something to be put right at a place, with its clock."""

    id: UUID
    site: UUID
    site_code: str
    site_name: str
    organisation: str
    says: str
    amenity: str | None
    opened_at: str
    due_on: str
    state: str
    escalated: bool
    reopened: int
    votes: int
    closed_at: str | None
    reply: str | None


class Tasks(_Answer):
    """Tasks that are not closed, the most pressing first."""

    tasks: list[TaskShown]


class ReportedTask(_Answer):
    """What became of a report."""

    state: str
    due_on: str
    reply: str | None
    closed_at: str | None


class ReportShown(_Answer):
    """One's own report."""

    site_code: str
    site_name: str
    says: str
    amenity: str | None
    at: str
    cleared: bool
    task: ReportedTask | None
    may_reopen: bool


class PhotoShown(_Answer):
    """A photo of a place; its picture is at /api/v1/photos/{id}."""

    id: UUID
    width: int
    height: int
    added_at: str


class Photos(_Answer):
    """Photos of a place, the latest first."""

    photos: list[PhotoShown]


class PhotoAdded(_Answer):
    """The id of a photo that hangs now."""

    id: UUID


class ClosureShown(_Answer):
    """A dated exception that is not over."""

    id: UUID
    effect: str
    since: str
    until: str | None
    reason: str | None
    ask_again_on: str | None


class WayWritten(_Answer):
    """A way in, and its hours as one may go on writing them."""

    mode: Mode
    opening_hours: str | None = Field(description="OSM opening_hours; null: not known")
    written: str | None = Field(description="In words that read back to the same hours, where there are such, else OSM")


class Keeping(_Answer):
    """What stands at a place, for who keeps it true; `site` is as GET /api/v1/sites/{id} answers it."""

    version: int
    site: dict[str, Any]
    ways: list[WayWritten]
    closures: list[ClosureShown]
    tasks: list[TaskShown]
    photos: list[PhotoShown]
    last_round_at: str | None
    poster_made_at: str | None


class KeptSite(_Answer):
    """A place in the table of those who keep it true."""

    id: UUID
    code: str
    name: str
    kind: str
    organisation: str
    confirmed_at: str | None
    conflicting_since: str | None
    broken: int
    next_expiry_on: str | None
    tasks: int
    overdue: int
    reopened: int
    oldest_task_at: str | None
    escalated: bool


class Lacking(_Answer):
    """How many places there are in all, and how many lack what."""

    all: int
    task: int
    unconfirmed: int
    broken: int
    expiring: int
    escalated: int
    closed: int


class KeptSites(_Answer):
    """Places of one's own, the most pressing first; `more` when there are further ones.

    `counts` are of all that fit `q`; null where `offset` leaves places out.
    """

    sites: list[KeptSite]
    more: bool
    counts: Lacking | None


class ChangeShown(_Answer):
    """One change, in lines for people."""

    id: int
    version: int
    at: str
    actor: str
    by: str | None
    action: str
    lines: list[str]
    revertible: bool
    reverts: int | None


class History(_Answer):
    """Changes of a place, the latest first."""

    changes: list[ChangeShown]


def _when(moment: dt.datetime) -> str:
    return moment.astimezone(CHINA).isoformat(timespec="seconds")


def _day(moment: dt.datetime | dt.date | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _at(moment: dt.datetime | None) -> str | None:
    return None if moment is None else _when(moment)


def task(each: Task, today: dt.date) -> dict[str, Any]:
    """A task as JSON."""
    return {
        "id": str(each.id),
        "site": str(each.site),
        "site_code": each.site_code,
        "site_name": each.site_name,
        "organisation": each.organisation,
        "says": each.says,
        "amenity": each.amenity,
        "opened_at": _when(each.opened_at),
        "due_on": _day(each.due_on),
        "state": each.state(today),
        "escalated": each.escalated,
        "reopened": each.reopened,
        "votes": each.votes,
        "closed_at": _at(each.closed_at),
        "reply": each.reply,
    }


def report(found: Report, today: dt.date) -> dict[str, Any]:
    """A reporter's own report as JSON."""
    about = found.task
    return {
        "site_code": found.site_code,
        "site_name": found.site_name,
        "says": found.says,
        "amenity": found.amenity,
        "at": _when(found.at),
        "cleared": found.cleared,
        "task": about
        and {
            "state": about.state(today),
            "due_on": _day(about.due_on),
            "reply": about.reply,
            "closed_at": _at(about.closed_at),
        },
        "may_reopen": found.may_reopen,
    }


def photo(each: PhotoListed) -> dict[str, Any]:
    """A photo as JSON."""
    return {"id": str(each.id), "width": each.width, "height": each.height, "added_at": _when(each.added_at)}


def closure(each: Closure) -> dict[str, Any]:
    """A dated exception as JSON."""
    return {
        "id": str(each.id),
        "effect": each.effect,
        "since": _when(each.since),
        "until": _at(each.until),
        "reason": each.reason,
        "ask_again_on": _day(each.ask_again_on),
    }


def kept(each: Kept) -> dict[str, Any]:
    """A row of the table as JSON."""
    return {
        "id": str(each.id),
        "code": each.code,
        "name": each.name,
        "kind": each.kind,
        "organisation": each.organisation,
        "confirmed_at": _at(each.confirmed_at),
        "conflicting_since": _at(each.conflicting_since),
        "broken": each.broken,
        "next_expiry_on": _day(each.next_expiry_on),
        "tasks": each.tasks,
        "overdue": each.overdue,
        "reopened": each.reopened,
        "oldest_task_at": _at(each.oldest_task_at),
        "escalated": each.escalated,
    }


def change(each: Change, words: Vocabulary, language: Language, *, by: str | None) -> dict[str, Any]:
    """A change as JSON, its difference in lines; `by` is the name of the member of staff who made it."""
    return {
        "id": each.id,
        "version": each.version,
        "at": _when(each.at),
        "actor": each.actor,
        "by": by,
        "action": each.action,
        "lines": [line.in_(language) for line in difference.difference(each, words)],
        "revertible": each.is_revertible,
        "reverts": each.reverts,
    }


def keeping(
    feature: Mapping[str, Any],
    *,
    version: int,
    ways: list[dict[str, Any]],
    closures: tuple[Closure, ...],
    tasks: tuple[Task, ...],
    photos: tuple[PhotoListed, ...],
    last_round: dt.datetime | None,
    poster_made: dt.datetime | None,
    today: dt.date,
) -> dict[str, Any]:
    """What stands at a place as JSON."""
    return {
        "version": version,
        "site": feature,
        "ways": ways,
        "closures": [closure(each) for each in closures],
        "tasks": [task(each, today) for each in tasks],
        "photos": [photo(each) for each in photos],
        "last_round_at": _at(last_round),
        "poster_made_at": _at(poster_made),
    }
