"""JSON of applications, decisions and memberships."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    RootModel,
    ValidationInfo,
    model_validator,
)

from xiejiao import identity_number
from xiejiao.accounts.rules import mobile
from xiejiao.errors import InputError
from xiejiao.hours import CHINA
from xiejiao.http.bodies import Body, Plain
from xiejiao.http.query_string import refuse
from xiejiao.identity_number import IdentityNumber, Sex
from xiejiao.language import Words
from xiejiao.membership import rules
from xiejiao.membership.rules import (
    REASONS,
    By,
    Candidate,
    Event,
    Figure,
    Match,
    MatchKind,
    Purpose,
    Reason,
    Row,
    Status,
    Step,
    Union,
    What,
    Why,
)
from xiejiao.membership.rules import MembershipStatus as Course

MOST_AT_ONCE = 50
PAGE = 50
_Id = Annotated[UUID, Field(strict=False)]
_Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
_Words = Annotated[Plain, Field(min_length=1, max_length=rules.LONGEST_WORDS)]
_Optional = Annotated[Plain, Field(max_length=rules.LONGEST_OPTIONAL)]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


# ── in: the form ──

# What a form names is looked up while it is read, so that everything that is wrong is said at once: the context brings
# `today` and `trades`, and says what speaks against an `organisation` and whether there is a `site`.


def _told(info: ValidationInfo, name: str) -> Any:  # noqa: ANN401 - whatever the route handed in
    return (info.context or {})[name]


def _name(typed: str) -> str:
    spelled = rules.person_name(typed)
    if isinstance(spelled, Words):
        refuse(*spelled)
    return spelled


def _id_number(typed: str, info: ValidationInfo) -> IdentityNumber:
    today = _told(info, "today")
    found = identity_number.parse(typed, today=today)
    if isinstance(found, identity_number.Fault):
        refuse(*found.words)
    if not rules.is_old_enough(found.born_on, today):
        refuse(
            f"未满 {rules.YOUNGEST} 周岁，还不能入会",
            f"is of somebody younger than {rules.YOUNGEST}, who may not join yet",
        )
    return found


def _trade(code: str, info: ValidationInfo) -> str:
    if code not in _told(info, "trades"):
        refuse("请从列表中选择工种", "must be a code of the list of trades")
    return code


def _said(text: str) -> str:
    stripped = text.strip()
    if not stripped:
        refuse("不能为空", "is empty")
    return stripped


def _organisation(identity: UUID, info: ValidationInfo) -> UUID:
    against: Callable[[UUID], Words | None] = _told(info, "organisation")
    if words := against(identity):
        refuse(*words)
    return identity


def _site(code: str | None, info: ValidationInfo) -> str | None:
    if code is not None and not _told(info, "site")(code):
        refuse("没有这个站点", "is the code of no place")
    return code


def _phone(typed: str | None) -> str | None:
    if not typed:
        return None
    try:
        return mobile(typed)
    except InputError as error:
        refuse(*error.faults[0].message)


def _signature(strokes: list[list[tuple[float, float]]]) -> list[list[tuple[float, float]]]:
    if words := rules.signature_fault(strokes):
        refuse(*words)
    return strokes


class ConsentGiven(Body):
    """What was agreed to: the version of the text, and apart from it the use of the ID number."""

    version: Annotated[Plain, Field(min_length=1, max_length=40)]
    id_number: bool

    @model_validator(mode="after")
    def _agreed(self) -> Self:
        if not self.id_number:
            refuse("请单独同意使用身份证号，否则无法入会", "needs a consent of its own for the ID number")
        return self


class MoreSaid(Body):
    """What the register also has room for; none of it is needed."""

    ethnicity: _Optional | None = None
    education: _Optional | None = None
    native_place: _Optional | None = None
    political_status: _Optional | None = None


_Share = Annotated[FiniteFloat, Field(ge=0, le=1)]


class ApplicationSent(Body):
    """An application as its form was filled in."""

    name: Annotated[str, Field(max_length=200), AfterValidator(_name)]
    id_number: Annotated[str, Field(max_length=100), AfterValidator(_id_number)]
    trade: Annotated[Plain, Field(max_length=60), AfterValidator(_trade)]
    employer: Annotated[Plain, Field(max_length=rules.LONGEST_EMPLOYER), AfterValidator(_said)]
    workplace: Annotated[Plain, Field(max_length=rules.LONGEST_WORKPLACE), AfterValidator(_said)]
    organisation: Annotated[_Id, AfterValidator(_organisation)]
    site: Annotated[Annotated[Plain, Field(max_length=20)] | None, AfterValidator(_site)] = None
    key: Annotated[Plain, Field(max_length=100)] | None = None
    consent: ConsentGiven
    signature: Annotated[
        list[Annotated[list[tuple[_Share, _Share]], Field(max_length=rules.MOST_POINTS)]],
        AfterValidator(_signature),
        Field(
            max_length=rules.MOST_STROKES,
            description="Strokes of points [x, y], each a share (0 to 1) of the pad's width and height from its upper "
            "left; at least 12 points that reach over 5 % of the pad",
        ),
    ]
    more: MoreSaid | None = None

    def form(self) -> rules.Form:
        """The form as a value."""
        number: Any = self.id_number  # the validator made it one
        return rules.Form(
            self.name,
            number,
            self.trade,
            self.employer,
            self.workplace,
            self.organisation,
            self.site,
            self.key,
            rules.Consent(self.consent.version, self.consent.id_number),
            self.signature,
            {name: said or None for name, said in self.more.model_dump().items()} if self.more else None,
        )


class AssistedApplicationSent(ApplicationSent):
    """An application that an officer filled in for somebody, and their number if they have one."""

    phone: Annotated[Annotated[Plain, Field(max_length=40)] | None, AfterValidator(_phone)] = None


class ApplicationCorrected(ApplicationSent):
    """A returned application, put right."""

    version: _Version


# ── in: steps ──


class ApplicationLookedAt(Body):
    """The version that was looked at."""

    version: _Version


class SecondLookAsked(ApplicationLookedAt):
    """Why the refusal should be looked at again."""

    words: _Words


class Decided(ApplicationLookedAt):
    """A decision; `reason` from the list that fits it, `organisation` where it is moved to another union."""

    decision: Annotated[Literal["approve", "return", "refuse", "move", "undo"], Field()]
    reason: Annotated[Reason, Field(strict=False)] | None = None
    words: _Words | None = None
    organisation: _Id | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        wanted = REASONS.get(Step(self.decision), ())
        if (self.reason is None) is bool(wanted) or (self.reason is not None and self.reason not in wanted):
            codes = ", ".join(wanted)
            refuse(f"理由应为：{codes}" if codes else "此决定不需要理由", f"needs a reason of: {codes or 'none'}")
        if self.reason is Reason.OTHER and not self.words:
            refuse("请用几句话说明理由", "needs words where the reason is `other`")
        if (self.organisation is None) is (self.decision == "move"):
            refuse("请说明转给哪个工会", "names an organisation exactly where it is moved")
        return self


class ManyDecided(Body):
    """One decision for many applications; each is checked and answered alone."""

    decisions: Annotated[list["OneOfMany"], Field(min_length=1, max_length=MOST_AT_ONCE)]
    decision: Literal["approve"]


class OneOfMany(ApplicationLookedAt):
    """An application and the version that was looked at."""

    id: _Id


class RevelationWanted(Body):
    """What the whole number is needed for."""

    purpose: Annotated[Purpose, Field(strict=False)]


class Assigned(Body):
    """Who is to see to it; null: nobody in particular."""

    account: _Id | None


class NoteLeft(Body):
    """A note among officers."""

    words: _Words


class TransferWanted(Body):
    """The union that one goes to."""

    organisation: _Id


class QueueQuery(BaseModel):
    """Which applications."""

    model_config = ConfigDict(extra="forbid")

    status: Annotated[Status | None, Field(description="How far they are; without it those that wait for a union")] = (
        None
    )
    overdue: Annotated[bool, Field(description="Only those whose clock has run out")] = False
    trade: Annotated[str | None, Field(max_length=60, description="Code of a trade")] = None
    organisation: Annotated[UUID | None, Field(description="Id of a union; those beneath it included")] = None
    assigned: Annotated[str | None, Field(max_length=40, description="`me`, `nobody`, or the id of an account")] = None
    q: Annotated[
        str | None,
        Field(
            max_length=20,
            description="Receipt number, member number, or the last four of an ID or mobile number; no whole number",
        ),
    ] = None
    cursor: Annotated[str | None, Field(max_length=200, description="`next` of the page before")] = None


class FiguresQuery(BaseModel):
    """Of how long a time."""

    model_config = ConfigDict(extra="forbid")

    days: Annotated[int, Field(ge=1, le=730, description="Days back from now")] = 30


class RoutedQuery(BaseModel):
    """What is known of where somebody works."""

    model_config = ConfigDict(extra="forbid")

    site: Annotated[str | None, Field(max_length=20, description="Code on a poster")] = None
    division: Annotated[
        str | None, Field(pattern=r"^[0-9]{6}$", description="GB/T 2260 code of the county, 6 digits")
    ] = None
    trade: Annotated[str | None, Field(max_length=60, description="Code of a trade")] = None


# ── out ──


class UnionShown(_Answer):
    """A union."""

    id: UUID
    name: str


class MoreShown(_Answer):
    """What the register also has room for."""

    ethnicity: str | None
    education: str | None
    native_place: str | None
    political_status: str | None


class EventShown(_Answer):
    """One step of the course, with the role of who took it."""

    at: str
    what: What
    by: By
    reason: str | None
    words: str | None


class MissingShown(_Answer):
    """What is to be put right."""

    reason: Reason
    words: str | None


class Application(_Answer):
    """An application, as its applicant sees it; what is personal is null once it was erased."""

    id: UUID
    number: str
    status: Status
    version: int
    organisation: UnionShown
    trade: str
    site: str | None
    name: str | None
    id_number_masked: str | None
    phone_masked: str | None
    employer: str | None
    workplace: str | None
    more: MoreShown | None
    submitted_at: str
    due_on: str | None
    held_by: Literal["union", "upper union", "you"] | None = Field(description="Whose turn it is; null: nobody's")
    missing: MissingShown | None
    events: list[EventShown]
    can: list[Literal["resubmit", "withdraw", "second_look"]]


class ReviewEventShown(EventShown):
    """As above, with who of the staff it was."""

    account: str | None = Field(description="Name with which a member of staff signs in")


class NoteShown(_Answer):
    """A note among officers."""

    at: str
    account: str | None
    words: str | None


class AssignedShown(_Answer):
    """Who is to see to it."""

    account: UUID
    name: str | None


class MatchShown(_Answer):
    """A likely duplicate, perhaps of another union."""

    kind: MatchKind
    id: UUID | None = Field(description="Null where it lies outside one's reach")
    number: str
    organisation: UnionShown
    status: str
    since: str
    same_id_number: bool
    same_phone: bool
    similar_name_and_birth: bool


class ApplicationForReview(_Answer):
    """An application, as who decides about it sees it."""

    id: UUID
    number: str
    status: Status
    version: int
    above: bool = Field(description="Whether a union above the application's own is to decide")
    levels: int = Field(description="Levels of approval that its union asks for")
    organisation: UnionShown
    trade: str
    site: str | None
    at_station: bool = Field(description="Whether it came with the key of the poster that hangs there")
    assisted: bool
    name: str | None
    sex: Sex | None
    born_on: str | None
    id_number_masked: str | None
    phone_masked: str | None
    employer: str | None
    workplace: str | None
    more: MoreShown | None
    consent_version: str
    signature: list[list[tuple[float, float]]] | None
    submitted_at: str
    due_on: str | None
    overdue: bool
    assigned: AssignedShown | None
    matches: list[MatchShown]
    events: list[ReviewEventShown]
    notes: list[NoteShown]
    can: list[Literal["approve", "return", "refuse", "move", "undo"]]


class ApplicationSeen(RootModel[Application | ApplicationForReview]):
    """An application, as its applicant or as who decides about it sees it."""


class Membership(_Answer):
    """One time in one union."""

    id: UUID
    number: str
    status: Course
    organisation: UnionShown
    trade: str
    name: str | None
    since: str
    until: str | None


class MyApplications(_Answer):
    """One's own applications and memberships, the latest first."""

    applications: list[Application]
    memberships: list[Membership]


class QueueRow(_Answer):
    """An application in the queue; numbers are masked."""

    id: UUID
    number: str
    status: Status
    version: int
    above: bool
    organisation: UnionShown
    trade: str
    name: str | None
    id_number_masked: str | None
    phone_masked: str | None
    held: bool = Field(description="Whether another application for the same ID number is open: see the matches")
    assisted: bool
    submitted_at: str
    due_on: str | None
    overdue: bool
    assigned: AssignedShown | None


class QueueCounts(_Answer):
    """How many there are within one's reach, by what is to be done."""

    submitted: int
    returned: int
    approved_basic: int
    overdue: int


class Queue(_Answer):
    """Applications, overdue and oldest first; `next` is the cursor of the next page, if there is one."""

    applications: list[QueueRow]
    next: str | None
    counts: QueueCounts | None = Field(description="Null on later pages")


class DecidedOne(_Answer):
    """What came of one of many: its status, or the name of the problem."""

    id: UUID
    status: Status | None
    problem: Literal["not-found", "conflict", "forbidden"] | None


class DecidedMany(_Answer):
    """What came of each."""

    results: list[DecidedOne]


class Revelation(_Answer):
    """A whole ID number, for who said what for."""

    id_number: str


class FigureShown(_Answer):
    """One union and trade."""

    organisation: UnionShown
    trade: str
    waiting: int
    decided: int
    median_h: float | None
    p90_h: float | None
    returned: int


class ReturnedShown(_Answer):
    """How often something was returned for one reason."""

    reason: Reason
    times: int


class Figures(_Answer):
    """How long a first decision takes, by union and trade, and why forms are returned."""

    since: str
    waiting: int
    decided: int
    median_h: float | None
    p90_h: float | None
    rows: list[FigureShown]
    returned: list[ReturnedShown]


class RoutedUnion(_Answer):
    """A union that takes applications."""

    id: UUID
    name: str
    level: str
    contact: str | None


class Routed(_Answer):
    """Which union an application goes to and why, and which others there are; null where none is known."""

    union: RoutedUnion | None
    why: Why | None
    others: list[RoutedUnion]


class OwnApplication(Application):
    """One's own application, with the whole ID number."""

    id_number: str | None
    phone: str | None
    signature: list[list[tuple[float, float]]] | None
    consent_version: str


class OwnMembership(Membership):
    """One's own membership, with the whole ID number."""

    id_number: str | None


class OwnData(_Answer):
    """All that is kept of who asks."""

    phone: str | None
    applications: list[OwnApplication]
    memberships: list[OwnMembership]


def _when(moment: dt.datetime) -> str:
    return moment.astimezone(CHINA).isoformat(timespec="seconds")


def _union(union: Union) -> dict[str, Any]:
    return {"id": str(union.id), "name": union.name}


def _event(event: Event) -> dict[str, Any]:
    return {
        "at": _when(event.at),
        "what": event.what,
        "by": event.by,
        "reason": event.reason,
        "words": event.words,
    }


def _shown(personal: rules.Personal | None) -> dict[str, Any]:
    return {
        "name": personal.name if personal else None,
        "id_number_masked": personal.id_number_masked if personal else None,
        "phone_masked": personal.phone_masked if personal else None,
    }


def _told_by(personal: rules.Personal | None) -> dict[str, Any]:
    return {
        **_shown(personal),
        "employer": personal.employer if personal else None,
        "workplace": personal.workplace if personal else None,
        "more": dict(personal.more) if personal and personal.more else None,
    }


def application(each: rules.Application, *, now: dt.datetime) -> dict[str, Any]:
    """One's own application as JSON."""
    asked = each.last(What.RETURN) if each.standing.status is Status.RETURNED else None
    return {
        "id": str(each.id),
        "number": each.number,
        "status": each.standing.status,
        "version": each.version,
        "organisation": _union(each.union),
        "trade": each.trade,
        "site": each.site_code,
        **_told_by(each.personal),
        "submitted_at": _when(each.submitted_at),
        "due_on": each.due_on and each.due_on.isoformat(),
        "held_by": rules.held_by(each.standing),
        "missing": asked and {"reason": asked.reason, "words": asked.words},
        "events": [_event(event) for event in each.events if event.what not in rules.AMONG_OFFICERS],
        "can": list(each.own_steps(now)) if each.personal else [],
    }


def _assigned(account: UUID | None, names: Mapping[UUID, str]) -> dict[str, Any] | None:
    return None if account is None else {"account": str(account), "name": names.get(account)}


def _match(each: Match) -> dict[str, Any]:
    return {
        "kind": each.kind,
        "id": str(each.id) if each.within_reach else None,
        "number": each.number,
        "organisation": _union(each.union),
        "status": each.status,
        "since": _when(each.since),
        "same_id_number": each.same_id_number,
        "same_phone": each.same_phone,
        "similar_name_and_birth": each.similar_name_and_birth,
    }


def for_review(
    each: rules.Application,
    *,
    matches: Sequence[Match],
    signature: rules.Signature | None,
    names: Mapping[UUID, str],
    can: Sequence[Step],
) -> dict[str, Any]:
    """An application as JSON for who decides about it; `names` are those of staff by account."""
    known = {event.id: names.get(event.account) if event.account else None for event in each.events}
    personal = each.personal
    return {
        "id": str(each.id),
        "number": each.number,
        "status": each.standing.status,
        "version": each.version,
        "above": each.standing.above,
        "levels": each.levels,
        "organisation": _union(each.union),
        "trade": each.trade,
        "site": each.site_code,
        "at_station": each.at_station,
        "assisted": each.assisted_by is not None,
        **_told_by(personal),
        "sex": personal.sex if personal else None,
        "born_on": personal.born_on.isoformat() if personal else None,
        "consent_version": each.consent_version,
        "signature": signature,
        "submitted_at": _when(each.submitted_at),
        "due_on": each.due_on and each.due_on.isoformat(),
        "overdue": each.overdue_at is not None,
        "assigned": _assigned(each.assigned_to, names),
        "matches": [_match(match) for match in matches],
        "events": [
            {**_event(event), "account": known[event.id]} for event in each.events if event.what is not What.NOTE
        ],
        "notes": [
            {"at": _when(event.at), "account": known[event.id], "words": event.words}
            for event in each.events
            if event.what is What.NOTE
        ],
        "can": list(can),
    }


def membership(each: rules.Membership) -> dict[str, Any]:
    """A membership as JSON."""
    return {
        "id": str(each.id),
        "number": each.number,
        "status": each.status,
        "organisation": _union(each.union),
        "trade": each.trade,
        "name": each.name,
        "since": _when(each.since),
        "until": each.until and _when(each.until),
    }


def row(each: Row, names: Mapping[UUID, str]) -> dict[str, Any]:
    """A row of the queue as JSON."""
    return {
        "id": str(each.id),
        "number": each.number,
        "status": each.standing.status,
        "version": each.version,
        "above": each.standing.above,
        "organisation": _union(each.union),
        "trade": each.trade,
        **_shown(each.personal),
        "held": each.held,
        "assisted": each.assisted,
        "submitted_at": _when(each.submitted_at),
        "due_on": each.due_on and each.due_on.isoformat(),
        "overdue": each.overdue,
        "assigned": _assigned(each.assigned_to, names),
    }


def figures(
    rows: Sequence[Figure], whole: Figure, returned: Mapping[Reason, int], *, since: dt.datetime
) -> dict[str, Any]:
    """Figures as JSON; `whole` is of all rows together."""
    return {
        "since": _when(since),
        "waiting": whole.waiting,
        "decided": whole.decided,
        "median_h": whole.median_h,
        "p90_h": whole.p90_h,
        "rows": [
            {
                "organisation": each.union and _union(each.union),
                "trade": each.trade,
                "waiting": each.waiting,
                "decided": each.decided,
                "median_h": each.median_h,
                "p90_h": each.p90_h,
                "returned": each.returned,
            }
            for each in rows
        ],
        "returned": [{"reason": reason, "times": times} for reason, times in returned.items()],
    }


def _candidate(each: Candidate) -> dict[str, Any]:
    return {"id": str(each.id), "name": each.name, "level": each.level, "contact": each.contact}


def routed(union: Candidate | None, why: Why | None, others: Sequence[Candidate]) -> dict[str, Any]:
    """Where an application goes, as JSON."""
    return {"union": union and _candidate(union), "why": why, "others": [_candidate(each) for each in others]}
