"""Applications, memberships, the keys of their sealed files, and a history that is only added to.

What is personal is sealed with a key of each file; digests find it again. Rows are guarded: one's own, those within
reach, and those of whom one knows name, ID number and proven phone together (`acting_person`). An ID number is open
once in the installation, but a second one is kept apart (`held`) rather than refused, so that nobody learns from the
answer who has applied. `matches_of` and `membership_head` are the owner's, each for one question across all unions.
"""

from alembic import op

revision = "0013"
down_revision = "0012"

_DIGESTS = """
    id_digest bytea,
    id_tail_digest bytea,
    phone_digest bytea,
    phone_tail_digest bytea,
    person_digest bytea,
    likeness bytea[],
    form bytea,
    id_number bytea,
"""
_TABLES = f"""
CREATE TABLE application (
    id uuid NOT NULL CONSTRAINT application_pkey PRIMARY KEY,
    number text NOT NULL CONSTRAINT application_number_key UNIQUE,
    account_id uuid CONSTRAINT application_account_id_fkey REFERENCES account (id) ON DELETE SET NULL,
    assisted_by uuid CONSTRAINT application_assisted_by_fkey REFERENCES account (id) ON DELETE SET NULL,
    organisation_id uuid NOT NULL CONSTRAINT application_organisation_id_fkey REFERENCES organisation (id),
    path ltree NOT NULL,
    trade text NOT NULL CONSTRAINT application_trade_fkey REFERENCES trade (code),
    site_id uuid CONSTRAINT application_site_id_fkey REFERENCES site (id) ON DELETE SET NULL,
    at_station boolean NOT NULL,
    status text NOT NULL CONSTRAINT application_status_check
        CHECK (status IN ('submitted', 'returned', 'approved_basic', 'approved', 'refused', 'withdrawn')),
    above boolean NOT NULL DEFAULT false,
    held boolean NOT NULL,
    version integer NOT NULL DEFAULT 1,
    submitted_at timestamptz NOT NULL,
    due_on date,
    overdue_at timestamptz,
    first_decided_at timestamptz,
    decided_at timestamptz,
    decided_by uuid CONSTRAINT application_decided_by_fkey REFERENCES account (id) ON DELETE SET NULL,
    looked_again_at timestamptz,
    ended_at timestamptz,
    assigned_to uuid CONSTRAINT application_assigned_to_fkey REFERENCES account (id) ON DELETE SET NULL,
    consent_version text NOT NULL CONSTRAINT application_consent_version_check
        CHECK (length(consent_version) BETWEEN 1 AND 40),
    consent_at timestamptz NOT NULL,
    {_DIGESTS}
    signature bytea,
    erased_at timestamptz,
    CONSTRAINT application_due_check CHECK ((due_on IS NOT NULL) = (status IN ('submitted', 'approved_basic'))),
    CONSTRAINT application_above_check CHECK (status <> 'approved_basic' OR above),
    CONSTRAINT application_ended_check CHECK (
        CASE
            WHEN status IN ('refused', 'withdrawn') THEN ended_at IS NOT NULL
            ELSE ended_at IS NULL OR status = 'approved'
        END
    ),
    CONSTRAINT application_erased_check CHECK (
        num_nonnulls(id_digest, id_tail_digest, person_digest, likeness, form, id_number, signature)
            = CASE WHEN erased_at IS NULL THEN 7 ELSE 0 END
    )
);
COMMENT ON COLUMN application.number IS 'receipt number, as people read it out';
COMMENT ON COLUMN application.account_id IS 'whose it is; null: filled in by an officer and not claimed yet';
COMMENT ON COLUMN application.path IS 'of its organisation, so that reach is decided within the row';
COMMENT ON COLUMN application.at_station IS 'whether it came with the key of the poster that hung at the site';
COMMENT ON COLUMN application.above IS 'whether a union above its own is to decide';
COMMENT ON COLUMN application.held IS 'whether another was open for the same ID number; only reviewers are told';
COMMENT ON COLUMN application.due_on IS 'last day for the union whose turn it is, by working days';
COMMENT ON COLUMN application.looked_again_at IS 'when a second look at a refusal was asked for; it may be once';
COMMENT ON COLUMN application.ended_at IS 'null: open; one approved ends when its membership begins';
COMMENT ON COLUMN application.id_digest IS 'keyed digest of the ID number, to find it again';
COMMENT ON COLUMN application.person_digest IS 'keyed digest of name, ID number and proven phone together';
COMMENT ON COLUMN application.likeness IS 'keyed digests of the date of birth with the name less one character each';
COMMENT ON COLUMN application.form IS 'JSON, sealed with the key of the file';
CREATE UNIQUE INDEX application_open_idx ON application (id_digest) WHERE ended_at IS NULL AND NOT held;
CREATE UNIQUE INDEX application_own_open_idx ON application (account_id, id_digest) WHERE ended_at IS NULL;
CREATE INDEX application_queue_idx ON application ((overdue_at IS NULL), submitted_at, id)
    WHERE status IN ('submitted', 'approved_basic');
CREATE INDEX application_status_idx ON application (status, (overdue_at IS NULL), submitted_at, id);
CREATE INDEX application_counts_idx ON application (status)
    INCLUDE (organisation_id, overdue_at, path, account_id, person_digest)
    WHERE status IN ('submitted', 'returned', 'approved_basic');
CREATE INDEX application_organisation_id_idx ON application (organisation_id, status, submitted_at);
CREATE INDEX application_account_id_idx ON application (account_id);
CREATE INDEX application_due_on_idx ON application (due_on) WHERE overdue_at IS NULL AND due_on IS NOT NULL;
CREATE INDEX application_first_decided_at_idx ON application (first_decided_at);
CREATE INDEX application_ended_at_idx ON application (status, ended_at) WHERE erased_at IS NULL;
CREATE INDEX application_id_digest_idx ON application (id_digest);
CREATE INDEX application_id_tail_digest_idx ON application (id_tail_digest);
CREATE INDEX application_phone_digest_idx ON application (phone_digest);
CREATE INDEX application_phone_tail_digest_idx ON application (phone_tail_digest);
CREATE INDEX application_person_digest_idx ON application (person_digest);
CREATE INDEX application_likeness_idx ON application USING gin (likeness);
CREATE SEQUENCE application_number_seq MAXVALUE 99999999 CYCLE;

CREATE TABLE membership (
    id uuid NOT NULL CONSTRAINT membership_pkey PRIMARY KEY,
    number text NOT NULL,
    account_id uuid CONSTRAINT membership_account_id_fkey REFERENCES account (id) ON DELETE SET NULL,
    application_id uuid CONSTRAINT membership_application_id_key UNIQUE
        CONSTRAINT membership_application_id_fkey REFERENCES application (id),
    organisation_id uuid NOT NULL CONSTRAINT membership_organisation_id_fkey REFERENCES organisation (id),
    path ltree NOT NULL,
    trade text NOT NULL CONSTRAINT membership_trade_fkey REFERENCES trade (code),
    status text NOT NULL DEFAULT 'current' CONSTRAINT membership_status_check
        CHECK (status IN ('current', 'transferred', 'left')),
    since timestamptz NOT NULL,
    until timestamptz,
    {_DIGESTS}
    erased_at timestamptz,
    CONSTRAINT membership_until_check CHECK ((until IS NULL) = (status = 'current')),
    CONSTRAINT membership_erased_check CHECK (
        num_nonnulls(id_digest, id_tail_digest, person_digest, likeness, form, id_number)
            = CASE WHEN erased_at IS NULL THEN 6 ELSE 0 END
    )
);
COMMENT ON TABLE membership IS 'one time in one union each; who moves has two, with one number';
COMMENT ON COLUMN membership.number IS 'member number; the same for all of one person';
COMMENT ON COLUMN membership.application_id IS 'from which it came; null: from another membership';
COMMENT ON COLUMN membership.path IS 'of its organisation, so that reach is decided within the row';
COMMENT ON COLUMN membership.id_digest IS 'keyed digest of the ID number, to find it again';
COMMENT ON COLUMN membership.person_digest IS 'keyed digest of name, ID number and proven phone together';
COMMENT ON COLUMN membership.likeness IS 'keyed digests of the date of birth with the name less one character each';
COMMENT ON COLUMN membership.form IS 'JSON, sealed with the key of the file';
CREATE UNIQUE INDEX membership_current_idx ON membership (id_digest) WHERE status = 'current';
CREATE INDEX membership_id_digest_idx ON membership (id_digest);
CREATE INDEX membership_number_idx ON membership (number);
CREATE INDEX membership_account_id_idx ON membership (account_id);
CREATE INDEX membership_organisation_id_idx ON membership (organisation_id, status);
CREATE INDEX membership_phone_digest_idx ON membership (phone_digest);
CREATE INDEX membership_person_digest_idx ON membership (person_digest);
CREATE INDEX membership_likeness_idx ON membership USING gin (likeness);
CREATE SEQUENCE membership_number_seq MAXVALUE 99999999 CYCLE;

CREATE TABLE file_key (
    file uuid NOT NULL CONSTRAINT file_key_pkey PRIMARY KEY,
    wrapped bytea NOT NULL
);
COMMENT ON TABLE file_key IS
    'data key of each application and membership, wrapped by the installation''s; ordinary backups leave it out';

CREATE TABLE membership_event (
    id bigint NOT NULL CONSTRAINT membership_event_pkey PRIMARY KEY,
    application_id uuid,
    membership_id uuid,
    version integer,
    at timestamptz NOT NULL,
    account_id uuid,
    by_role text NOT NULL CONSTRAINT membership_event_by_role_check
        CHECK (by_role IN ('applicant', 'union', 'upper union', 'clock')),
    what text NOT NULL CONSTRAINT membership_event_what_check CHECK (what ~ '^[a-z][a-z_]{{0,59}}$'),
    reason text CONSTRAINT membership_event_reason_check CHECK (reason ~ '^[a-z][a-z_]{{0,59}}$'),
    words bytea,
    details jsonb NOT NULL DEFAULT '{{}}',
    mac bytea NOT NULL,
    CONSTRAINT membership_event_about_check CHECK (num_nonnulls(application_id, membership_id) > 0)
);
COMMENT ON TABLE membership_event IS 'what happened, one after the other; each row vouches for all before it';
COMMENT ON COLUMN membership_event.version IS 'of the application, after what happened';
COMMENT ON COLUMN membership_event.words IS 'sealed with the key of the file';
COMMENT ON COLUMN membership_event.details IS 'ids and codes, nothing personal';
COMMENT ON COLUMN membership_event.mac IS 'keyed digest of the mac before and of this row';
CREATE INDEX membership_event_application_id_idx ON membership_event (application_id, id);
CREATE INDEX membership_event_membership_id_idx ON membership_event (membership_id, id);
CREATE INDEX membership_event_what_idx ON membership_event (what, at);
"""

_FUNCTIONS = """
CREATE FUNCTION acting_person() RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT decode(nullif(current_setting('xiejiao.person', true), ''), 'hex') $$;

CREATE FUNCTION acting_everywhere() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT coalesce(current_setting('xiejiao.everywhere', true) = 'yes', false) $$;

CREATE FUNCTION acting_paths() RETURNS ltree[] LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT nullif(current_setting('xiejiao.paths', true), '')::ltree[] $$;

CREATE FUNCTION membership_head() RETURNS TABLE (id bigint, mac bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT id, mac FROM membership_event ORDER BY id DESC LIMIT 1 $$;
COMMENT ON FUNCTION membership_head() IS 'the last row of the history, to which the next is chained';

CREATE FUNCTION matches_of(asked uuid)
RETURNS TABLE (
    kind text, id uuid, number text, organisation_id uuid, path ltree, status text, since timestamptz,
    same_id_number boolean, same_phone boolean, alike boolean
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$
    WITH one AS (
        SELECT * FROM application
        WHERE application.id = asked AND erased_at IS NULL AND acting_reaches(application.path)
    )
    SELECT 'application', other.id, other.number, other.organisation_id, other.path, other.status,
        other.submitted_at, other.id_digest = one.id_digest,
        coalesce(other.phone_digest = one.phone_digest, false), other.likeness && one.likeness
    FROM one JOIN application AS other ON other.id <> one.id AND other.erased_at IS NULL
        AND (other.id_digest = one.id_digest OR other.phone_digest = one.phone_digest
            OR other.likeness && one.likeness)
    UNION ALL
    SELECT 'membership', other.id, other.number, other.organisation_id, other.path, other.status,
        other.since, other.id_digest = one.id_digest,
        coalesce(other.phone_digest = one.phone_digest, false), other.likeness && one.likeness
    FROM one JOIN membership AS other ON other.application_id IS DISTINCT FROM one.id AND other.erased_at IS NULL
        AND (other.id_digest = one.id_digest OR other.phone_digest = one.phone_digest
            OR other.likeness && one.likeness)
    ORDER BY 8 DESC, 9 DESC, 7 DESC LIMIT 20
$$;
COMMENT ON FUNCTION matches_of(uuid) IS
    'likely duplicates, in any union, of an application within reach of whoever acts';

REVOKE ALL ON FUNCTION membership_head(), matches_of(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION membership_head(), matches_of(uuid) TO xiejiao_app;
"""

_HEADS = (
    "SELECT DISTINCT substring(wrapped FROM 1 FOR head_bytes) FROM person_key",
    (
        "SELECT DISTINCT substring(wrapped FROM 1 FOR head_bytes) FROM person_key"
        " UNION SELECT DISTINCT substring(wrapped FROM 1 FOR head_bytes) FROM file_key"
    ),
)
_HELD = (
    "SELECT EXISTS (SELECT FROM person) OR EXISTS (SELECT FROM authenticator)",
    "SELECT EXISTS (SELECT FROM person) OR EXISTS (SELECT FROM authenticator) OR EXISTS (SELECT FROM application)",
)
# Each in a query of its own, which PostgreSQL asks once a statement and not once a row: a million rows are guarded.
_SEEN = (
    "account_id = (SELECT acting_account()) OR person_digest = (SELECT acting_person())"
    " OR (SELECT acting_everywhere()) OR path <@ (SELECT acting_paths())"
)
_OF_A_FILE = (
    "EXISTS (SELECT FROM application WHERE application.id = file)"
    " OR EXISTS (SELECT FROM membership WHERE membership.id = file)"
)
_OF_AN_EVENT = (
    "EXISTS (SELECT FROM application WHERE application.id = application_id)"
    " OR EXISTS (SELECT FROM membership WHERE membership.id = membership_id)"
)
_GUARDED = {"application": _SEEN, "membership": _SEEN, "file_key": _OF_A_FILE, "membership_event": _OF_AN_EVENT}


def upgrade() -> None:
    op.execute(_TABLES)
    op.execute(_FUNCTIONS)
    _know(after=1)
    for table, seen in _GUARDED.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY operator ON {table} TO xiejiao_owner USING (true) WITH CHECK (true)")
        op.execute(f"CREATE POLICY seen ON {table} TO xiejiao_app USING ({seen}) WITH CHECK ({seen})")
    op.execute("GRANT SELECT, INSERT, UPDATE ON application, membership TO xiejiao_app")
    op.execute("GRANT SELECT, INSERT, DELETE ON file_key TO xiejiao_app")
    op.execute("GRANT SELECT, INSERT ON membership_event TO xiejiao_app")
    op.execute("GRANT USAGE ON SEQUENCE application_number_seq, membership_number_seq TO xiejiao_app")


def _know(*, after: int) -> None:
    """Make the two questions that starting asks of sealed data count what this migration brought, or not."""
    op.execute(
        "CREATE OR REPLACE FUNCTION wrapped_heads(head_bytes integer) RETURNS SETOF bytea"
        " LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS"
        f" $$ {_HEADS[after]} $$"
    )
    op.execute(
        "CREATE OR REPLACE FUNCTION holds_people() RETURNS boolean"
        " LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS"
        f" $$ {_HELD[after]} $$"
    )


def downgrade() -> None:
    _know(after=0)
    op.execute("DROP FUNCTION matches_of(uuid), membership_head()")
    op.execute("DROP TABLE membership_event, file_key, membership, application")
    op.execute("DROP SEQUENCE application_number_seq, membership_number_seq")
    op.execute("DROP FUNCTION acting_person(), acting_everywhere(), acting_paths()")
