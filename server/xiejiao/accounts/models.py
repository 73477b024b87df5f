"""Tables of accounts, of what proves who one is, of sign-ins, grants and their history."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
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
from sqlalchemy.dialects.postgresql import BYTEA, INTERVAL, JSONB, UUID

from xiejiao.database import metadata
from xiejiao.organisations.models import organisation

_INSTANT = DateTime(timezone=True)
_NEW_ID = func.gen_random_uuid()

account = Table(
    "account",
    metadata,
    Column("id", UUID, primary_key=True, server_default=_NEW_ID),
    Column("kind", Text, nullable=False),
    Column("name", Text, unique=True, comment="what a member of staff signs in with; riders have none"),
    Column("password", Text, comment="argon2id"),
    Column("must_change_password", Boolean, nullable=False, server_default="false"),
    Column(
        "demo", Boolean, nullable=False, server_default="false", comment="for demonstration; needs no authenticator"
    ),
    Column("added_at", _INSTANT, nullable=False),
    Column("disabled_at", _INSTANT),
)

person_key = Table(
    "person_key",
    metadata,
    Column("person", UUID, primary_key=True),
    Column("wrapped", BYTEA, nullable=False),
    comment="data key of each person, wrapped by the installation's; ordinary backups leave it out",
)


def _account(*, key: bool = False) -> Column[Any]:
    return Column("account_id", UUID, ForeignKey(account.c.id, ondelete="CASCADE"), primary_key=key, nullable=False)


person = Table(
    "person",
    metadata,
    _account(key=True),
    Column(
        "phone_digest",
        BYTEA,
        nullable=False,
        unique=True,
        comment="keyed digest of the mobile number, to find it again",
    ),
    Column("phone", BYTEA, nullable=False, comment="mobile number, sealed"),
)

authenticator = Table(
    "authenticator",
    metadata,
    _account(key=True),
    Column("secret", BYTEA, nullable=False, comment="TOTP secret in base32, sealed"),
    Column(
        "last_step",
        BigInteger,
        nullable=False,
        server_default="0",
        comment="last half minute whose code was used: none is taken twice",
    ),
    Column("confirmed_at", _INSTANT, comment="when a first code proved that the person has it; null: not yet"),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    _account(key=True),
    Column("digest", BYTEA, primary_key=True),
    Column("used_at", _INSTANT),
)

sign_in = Table(
    "sign_in",
    metadata,
    Column("id", UUID, primary_key=True, server_default=_NEW_ID),
    _account(),
    Column("token_digest", BYTEA, nullable=False, unique=True, comment="SHA-256 of the token in the browser"),
    Column("device", Text, nullable=False, comment="what kind of browser it was, as Chrome, Android"),
    Column("began_at", _INSTANT, nullable=False),
    Column("seen_at", _INSTANT, nullable=False),
    Column("idle", INTERVAL, nullable=False, comment="ends when not seen for so long"),
    Column("ends_at", _INSTANT, nullable=False),
)
Index("sign_in_account_id_idx", sign_in.c.account_id)
Index("sign_in_ends_at_idx", sign_in.c.ends_at)

sign_in_code = Table(
    "sign_in_code",
    metadata,
    Column("phone_digest", BYTEA, primary_key=True),
    Column("code_digest", BYTEA, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("expires_at", _INSTANT, nullable=False),
    comment="the code that was sent to a number last; a new one kills the old",
)

sign_in_link = Table(
    "sign_in_link",
    metadata,
    Column("token_digest", BYTEA, primary_key=True),
    _account(),
    comment="links that sign in once, for demonstration on one's own machine",
)
Index("sign_in_link_account_id_idx", sign_in_link.c.account_id)

role_grant = Table(
    "role_grant",
    metadata,
    Column("id", UUID, primary_key=True, server_default=_NEW_ID),
    _account(),
    Column("role", Text, nullable=False),
    Column("organisation_id", UUID, ForeignKey(organisation.c.id)),
    Column("site_id", UUID, ForeignKey("site.id", ondelete="CASCADE")),
    Column(
        "given_by",
        UUID,
        ForeignKey(account.c.id, ondelete="SET NULL"),
        comment="null: by the operator at a terminal",
    ),
    Column("given_at", _INSTANT, nullable=False),
    Column(
        "seconded_by",
        UUID,
        ForeignKey(account.c.id, ondelete="SET NULL"),
        comment="second person, where the role needs one",
    ),
    Column("seconded_at", _INSTANT),
    Column("withdrawn_by", UUID, ForeignKey(account.c.id, ondelete="SET NULL")),
    Column("withdrawn_at", _INSTANT),
)
Index(
    "role_grant_once_idx",
    role_grant.c.account_id,
    role_grant.c.role,
    func.coalesce(role_grant.c.organisation_id, role_grant.c.site_id, text("'00000000-0000-0000-0000-000000000000'")),
    unique=True,
    postgresql_where=text("withdrawn_at IS NULL"),
)
Index("role_grant_organisation_id_idx", role_grant.c.organisation_id)
Index("role_grant_site_id_idx", role_grant.c.site_id)
Index("role_grant_given_by_idx", role_grant.c.given_by)
Index("role_grant_seconded_by_idx", role_grant.c.seconded_by)
Index("role_grant_withdrawn_by_idx", role_grant.c.withdrawn_by)

account_history = Table(
    "account_history",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("account_id", UUID, nullable=False),
    Column("at", _INSTANT, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("details", JSONB, nullable=False, server_default="{}"),
    comment="what happened to accounts and grants; ids only, nothing personal",
)
Index("account_history_account_id_idx", account_history.c.account_id, account_history.c.id)
