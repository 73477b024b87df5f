"""Who people are and what they may do: accounts, sign-ins, grants; personal data sealed, rows guarded.

Row-level security is forced on what is personal and on grants. The process that serves says, at the beginning of each
transaction that touches them, for whom it acts and where in the tree (`acting_account`, `acting_reaches`); who says
nothing sees nothing. `caller_of` is the one door for a request whose account is not known yet.
"""

from alembic import op

revision = "0009"
down_revision = "0008"

_ACTING = """
CREATE FUNCTION acting_account() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT nullif(current_setting('xiejiao.account', true), '')::uuid $$;

CREATE FUNCTION acting_phone() RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT decode(nullif(current_setting('xiejiao.phone', true), ''), 'hex') $$;

CREATE FUNCTION acting_reaches(path ltree) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT coalesce(current_setting('xiejiao.everywhere', true) = 'yes', false)
        OR coalesce(path <@ nullif(current_setting('xiejiao.paths', true), '')::ltree[], false) $$;
"""

_TABLES = """
CREATE TABLE account (
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT account_pkey PRIMARY KEY,
    kind text NOT NULL CONSTRAINT account_kind_check CHECK (kind IN ('rider', 'staff')),
    name text CONSTRAINT account_name_key UNIQUE
        CONSTRAINT account_name_check CHECK (length(name) BETWEEN 2 AND 60),
    password text,
    must_change_password boolean NOT NULL DEFAULT false,
    demo boolean NOT NULL DEFAULT false,
    added_at timestamptz NOT NULL,
    disabled_at timestamptz,
    CONSTRAINT account_staff_check CHECK ((kind = 'staff') = (name IS NOT NULL))
);
COMMENT ON COLUMN account.name IS 'what a member of staff signs in with; riders have none';
COMMENT ON COLUMN account.password IS 'argon2id';
COMMENT ON COLUMN account.demo IS 'for demonstration; needs no authenticator';

CREATE TABLE person_key (
    person uuid NOT NULL CONSTRAINT person_key_pkey PRIMARY KEY,
    wrapped bytea NOT NULL
);
COMMENT ON TABLE person_key IS 'data key of each person, wrapped by the installation''s; ordinary backups leave it out';

CREATE TABLE person (
    account_id uuid NOT NULL CONSTRAINT person_pkey PRIMARY KEY
        CONSTRAINT person_account_id_fkey REFERENCES account (id) ON DELETE CASCADE,
    phone_digest bytea NOT NULL CONSTRAINT person_phone_digest_key UNIQUE,
    phone bytea NOT NULL
);
COMMENT ON COLUMN person.phone_digest IS 'keyed digest of the mobile number, to find it again';
COMMENT ON COLUMN person.phone IS 'mobile number, sealed';

CREATE TABLE authenticator (
    account_id uuid NOT NULL CONSTRAINT authenticator_pkey PRIMARY KEY
        CONSTRAINT authenticator_account_id_fkey REFERENCES account (id) ON DELETE CASCADE,
    secret bytea NOT NULL,
    last_step bigint NOT NULL DEFAULT 0,
    confirmed_at timestamptz
);
COMMENT ON COLUMN authenticator.secret IS 'TOTP secret in base32, sealed';
COMMENT ON COLUMN authenticator.last_step IS 'last half minute whose code was used: none is taken twice';
COMMENT ON COLUMN authenticator.confirmed_at IS 'when a first code proved that the person has it; null: not yet';

CREATE TABLE recovery_code (
    account_id uuid NOT NULL
        CONSTRAINT recovery_code_account_id_fkey REFERENCES account (id) ON DELETE CASCADE,
    digest bytea NOT NULL,
    used_at timestamptz,
    CONSTRAINT recovery_code_pkey PRIMARY KEY (account_id, digest)
);

CREATE TABLE sign_in (
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT sign_in_pkey PRIMARY KEY,
    account_id uuid NOT NULL CONSTRAINT sign_in_account_id_fkey REFERENCES account (id) ON DELETE CASCADE,
    token_digest bytea NOT NULL CONSTRAINT sign_in_token_digest_key UNIQUE,
    device text NOT NULL CONSTRAINT sign_in_device_check CHECK (length(device) <= 100),
    began_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    idle interval NOT NULL,
    ends_at timestamptz NOT NULL
);
COMMENT ON COLUMN sign_in.token_digest IS 'SHA-256 of the token in the browser';
COMMENT ON COLUMN sign_in.device IS 'what kind of browser it was, as Chrome, Android';
COMMENT ON COLUMN sign_in.idle IS 'ends when not seen for so long';
CREATE INDEX sign_in_account_id_idx ON sign_in (account_id);

CREATE INDEX sign_in_ends_at_idx ON sign_in (ends_at);

CREATE TABLE sign_in_code (
    phone_digest bytea NOT NULL CONSTRAINT sign_in_code_pkey PRIMARY KEY,
    code_digest bytea NOT NULL,
    tries integer NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE sign_in_code IS 'the code that was sent to a number last; a new one kills the old';

CREATE TABLE sign_in_link (
    token_digest bytea NOT NULL CONSTRAINT sign_in_link_pkey PRIMARY KEY,
    account_id uuid NOT NULL CONSTRAINT sign_in_link_account_id_fkey REFERENCES account (id) ON DELETE CASCADE
);
CREATE INDEX sign_in_link_account_id_idx ON sign_in_link (account_id);
COMMENT ON TABLE sign_in_link IS 'links that sign in once, for demonstration on one''s own machine';

CREATE TABLE role_grant (
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT role_grant_pkey PRIMARY KEY,
    account_id uuid NOT NULL CONSTRAINT role_grant_account_id_fkey REFERENCES account (id) ON DELETE CASCADE,
    role text NOT NULL CONSTRAINT role_grant_role_check
        CHECK (role IN ('site_manager', 'reviewer', 'organisation_admin', 'system_admin', 'auditor')),
    organisation_id uuid CONSTRAINT role_grant_organisation_id_fkey REFERENCES organisation (id),
    site_id uuid CONSTRAINT role_grant_site_id_fkey REFERENCES site (id) ON DELETE CASCADE,
    given_by uuid CONSTRAINT role_grant_given_by_fkey REFERENCES account (id) ON DELETE SET NULL,
    given_at timestamptz NOT NULL,
    seconded_by uuid CONSTRAINT role_grant_seconded_by_fkey REFERENCES account (id) ON DELETE SET NULL,
    seconded_at timestamptz,
    withdrawn_by uuid CONSTRAINT role_grant_withdrawn_by_fkey REFERENCES account (id) ON DELETE SET NULL,
    withdrawn_at timestamptz,
    CONSTRAINT role_grant_reach_check CHECK (
        CASE
            WHEN role = 'site_manager' THEN site_id IS NOT NULL AND organisation_id IS NULL
            WHEN role IN ('reviewer', 'organisation_admin') THEN organisation_id IS NOT NULL AND site_id IS NULL
            ELSE organisation_id IS NULL AND site_id IS NULL
        END
    ),
    CONSTRAINT role_grant_not_to_oneself_check CHECK (given_by <> account_id),
    CONSTRAINT role_grant_second_person_check CHECK (seconded_by <> account_id AND seconded_by <> given_by)
);
COMMENT ON COLUMN role_grant.given_by IS 'null: by the operator at a terminal';
COMMENT ON COLUMN role_grant.seconded_by IS 'second person, where the role needs one';
CREATE UNIQUE INDEX role_grant_once_idx ON role_grant (
    account_id, role, coalesce(organisation_id, site_id, '00000000-0000-0000-0000-000000000000')
) WHERE withdrawn_at IS NULL;
CREATE INDEX role_grant_organisation_id_idx ON role_grant (organisation_id);
CREATE INDEX role_grant_site_id_idx ON role_grant (site_id);
CREATE INDEX role_grant_given_by_idx ON role_grant (given_by);
CREATE INDEX role_grant_seconded_by_idx ON role_grant (seconded_by);
CREATE INDEX role_grant_withdrawn_by_idx ON role_grant (withdrawn_by);

CREATE TABLE account_history (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT account_history_pkey PRIMARY KEY,
    account_id uuid NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL CONSTRAINT account_history_actor_check CHECK (length(actor) BETWEEN 1 AND 100),
    action text NOT NULL CONSTRAINT account_history_action_check CHECK (length(action) BETWEEN 1 AND 60),
    details jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE account_history IS 'what happened to accounts and grants; ids only, nothing personal';
CREATE INDEX account_history_account_id_idx ON account_history (account_id, id);
"""

_CALLER_OF = """
CREATE FUNCTION caller_of(digest bytea, at timestamptz)
RETURNS TABLE (
    account uuid, sign_in uuid, seen_at timestamptz, kind text, first_step text,
    roles text[], paths text[], sites uuid[]
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$
    SELECT account.id, sign_in.id, sign_in.seen_at, account.kind,
        CASE
            WHEN account.kind = 'rider' OR account.demo THEN NULL
            WHEN account.must_change_password THEN 'password'
            WHEN NOT EXISTS (
                SELECT FROM authenticator WHERE account_id = account.id AND confirmed_at IS NOT NULL
            ) THEN 'authenticator'
        END,
        held.roles, held.paths, held.sites
    FROM sign_in
    JOIN account ON account.id = sign_in.account_id
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(role_grant.role ORDER BY role_grant.id), '{}') AS roles,
            coalesce(array_agg(organisation.path::text ORDER BY role_grant.id), '{}') AS paths,
            coalesce(array_agg(role_grant.site_id ORDER BY role_grant.id), '{}') AS sites
        FROM role_grant LEFT JOIN organisation ON organisation.id = role_grant.organisation_id
        WHERE role_grant.account_id = account.id AND withdrawn_at IS NULL
            AND (seconded_at IS NOT NULL OR role NOT IN ('organisation_admin', 'system_admin', 'auditor'))
    ) AS held
    WHERE sign_in.token_digest = digest AND sign_in.ends_at > at AND sign_in.seen_at > at - sign_in.idle
        AND account.disabled_at IS NULL
$$;
COMMENT ON FUNCTION caller_of(bytea, timestamptz) IS 'who carries the token with this digest, and the grants that hold';
REVOKE ALL ON FUNCTION caller_of(bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION caller_of(bytea, timestamptz) TO xiejiao_app;
"""

_SEALED = """
CREATE FUNCTION wrapped_heads(head_bytes integer) RETURNS SETOF bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT DISTINCT substring(wrapped FROM 1 FOR head_bytes) FROM person_key $$;
COMMENT ON FUNCTION wrapped_heads(integer) IS 'beginnings of the data keys, which say by which key they were wrapped';

CREATE FUNCTION holds_people() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT EXISTS (SELECT FROM person) OR EXISTS (SELECT FROM authenticator) $$;
COMMENT ON FUNCTION holds_people() IS 'whether anything is sealed or digested with the keys of the installation';

REVOKE ALL ON FUNCTION wrapped_heads(integer), holds_people() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wrapped_heads(integer), holds_people() TO xiejiao_app;
"""

_OWN = {
    "person": "account_id = acting_account() OR phone_digest = acting_phone()",
    "person_key": "person = acting_account()",
    "authenticator": "account_id = acting_account()",
    "recovery_code": "account_id = acting_account()",
}
_REACHED = """acting_reaches(coalesce(
    (SELECT path FROM organisation WHERE organisation.id = organisation_id),
    (SELECT path FROM organisation JOIN site ON site.organisation_id = organisation.id WHERE site.id = site_id),
    ''::ltree
))"""


def upgrade() -> None:
    for each in (_ACTING, _TABLES, _CALLER_OF, _SEALED):
        op.execute(each)
    for table, own in _OWN.items():
        _guard(table)
        op.execute(f"CREATE POLICY own ON {table} TO xiejiao_app USING ({own}) WITH CHECK ({own})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO xiejiao_app")
    _guard("role_grant")
    op.execute(
        "CREATE POLICY seen ON role_grant FOR SELECT TO xiejiao_app"
        f" USING (account_id = acting_account() OR {_REACHED})"
    )
    op.execute(
        "CREATE POLICY given ON role_grant FOR INSERT TO xiejiao_app"
        f" WITH CHECK (given_by = acting_account() AND account_id <> acting_account() AND {_REACHED})"
    )
    op.execute(
        "CREATE POLICY changed ON role_grant FOR UPDATE TO xiejiao_app"
        f" USING (account_id = acting_account() OR {_REACHED})"
        " WITH CHECK (account_id <> acting_account() OR withdrawn_by = acting_account())"
    )
    op.execute("GRANT SELECT, INSERT ON role_grant TO xiejiao_app")
    op.execute("GRANT UPDATE (seconded_by, seconded_at, withdrawn_by, withdrawn_at) ON role_grant TO xiejiao_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON account, sign_in, sign_in_code, sign_in_link TO xiejiao_app")
    op.execute("GRANT SELECT, INSERT ON account_history TO xiejiao_app")


def _guard(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY operator ON {table} TO xiejiao_owner USING (true) WITH CHECK (true)")


def downgrade() -> None:
    op.execute("DROP FUNCTION caller_of(bytea, timestamptz), wrapped_heads(integer), holds_people()")
    op.execute(
        "DROP TABLE account_history, role_grant, sign_in_link, sign_in_code, sign_in, recovery_code, authenticator,"
        " person, person_key, account"
    )
    op.execute("DROP FUNCTION acting_account(), acting_phone(), acting_reaches(ltree)")
