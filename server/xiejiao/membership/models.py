"""Tables of applications, memberships, the keys of their files, and their history."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Sequence,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB, UUID

from xiejiao.accounts.models import account
from xiejiao.database import metadata
from xiejiao.organisations.models import Ltree, organisation
from xiejiao.sites.models import site
from xiejiao.vocabulary.models import trade

_INSTANT = DateTime(timezone=True)


def _account(name: str, comment: str | None = None) -> Column[Any]:
    return Column(name, UUID, ForeignKey(account.c.id, ondelete="SET NULL"), comment=comment)


def _union() -> tuple[Column[Any], ...]:
    return (
        Column("organisation_id", UUID, ForeignKey(organisation.c.id), nullable=False),
        Column("path", Ltree, nullable=False, comment="of its organisation, so that reach is decided within the row"),
        Column("trade", Text, ForeignKey(trade.c.code), nullable=False),
    )


def _personal() -> tuple[Column[Any], ...]:
    return (
        Column("id_digest", BYTEA, comment="keyed digest of the ID number, to find it again"),
        Column("id_tail_digest", BYTEA),
        Column("phone_digest", BYTEA),
        Column("phone_tail_digest", BYTEA),
        Column("person_digest", BYTEA, comment="keyed digest of name, ID number and proven phone together"),
        Column(
            "likeness",
            ARRAY(BYTEA),
            comment="keyed digests of the date of birth with the name less one character each",
        ),
        Column("form", BYTEA, comment="JSON, sealed with the key of the file"),
        Column("id_number", BYTEA),
    )


application = Table(
    "application",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("number", Text, nullable=False, unique=True, comment="receipt number, as people read it out"),
    _account("account_id", "whose it is; null: filled in by an officer and not claimed yet"),
    _account("assisted_by"),
    *_union(),
    Column("site_id", UUID, ForeignKey(site.c.id, ondelete="SET NULL")),
    Column(
        "at_station",
        Boolean,
        nullable=False,
        comment="whether it came with the key of the poster that hung at the site",
    ),
    Column("status", Text, nullable=False),
    Column(
        "above",
        Boolean,
        nullable=False,
        server_default="false",
        comment="whether a union above its own is to decide",
    ),
    Column(
        "held",
        Boolean,
        nullable=False,
        comment="whether another was open for the same ID number; only reviewers are told",
    ),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("submitted_at", _INSTANT, nullable=False),
    Column("due_on", Date, comment="last day for the union whose turn it is, by working days"),
    Column("overdue_at", _INSTANT),
    Column("first_decided_at", _INSTANT),
    Column("decided_at", _INSTANT),
    _account("decided_by"),
    Column("looked_again_at", _INSTANT, comment="when a second look at a refusal was asked for; it may be once"),
    Column("ended_at", _INSTANT, comment="null: open; one approved ends when its membership begins"),
    _account("assigned_to"),
    Column("consent_version", Text, nullable=False),
    Column("consent_at", _INSTANT, nullable=False),
    *_personal(),
    Column("signature", BYTEA),
    Column("erased_at", _INSTANT),
)
Index(
    "application_open_idx",
    application.c.id_digest,
    unique=True,
    postgresql_where=text("ended_at IS NULL AND NOT held"),
)
Index(
    "application_own_open_idx",
    application.c.account_id,
    application.c.id_digest,
    unique=True,
    postgresql_where=text("ended_at IS NULL"),
)
Index(
    "application_queue_idx",
    text("(overdue_at IS NULL)"),
    application.c.submitted_at,
    application.c.id,
    postgresql_where=text("status IN ('submitted', 'approved_basic')"),
)
Index(
    "application_status_idx",
    application.c.status,
    text("(overdue_at IS NULL)"),
    application.c.submitted_at,
    application.c.id,
)
# Holds all that counting and the guard of rows ask for, so that no row is read to be counted.
Index(
    "application_counts_idx",
    application.c.status,
    postgresql_include=["organisation_id", "overdue_at", "path", "account_id", "person_digest"],
    postgresql_where=text("status IN ('submitted', 'returned', 'approved_basic')"),
)
Index(
    "application_organisation_id_idx",
    application.c.organisation_id,
    application.c.status,
    application.c.submitted_at,
)
Index("application_account_id_idx", application.c.account_id)
Index(
    "application_due_on_idx",
    application.c.due_on,
    postgresql_where=text("overdue_at IS NULL AND due_on IS NOT NULL"),
)
Index(
    "application_ended_at_idx",
    application.c.status,
    application.c.ended_at,
    postgresql_where=text("erased_at IS NULL"),
)
for _column in (
    "first_decided_at", "id_digest", "id_tail_digest", "phone_digest", "phone_tail_digest", "person_digest",
):  # fmt: skip
    Index(f"application_{_column}_idx", application.c[_column])
Index("application_likeness_idx", application.c.likeness, postgresql_using="gin")
Sequence("application_number_seq", maxvalue=99_999_999, cycle=True, metadata=metadata)

membership = Table(
    "membership",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("number", Text, nullable=False, comment="member number; the same for all of one person"),
    _account("account_id"),
    Column(
        "application_id",
        UUID,
        ForeignKey(application.c.id),
        unique=True,
        comment="from which it came; null: from another membership",
    ),
    *_union(),
    Column("status", Text, nullable=False, server_default="current"),
    Column("since", _INSTANT, nullable=False),
    Column("until", _INSTANT),
    *_personal(),
    Column("erased_at", _INSTANT),
    comment="one time in one union each; who moves has two, with one number",
)
Index("membership_current_idx", membership.c.id_digest, unique=True, postgresql_where=text("status = 'current'"))
Index("membership_organisation_id_idx", membership.c.organisation_id, membership.c.status)
for _column in ("id_digest", "number", "account_id", "phone_digest", "person_digest"):
    Index(f"membership_{_column}_idx", membership.c[_column])
Index("membership_likeness_idx", membership.c.likeness, postgresql_using="gin")
Sequence("membership_number_seq", maxvalue=99_999_999, cycle=True, metadata=metadata)

file_key = Table(
    "file_key",
    metadata,
    Column("file", UUID, primary_key=True),
    Column("wrapped", BYTEA, nullable=False),
    comment="data key of each application and membership, wrapped by the installation's; ordinary backups leave it out",
)

membership_event = Table(
    "membership_event",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("application_id", UUID),
    Column("membership_id", UUID),
    Column("version", Integer, comment="of the application, after what happened"),
    Column("at", _INSTANT, nullable=False),
    Column("account_id", UUID),
    Column("by_role", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("reason", Text),
    Column("words", BYTEA, comment="sealed with the key of the file"),
    Column("details", JSONB, nullable=False, server_default="{}", comment="ids and codes, nothing personal"),
    Column("mac", BYTEA, nullable=False, comment="keyed digest of the mac before and of this row"),
    comment="what happened, one after the other; each row vouches for all before it",
)
Index("membership_event_application_id_idx", membership_event.c.application_id, membership_event.c.id)
Index("membership_event_membership_id_idx", membership_event.c.membership_id, membership_event.c.id)
Index("membership_event_what_idx", membership_event.c.what, membership_event.c.at)
