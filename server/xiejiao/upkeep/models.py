"""Tables of poster keys, devices, votes, tasks, rounds and photos."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import BYTEA, UUID

from xiejiao.accounts.models import account
from xiejiao.database import metadata
from xiejiao.sites.models import site
from xiejiao.vocabulary.models import amenity

_INSTANT = DateTime(timezone=True)


def _id() -> Column[Any]:
    return Column("id", UUID, primary_key=True, server_default=func.gen_random_uuid())


def _site() -> Column[Any]:
    return Column("site_id", UUID, ForeignKey(site.c.id, ondelete="CASCADE"), nullable=False)


def _amenity() -> Column[Any]:
    return Column("amenity", Text, ForeignKey(amenity.c.code))


poster_key = Table(
    "poster_key",
    metadata,
    Column("digest", BYTEA, primary_key=True, comment="SHA-256 of the key that the poster's QR code carries"),
    _site(),
    Column("made_at", _INSTANT, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("replaced_at", _INSTANT, comment="since then the key opens the page and proves nothing"),
)
Index("poster_key_present_idx", poster_key.c.site_id, unique=True, postgresql_where=text("replaced_at IS NULL"))

device = Table(
    "device",
    metadata,
    _id(),
    Column("digest", BYTEA, nullable=False, unique=True),
    Column("issued_at", _INSTANT, nullable=False),
    comment="phones that may vote without an account, by the digest of a random token",
)
Index("device_issued_at_idx", device.c.issued_at)

task = Table(
    "task",
    metadata,
    _id(),
    _site(),
    Column("says", Text, nullable=False),
    _amenity(),
    Column("opened_at", _INSTANT, nullable=False),
    Column("due_on", Date, nullable=False, comment="last day on which the clock has not run out, by working days"),
    Column("escalated_at", _INSTANT, comment="since then it stands on the list of the union above"),
    Column("closed_at", _INSTANT),
    Column("closed_by", Text),
    Column("reply", Text),
    Column(
        "reopened",
        Integer,
        nullable=False,
        server_default="0",
        comment="how often a reporter said that it is still not right",
    ),
)
Index(
    "task_open_idx",
    task.c.site_id,
    task.c.says,
    func.coalesce(task.c.amenity, text("''")),
    unique=True,
    postgresql_where=text("closed_at IS NULL"),
)
Index("task_due_idx", task.c.due_on, postgresql_where=text("closed_at IS NULL"))

vote = Table(
    "vote",
    metadata,
    _id(),
    _site(),
    Column("says", Text, nullable=False),
    _amenity(),
    Column("at", _INSTANT, nullable=False),
    Column("device_id", UUID, ForeignKey(device.c.id, ondelete="CASCADE"), nullable=False),
    Column("account_id", UUID, ForeignKey(account.c.id, ondelete="SET NULL")),
    Column("network", Text, nullable=False, comment="keyed digest of the /24 or /48 that it came from"),
    Column("keyed", Boolean, nullable=False, comment="whether it came with the key of the present poster"),
    Column(
        "near",
        Boolean,
        nullable=False,
        comment="whether the phone says that it is near; where it is, it does not say",
    ),
    Column("posted_open", Boolean, nullable=False, comment="whether the posted hours said open"),
    Column(
        "link_digest",
        BYTEA,
        nullable=False,
        unique=True,
        comment="SHA-256 of the token in the reporter's private link",
    ),
    Column("task_id", UUID, ForeignKey(task.c.id, ondelete="SET NULL")),
    Column("reopened_at", _INSTANT, comment="when the reporter last said that it is still not right"),
    Column("cleared_at", _INSTANT, comment="since a manager's word it counts no more"),
)
Index("vote_site_id_idx", vote.c.site_id, vote.c.at, postgresql_where=text("cleared_at IS NULL"))
Index("vote_device_id_idx", vote.c.device_id, vote.c.at)
Index("vote_account_id_idx", vote.c.account_id, postgresql_where=text("account_id IS NOT NULL"))
Index("vote_at_idx", vote.c.at)
Index("vote_task_id_idx", vote.c.task_id)

task_history = Table(
    "task_history",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("task_id", UUID, nullable=False),
    Column("at", _INSTANT, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("words", Text),
)
Index("task_history_task_id_idx", task_history.c.task_id, task_history.c.id)

round_ = Table(
    "round",
    metadata,
    _id(),
    _site(),
    Column("at", _INSTANT, nullable=False, comment="when the manager answered, by their phone"),
    Column("received_at", _INSTANT, nullable=False),
    Column("actor", Text, nullable=False),
    Column("hours_as_posted", Boolean, nullable=False),
    Column("everything_works", Boolean, nullable=False),
    Column("stock_all_right", Boolean, nullable=False),
)
Index("round_site_id_idx", round_.c.site_id, round_.c.at)

photo = Table(
    "photo",
    metadata,
    _id(),
    _site(),
    Column("jpeg", BYTEA, nullable=False, comment="drawn anew by the server: nothing of what was sent is kept"),
    Column("small", BYTEA, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("added_at", _INSTANT, nullable=False),
    Column("added_by", Text, nullable=False),
)
Index("photo_site_id_idx", photo.c.site_id, photo.c.added_at)
