"""What an account is, how long a sign-in lasts, what may be tried how often, what a number and a password must be."""

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from xiejiao.errors import FieldFault, InputError
from xiejiao.language import Words, is_plain
from xiejiao.quotas.rules import Quota
from xiejiao.roles import Role


class Kind(StrEnum):
    """Riders sign in by their number, staff by name, password and authenticator."""

    RIDER = "rider"
    STAFF = "staff"


# ── how often ──

_MINUTE, _HOUR, _DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
CODES_TO_A_PHONE = (Quota("codes to a phone in a minute", 1, _MINUTE), Quota("codes to a phone in a day", 5, _DAY))
CODES_FROM_A_NETWORK = Quota("codes from a network", 300, _HOUR)
"""A carrier puts a whole city behind one address: hundreds, never one."""
CODES_IN_ALL = Quota("codes in all", 3_000, _HOUR)
TRIES_FROM_A_NETWORK = Quota("sign-ins tried from a network", 600, _HOUR)
TRIES_OF_A_NAME_FROM_A_NETWORK = Quota("sign-ins tried with a name from a network", 8, dt.timedelta(minutes=15))
"""Eight, then a pause: guessing from one place goes nowhere, and locks out nobody who is elsewhere."""
TRIES_OF_A_NAME = Quota("sign-ins tried with a name", 1_000, _HOUR)
"""So many that only who commands a hundred networks keeps a colleague out; a right guess wants a code too."""
TRIES_OF_ONES_OWN = Quota("own password or code tried", 20, _HOUR)

CODE_TRIES = 5
CODE_DIGITS = 6
CODE_LASTS = dt.timedelta(minutes=5)

# ── how long ──


@dataclass(frozen=True, slots=True)
class Span:
    """A sign-in ends when it was not used for `idle`, and at the latest after `whole`."""

    idle: dt.timedelta
    whole: dt.timedelta


LASTS = {
    Kind.RIDER: Span(dt.timedelta(days=90), dt.timedelta(days=365)),
    # A station's round of thirty seconds a day leaves no time to sign in each morning.
    Kind.STAFF: Span(dt.timedelta(days=14), dt.timedelta(days=90)),
}
SEEN_EVERY = dt.timedelta(hours=1)
"""How exactly it is written down when a sign-in was used last."""

# ── values ──


@dataclass(frozen=True, slots=True)
class Token:
    """What a browser is given once signed in, and for how long it is to keep it."""

    text: str
    lasts: dt.timedelta


@dataclass(frozen=True, slots=True)
class HeldGrant:
    """A grant as people see it; `where` is the name of the organisation or place, None in the whole installation."""

    id: UUID
    account: UUID
    account_name: str | None
    role: Role
    organisation: UUID | None
    site: UUID | None
    site_code: str | None
    where: str | None
    given_at: dt.datetime
    holds: bool
    """Whether it holds: some roles want a second person first."""
    given_by_caller: bool


@dataclass(frozen=True, slots=True)
class SignIn:
    """One of a person's own sign-ins."""

    id: UUID
    device: str
    began_at: dt.datetime
    seen_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it is shown to its owner, or to whoever gives grants; `phone` is masked."""

    id: UUID
    kind: Kind
    name: str | None
    phone: str | None


# ── numbers, names, passwords ──

_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_BETWEEN = re.compile(r"[\s\-()‐-―]+")
_NAME = re.compile(r"[\w.\-]{2,60}")
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 128
FEWEST_DIFFERENT = 5
_FIRST_GUESSES = (
    "password", "passw0rd", "qwerty", "asdfgh", "zxcvbn", "123456", "654321", "111111", "000000", "888888", "666666",
    "admin", "letmein", "iloveyou", "woaini", "5201314", "xiejiao", "gonghui", "abc123", "abcdef", "1qaz2wsx", "a1b2c3",
)  # fmt: skip
"""What is guessed first: a password is not built around one of these."""


def mobile(typed: str) -> str:
    """The eleven digits of a mobile number of the mainland; InputError on `phone` when it is none."""
    digits = _BETWEEN.sub("", unicodedata.normalize("NFKC", typed))
    digits = re.sub(r"^(\+|00)?86(?=1)", "", digits)
    if not _MOBILE.fullmatch(digits):
        raise InputError(
            FieldFault("phone", Words("应为 11 位手机号", "must be a mobile number of the mainland, 11 digits"))
        )
    return digits


def login_name(typed: str) -> str:
    """The name that staff sign in with, in one spelling; InputError on `name` when it cannot be one."""
    name = unicodedata.normalize("NFKC", typed).strip().lower()
    if not (_NAME.fullmatch(name) and is_plain(name)):
        raise InputError(
            FieldFault("name", Words("2 到 60 个字、数字、点或横线", "2 to 60 letters, digits, dots or hyphens"))
        )
    return name


def password(typed: str, *, name: str, field: str = "new") -> str:
    """A password that may be set, in one spelling; InputError that names every fault."""
    spelled = unicodedata.normalize("NFKC", typed)
    faults = []
    if not SHORTEST_PASSWORD <= len(spelled) <= LONGEST_PASSWORD:
        faults.append(
            Words(
                f"{SHORTEST_PASSWORD} 到 {LONGEST_PASSWORD} 个字符",
                f"must be {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters",
            )
        )
    if len(set(spelled)) < FEWEST_DIFFERENT:
        faults.append(Words("重复的字符太多", "repeats too few characters"))
    left = spelled.lower()
    for guess in (name, *_FIRST_GUESSES):
        left = left.replace(guess, "")
    if left != spelled.lower() and len(left) < SHORTEST_PASSWORD - FEWEST_DIFFERENT:
        faults.append(Words("太容易猜到", "is too easy to guess"))
    if faults:
        raise InputError(*(FieldFault(field, fault) for fault in faults))
    return spelled


# ── browsers ──

_BROWSERS = (
    ("MicroMessenger", "微信"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_PLATFORMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac", "Mac"))


def device(user_agent: str) -> str:
    """What a person knows their own browser by, as `Chrome, Android`; never what tells it from others of its kind."""
    known = [next((name for mark, name in names if mark in user_agent), "") for names in (_BROWSERS, _PLATFORMS)]
    return ", ".join(name for name in known if name)
