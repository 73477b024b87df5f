"""What can be sent, how far a message is, and what a provider may have made of it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from xiejiao.language import Words

KIND = "message"
"""The kind of the job that sends a message."""
KEPT_FOR = dt.timedelta(days=30)
"""How long it can be looked up what became of a message."""
_FIRST_PAUSE = dt.timedelta(seconds=2)


class Template(StrEnum):
    """The texts that are sent."""

    SIGN_IN_CODE = "sign_in_code"
    APPLICATION_NEWS = "application_news"
    MEMBERSHIP_NEWS = "membership_news"

    def words(self, parameters: Mapping[str, str]) -> Words:
        """The text in both languages with its parameters; KeyError when one is missing."""
        zh, en = _TEXTS[self]
        return Words(zh.format_map(parameters), en.format_map(parameters))


_TEXTS = {
    Template.SIGN_IN_CODE: Words(
        "您的歇脚登录验证码是 {code}，5 分钟内有效，请勿告诉他人。",
        "Your Xiejiao sign-in code is {code}; it holds for 5 minutes. Tell it to nobody.",
    ),
    Template.APPLICATION_NEWS: Words(
        "您的入会申请 {number} 有新进展，请打开歇脚查看。",
        "There is news of your application {number} to join the union; please open Xiejiao.",
    ),
    Template.MEMBERSHIP_NEWS: Words(
        "您的工会会员信息（会员号 {number}）有变化，请打开歇脚查看。",
        "Something has changed about your union membership, number {number}; please open Xiejiao.",
    ),
}


class State(StrEnum):
    """How far a message is; once it has been `sending`, it is sent again only when it certainly was not taken."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Taken:
    """The provider took it, and knows it under `reference`."""

    reference: str


@dataclass(frozen=True, slots=True)
class NotTaken:
    """The provider certainly did not take it; `again` when it may at another time."""

    why: str
    again: bool


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been taken or not."""

    why: str


Outcome = Taken | NotTaken | Unknown


@dataclass(frozen=True, slots=True)
class Message:
    """A message that is being sent; its text and number show nowhere."""

    id: UUID
    template: Template
    phone: str = field(repr=False)
    parameters: Mapping[str, str] = field(repr=False)
    tries: int
    expires: dt.datetime


def retry_at(message: Message, now: dt.datetime) -> dt.datetime | None:
    """When a message that was not taken is tried again; None when it will have expired by then."""
    at = now + _FIRST_PAUSE * 2 ** (message.tries - 1)
    return at if at < message.expires else None


def masked(phone: str) -> str:
    """The number as it may be shown: its first three and last four digits."""
    return f"{phone[:3]}****{phone[-4:]}"
