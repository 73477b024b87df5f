"""What joining means: the one table of steps, whose turn it is, the clocks, and what a form must be."""

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from xiejiao.errors import ConflictError
from xiejiao.hours import CHINA, Calendar
from xiejiao.identity_number import IdentityNumber, Sex, check_character
from xiejiao.language import Words, is_plain
from xiejiao.quotas.rules import Quota

# ── the table of steps ──


class Status(StrEnum):
    """How far an application is; a draft lies on the phone and has none."""

    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED_BASIC = "approved_basic"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Step(StrEnum):
    """What somebody does to an application."""

    APPROVE = "approve"
    RETURN = "return"
    REFUSE = "refuse"
    MOVE = "move"
    UNDO = "undo"
    RESUBMIT = "resubmit"
    WITHDRAW = "withdraw"
    SECOND_LOOK = "second_look"


class By(StrEnum):
    """Who takes a step, by role."""

    APPLICANT = "applicant"
    UNION = "union"
    UPPER_UNION = "upper union"
    CLOCK = "clock"


DECISIONS = (Step.APPROVE, Step.RETURN, Step.REFUSE, Step.MOVE)
"""What a union decides; each can be taken back for UNDO_WITHIN."""
OWN_STEPS = (Step.RESUBMIT, Step.WITHDRAW, Step.SECOND_LOOK)
OPEN = (Status.SUBMITTED, Status.RETURNED, Status.APPROVED_BASIC)
WAITING = (Status.SUBMITTED, Status.APPROVED_BASIC)
"""Where a union is to decide."""

NEXT: dict[tuple[Status, Step], Status] = {
    (Status.SUBMITTED, Step.APPROVE): Status.APPROVED,
    (Status.SUBMITTED, Step.RETURN): Status.RETURNED,
    (Status.SUBMITTED, Step.REFUSE): Status.REFUSED,
    (Status.SUBMITTED, Step.MOVE): Status.SUBMITTED,
    (Status.SUBMITTED, Step.WITHDRAW): Status.WITHDRAWN,
    (Status.APPROVED_BASIC, Step.APPROVE): Status.APPROVED,
    (Status.APPROVED_BASIC, Step.RETURN): Status.RETURNED,
    (Status.APPROVED_BASIC, Step.REFUSE): Status.REFUSED,
    (Status.APPROVED_BASIC, Step.WITHDRAW): Status.WITHDRAWN,
    (Status.RETURNED, Step.RESUBMIT): Status.SUBMITTED,
    (Status.RETURNED, Step.MOVE): Status.RETURNED,
    (Status.RETURNED, Step.WITHDRAW): Status.WITHDRAWN,
    (Status.REFUSED, Step.SECOND_LOOK): Status.SUBMITTED,
}
"""What follows, but for undoing, which leads to what was before, and for the first approval where two are asked for."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an application stands; `above`: a union above the application's own is to decide."""

    status: Status
    above: bool = False


def after(standing: Standing, step: Step, *, levels: int) -> Standing:
    """Where it stands after a step, in a union that asks for so many `levels` of approval; ConflictError for none."""
    status = NEXT.get((standing.status, step))
    if status is None:
        raise ConflictError
    if step is Step.APPROVE and standing == Standing(Status.SUBMITTED) and levels > 1:
        return Standing(Status.APPROVED_BASIC, above=True)
    if step is Step.SECOND_LOOK:
        return Standing(status, above=True)
    # What another union is given it sees afresh; what was put right after a first approval, the first union sees again.
    if step is Step.MOVE or standing.status is Status.APPROVED_BASIC:
        return Standing(status)
    return Standing(status, standing.above)


def held_by(standing: Standing) -> str | None:
    """Who is to do something now, as the applicant is told; None when nobody is."""
    if standing.status is Status.RETURNED:
        return "you"
    if standing.status in WAITING:
        return By.UPPER_UNION if standing.above else By.UNION
    return None


# ── how long ──

UNDO_WITHIN = dt.timedelta(minutes=10)
"""How long who decided may take it back; message and membership wait as long."""
FIRST_DECISION_DAYS = 15
UPPER_DECISION_DAYS = 5
SECOND_LOOK_WITHIN = dt.timedelta(days=30)
MESSAGE_HOLDS = dt.timedelta(days=1)
YOUNGEST = 16
"""Years of age from which one may work, and join (Labour Law, article 15)."""
SUBMISSIONS = Quota("applications of an account", 10, dt.timedelta(days=1))
REVELATIONS = Quota("identity numbers shown to an account", 50, dt.timedelta(hours=1))


def due_on(standing: Standing, at: dt.datetime, calendar: Calendar) -> dt.date | None:
    """The last day for the union whose turn it is, by working days; None when it is nobody's."""
    if standing.status not in WAITING:
        return None
    days = UPPER_DECISION_DAYS if standing.above else FIRST_DECISION_DAYS
    return calendar.workdays_after(day(at), days)


def day(at: dt.datetime) -> dt.date:
    """The day in China."""
    return at.astimezone(CHINA).date()


def is_old_enough(born_on: dt.date, today: dt.date) -> bool:
    """Whether somebody born on a day may join."""
    birthday_passed = (today.month, today.day) >= (born_on.month, born_on.day)
    return today.year - born_on.year - (not birthday_passed) >= YOUNGEST


# ── reasons and purposes ──


class Reason(StrEnum):
    """Why something is returned, refused or moved."""

    NAME_DIFFERS = "name_differs"
    ID_NUMBER_DIFFERS = "id_number_differs"
    EMPLOYER_UNCLEAR = "employer_unclear"
    WORKPLACE_UNCLEAR = "workplace_unclear"
    SIGNATURE_UNCLEAR = "signature_unclear"
    NOT_REACHED = "not_reached"
    NOT_ELIGIBLE = "not_eligible"
    ALREADY_MEMBER = "already_member"
    FALSE_STATEMENT = "false_statement"
    OTHER_UNION = "other_union"
    OTHER = "other"


REASONS: dict[Step, tuple[Reason, ...]] = {
    Step.RETURN: (
        Reason.NAME_DIFFERS,
        Reason.ID_NUMBER_DIFFERS,
        Reason.EMPLOYER_UNCLEAR,
        Reason.WORKPLACE_UNCLEAR,
        Reason.SIGNATURE_UNCLEAR,
        Reason.OTHER,
    ),
    Step.REFUSE: (
        Reason.NOT_REACHED,
        Reason.NOT_ELIGIBLE,
        Reason.ALREADY_MEMBER,
        Reason.FALSE_STATEMENT,
        Reason.OTHER,
    ),
    Step.MOVE: (Reason.OTHER_UNION, Reason.OTHER),
}
"""Which reasons a decision may have; those that are not here have none."""


class Purpose(StrEnum):
    """What an officer needs a whole identity number for."""

    REAL_NAME_REGISTER = "real_name_register"
    COMPARE_DOCUMENT = "compare_document"
    DUPLICATE = "duplicate"
    APPLICANT_ASKED = "applicant_asked"
    AUTHORITY_ASKED = "authority_asked"


class What(StrEnum):
    """What happened, as history says it; a step has the name of the step."""

    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    REFUSE = "refuse"
    MOVE = "move"
    UNDO = "undo"
    RESUBMIT = "resubmit"
    WITHDRAW = "withdraw"
    SECOND_LOOK = "second_look"
    OVERDUE = "overdue"
    JOIN = "join"
    TRANSFER = "transfer"
    LEAVE = "leave"
    CLAIM = "claim"
    ASSIGN = "assign"
    NOTE = "note"
    REVEAL = "reveal"
    ERASE = "erase"


AMONG_OFFICERS = frozenset({What.ASSIGN, What.NOTE})
"""What stands in no applicant's timeline."""


# ── what a form says ──

SHORTEST_NAME, LONGEST_NAME = 2, 50
LONGEST_EMPLOYER, LONGEST_WORKPLACE, LONGEST_OPTIONAL, LONGEST_WORDS = 100, 200, 60, 500
DOT = "·"
_DOTS = str.maketrans(dict.fromkeys("・•‧･∙⋅.．。", DOT))
_APART = re.compile(r"\s+")
_HAN_APART = re.compile(r"(?<=[⺀-鿿豈-﫿\U00020000-\U0003ffff]) (?=[⺀-鿿豈-﫿\U00020000-\U0003ffff])")
_LATER_HAN = range(0x20000, 0x40000)
"""Planes of rare characters; which of them are assigned, Python knows years later than the people who bear them."""


def person_name(typed: str) -> str | Words:
    """A person's name in one spelling, or what speaks against it.

    Names of minorities have parts with `·` between them, which keyboards write in many ways.
    """
    spelled = _HAN_APART.sub("", _APART.sub(" ", unicodedata.normalize("NFC", typed)).strip())
    spelled = re.sub(rf" ?{DOT} ?", DOT, _plain_width(spelled).translate(_DOTS))
    if not is_plain(spelled):
        return Words("姓名里有看不见的字符，请重新输入", "holds characters that cannot be seen: type it anew")
    if any(unicodedata.category(character)[0] == "N" for character in spelled):
        return Words("姓名里不能有数字", "must hold no digits")
    if any(unicodedata.category(character) == "Co" for character in spelled):
        return Words("有一个字不是通用编码，请换用输入法里的正式字", "holds a character that other devices cannot show")
    if not all(_is_of_a_name(character) for character in spelled) or f"{DOT}{DOT}" in spelled:
        return Words("姓名里有不认识的符号", "holds signs that no name has")
    if not SHORTEST_NAME <= len(spelled.strip(DOT)) <= LONGEST_NAME or spelled != spelled.strip(DOT):
        return Words(
            f"姓名应为 {SHORTEST_NAME} 到 {LONGEST_NAME} 个字",
            f"must be {SHORTEST_NAME} to {LONGEST_NAME} characters",
        )
    return spelled


def _plain_width(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", each) if "\uff01" <= each <= "\uff5e" else each for each in text)


def _is_of_a_name(character: str) -> bool:
    return (
        unicodedata.category(character)[0] in {"L", "M"}
        or ord(character) in _LATER_HAN
        or character in {DOT, " ", "-", "'", "’"}
    )


Signature = Sequence[Sequence[tuple[float, float]]]
"""Strokes of points; x and y are shares of the pad's width and height, 0 to 1, from its upper left."""
MOST_STROKES, MOST_POINTS, FEWEST_POINTS = 100, 4_000, 12
SMALLEST = 0.05


def signature_fault(strokes: Signature) -> Words | None:
    """What speaks against a signature; None when it can be one."""
    points = [point for stroke in strokes for point in stroke]
    if len(points) > MOST_POINTS:
        return Words("签名的笔画太多，请重新签", "has too many points: sign anew")
    width, height = (max(values, default=0) - min(values, default=0) for values in _axes(points))
    if len(points) < FEWEST_POINTS or max(width, height) < SMALLEST:
        return Words("签名太短或太小，请写下姓名", "is too short or too small: write your name")
    return None


def _axes(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]


@dataclass(frozen=True, slots=True)
class Consent:
    """What was agreed to; the use of the ID number apart from all else."""

    version: str
    id_number: bool


@dataclass(frozen=True, slots=True)
class Form:
    """What somebody wrote; shown nowhere but to them and to who decides."""

    name: str
    id_number: IdentityNumber
    trade: str
    employer: str
    workplace: str
    organisation: UUID
    site: str | None
    key: str | None
    consent: Consent
    signature: Signature
    more: Mapping[str, str | None] | None


@dataclass(frozen=True, slots=True)
class Personal:
    """The sealed part of a form as it may be shown: numbers are masked."""

    name: str
    id_number_masked: str
    phone_masked: str | None
    sex: Sex
    born_on: dt.date
    employer: str
    workplace: str
    more: Mapping[str, str | None] | None


# ── numbers ──


def numbered(letter: str, year: int, serial: int) -> str:
    """A number that people can read out: letter, year, serial and a check character, as `A26000001237`."""
    digits = f"{year % 100:02}{serial:08}"
    return f"{letter}{digits}{check_character(digits.rjust(17, '0'))}"


# ── what is read ──


@dataclass(frozen=True, slots=True)
class Union:
    """An organisation, as people know it."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Event:
    """One row of an application's history."""

    id: int
    at: dt.datetime
    what: What
    by: By
    account: UUID | None
    reason: str | None
    words: str | None


@dataclass(frozen=True, slots=True)
class Application:
    """An application with its course; `personal` is None when it was erased."""

    id: UUID
    number: str
    account: UUID | None
    assisted_by: UUID | None
    union: Union
    path: str
    levels: int
    trade: str
    site_code: str | None
    at_station: bool
    standing: Standing
    version: int
    held: bool
    submitted_at: dt.datetime
    due_on: dt.date | None
    overdue_at: dt.datetime | None
    decided_at: dt.datetime | None
    decided_by: UUID | None
    looked_again_at: dt.datetime | None
    ended_at: dt.datetime | None
    assigned_to: UUID | None
    consent_version: str
    personal: Personal | None
    events: tuple[Event, ...]

    def last(self, *whats: What) -> Event | None:
        """The last event of some kinds."""
        return next((event for event in reversed(self.events) if event.what in whats), None)

    def may_look_again(self, now: dt.datetime) -> bool:
        """Whether a second look may be asked for: once, within thirty days."""
        return (
            self.standing.status is Status.REFUSED
            and self.looked_again_at is None
            and self.decided_at is not None
            and now - self.decided_at <= SECOND_LOOK_WITHIN
        )

    def own_steps(self, now: dt.datetime) -> tuple[Step, ...]:
        """What the applicant may do now."""
        return tuple(
            step
            for step in OWN_STEPS
            if (self.standing.status, step) in NEXT and (step is not Step.SECOND_LOOK or self.may_look_again(now))
        )


class MembershipStatus(StrEnum):
    """What became of one time in one union."""

    CURRENT = "current"
    TRANSFERRED = "transferred"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Membership:
    """One time in one union; who moves keeps the number."""

    id: UUID
    number: str
    union: Union
    trade: str
    status: MembershipStatus
    name: str | None
    since: dt.datetime
    until: dt.datetime | None


class MatchKind(StrEnum):
    """What a likely duplicate is."""

    APPLICATION = "application"
    MEMBERSHIP = "membership"


@dataclass(frozen=True, slots=True)
class Match:
    """A likely duplicate, perhaps elsewhere: what agrees, and no more of it."""

    kind: MatchKind
    id: UUID
    number: str
    union: Union
    status: str
    since: dt.datetime
    same_id_number: bool
    same_phone: bool
    similar_name_and_birth: bool
    within_reach: bool


@dataclass(frozen=True, slots=True)
class Row:
    """An application in the queue."""

    id: UUID
    number: str
    union: Union
    trade: str
    standing: Standing
    version: int
    held: bool
    assisted: bool
    submitted_at: dt.datetime
    due_on: dt.date | None
    overdue: bool
    assigned_to: UUID | None
    personal: Personal | None


@dataclass(frozen=True, slots=True)
class Figure:
    """How long the first decision took in one union and trade, or in all together, in hours."""

    union: Union | None
    trade: str | None
    waiting: int
    decided: int
    median_h: float | None
    p90_h: float | None
    returned: int


class Why(StrEnum):
    """Why an application goes to a union, in the order in which it is asked."""

    POSTER = "poster"
    FEDERATION = "federation"
    COUNTY = "county"
    POOL = "pool"
    ABOVE = "above"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A union that accepts applications, as routing looks at it; `contact` may be published."""

    id: UUID
    name: str
    level: str
    contact: str | None
    path: str
    trades: tuple[str, ...] = ()


MOST_OTHERS = 5


def routed(
    candidates: Sequence[Candidate], *, base: str | None, poster: str | None, trade: str | None
) -> tuple[Candidate | None, Why | None, tuple[Candidate, ...]]:
    """Where an application goes, why, and what else there is.

    `base` is the path of the union of the county (or of what is known of the place), `poster` that of the union whose
    poster was scanned. The nearest in the tree comes first in each turn.
    """
    turns: list[tuple[Why, Candidate]] = []
    above = sorted((each for each in candidates if base and _is_above(each.path, base)), key=_deepest)
    beside = sorted((each for each in candidates if base and _is_above(_parent(each.path), base)), key=_deepest)
    turns += [(Why.POSTER, each) for each in candidates if each.path == poster]
    turns += [(Why.FEDERATION, each) for each in beside if trade in each.trades]
    turns += [(Why.COUNTY, each) for each in above if each.level == "county"]
    turns += [(Why.POOL, each) for each in beside if each.level == "pool"]
    turns += [(Why.ABOVE, each) for each in above if each.level not in {"county", "pool"}]
    if not turns:
        return None, None, ()
    why, union = turns[0]
    others = dict.fromkeys(each for _, each in turns[1:] if each.id != union.id)
    return union, why, tuple(others)[:MOST_OTHERS]


def _is_above(path: str, base: str) -> bool:
    return base == path or base.startswith(f"{path}.")


def _parent(path: str) -> str:
    return path.rpartition(".")[0]


def _deepest(candidate: Candidate) -> tuple[int, str]:
    return -candidate.path.count("."), candidate.path
