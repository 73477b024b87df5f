"""What is to be done later, what is to be sent, what was answered already, and how often something was asked for.

A row for each, in the transaction of whoever asks: nothing is sent for what was rolled back, and nothing that was
committed is forgotten. A message's destination and parameters are sealed with a key of its own, which goes when the
message has gone; the constraint holds that.
"""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE job (
            id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT job_pkey PRIMARY KEY,
            kind text NOT NULL CONSTRAINT job_kind_check CHECK (kind ~ '^[a-z][a-z_]{0,59}$'),
            subject text NOT NULL CONSTRAINT job_subject_check CHECK (length(subject) <= 200),
            state text NOT NULL DEFAULT 'waiting' CONSTRAINT job_state_check
                CHECK (state IN ('waiting', 'running', 'done', 'failed')),
            due_at timestamptz NOT NULL,
            period interval CONSTRAINT job_period_check CHECK (period > interval '0'),
            tries integer NOT NULL DEFAULT 0,
            progress smallint NOT NULL DEFAULT 0 CONSTRAINT job_progress_check CHECK (progress BETWEEN 0 AND 100),
            fault text,
            taken_until timestamptz,
            added_at timestamptz NOT NULL,
            ended_at timestamptz,
            CONSTRAINT job_taken_check CHECK ((state = 'running') = (taken_until IS NOT NULL)),
            CONSTRAINT job_ended_check CHECK ((state IN ('done', 'failed')) = (ended_at IS NOT NULL))
        )
        """
    )
    op.execute("COMMENT ON COLUMN job.subject IS 'the id of what it is about; never personal data'")
    op.execute("COMMENT ON COLUMN job.period IS 'a recurrent job is due again so long after it ended'")
    op.execute("COMMENT ON COLUMN job.tries IS 'how often it was taken'")
    op.execute("COMMENT ON COLUMN job.progress IS 'per cent'")
    op.execute("COMMENT ON COLUMN job.fault IS 'what hindered it last, without personal data'")
    op.execute("COMMENT ON COLUMN job.taken_until IS 'from then on it may be taken again, as whoever took it is gone'")
    op.execute("CREATE INDEX job_due_at_idx ON job (due_at) WHERE ended_at IS NULL")
    op.execute("CREATE INDEX job_ended_at_idx ON job (ended_at) WHERE ended_at IS NOT NULL")
    op.execute("CREATE UNIQUE INDEX job_recurrent_idx ON job (kind) WHERE period IS NOT NULL")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON job TO xiejiao_app")

    op.execute(
        """
        CREATE TABLE message (
            id uuid NOT NULL CONSTRAINT message_pkey PRIMARY KEY,
            template text NOT NULL CONSTRAINT message_template_check CHECK (template ~ '^[a-z][a-z_]{0,59}$'),
            wrapped_key bytea,
            destination bytea,
            parameters bytea,
            state text NOT NULL DEFAULT 'waiting' CONSTRAINT message_state_check
                CHECK (state IN ('waiting', 'sending', 'sent', 'refused', 'unknown', 'expired')),
            tries integer NOT NULL DEFAULT 0,
            reference text,
            fault text,
            added_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            ended_at timestamptz,
            CONSTRAINT message_ended_check CHECK ((state IN ('waiting', 'sending')) = (ended_at IS NULL)),
            CONSTRAINT message_sealed_check
                CHECK (num_nulls(wrapped_key, destination, parameters) = CASE WHEN ended_at IS NULL THEN 0 ELSE 3 END)
        )
        """
    )
    op.execute("COMMENT ON COLUMN message.wrapped_key IS 'its own data key, wrapped by the key of the installation'")
    op.execute("COMMENT ON COLUMN message.destination IS 'sealed with its own key'")
    op.execute("COMMENT ON COLUMN message.parameters IS 'JSON, sealed with its own key'")
    op.execute("COMMENT ON COLUMN message.reference IS 'under which the provider knows it'")
    op.execute("COMMENT ON COLUMN message.fault IS 'what hindered it, as a code without personal data'")
    op.execute("CREATE INDEX message_expires_at_idx ON message (expires_at) WHERE ended_at IS NULL")
    op.execute("CREATE INDEX message_ended_at_idx ON message (ended_at) WHERE ended_at IS NOT NULL")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON message TO xiejiao_app")

    op.execute(
        """
        CREATE TABLE idempotency_key (
            by text NOT NULL CONSTRAINT idempotency_key_by_check CHECK (length(by) BETWEEN 1 AND 200),
            key_hash bytea NOT NULL,
            body_mac bytea NOT NULL,
            status smallint,
            answer json,
            at timestamptz NOT NULL,
            CONSTRAINT idempotency_key_pkey PRIMARY KEY (by, key_hash)
        )
        """
    )
    op.execute("COMMENT ON COLUMN idempotency_key.by IS 'the account or device that asked; an id'")
    op.execute("COMMENT ON COLUMN idempotency_key.key_hash IS 'SHA-256 of the key that was sent'")
    op.execute(
        "COMMENT ON COLUMN idempotency_key.body_mac IS 'HMAC-SHA-256 of the body, keyed with the key that was sent'"
    )
    op.execute("COMMENT ON COLUMN idempotency_key.status IS 'known when its transaction has ended'")
    op.execute("CREATE INDEX idempotency_key_at_idx ON idempotency_key (at)")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_key TO xiejiao_app")

    op.execute(
        """
        CREATE TABLE quota (
            purpose text NOT NULL CONSTRAINT quota_purpose_check CHECK (length(purpose) BETWEEN 1 AND 100),
            whom text NOT NULL CONSTRAINT quota_whom_check CHECK (length(whom) <= 200),
            begins_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            spent integer NOT NULL,
            CONSTRAINT quota_pkey PRIMARY KEY (purpose, whom, begins_at, ends_at)
        )
        """
    )
    op.execute("COMMENT ON COLUMN quota.whom IS 'a network, a keyed digest, or nobody for all together'")
    op.execute("CREATE INDEX quota_ends_at_idx ON quota (ends_at)")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON quota TO xiejiao_app")


def downgrade() -> None:
    for table in ("quota", "idempotency_key", "message", "job"):
        op.execute(f"DROP TABLE {table}")
