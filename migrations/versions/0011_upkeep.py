"""Keeping places true: poster keys, devices and their votes, tasks, rounds and photos.

Nothing here says who somebody is: a device is a random token, a network a keyed digest, a deed of staff the id of an
account. What happened to a task is written down and never changed.
"""

from alembic import op

revision = "0011"
down_revision = "0010"

_TABLES = """
CREATE TABLE poster_key (
    digest bytea NOT NULL CONSTRAINT poster_key_pkey PRIMARY KEY,
    site_id uuid NOT NULL CONSTRAINT poster_key_site_id_fkey REFERENCES site (id) ON DELETE CASCADE,
    made_at timestamptz NOT NULL,
    made_by text NOT NULL CONSTRAINT poster_key_made_by_check CHECK (length(made_by) BETWEEN 1 AND 100),
    replaced_at timestamptz
);
COMMENT ON COLUMN poster_key.digest IS 'SHA-256 of the key that the poster''s QR code carries';
COMMENT ON COLUMN poster_key.replaced_at IS 'since then the key opens the page and proves nothing';
CREATE UNIQUE INDEX poster_key_present_idx ON poster_key (site_id) WHERE replaced_at IS NULL;

CREATE TABLE device (
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT device_pkey PRIMARY KEY,
    digest bytea NOT NULL CONSTRAINT device_digest_key UNIQUE,
    issued_at timestamptz NOT NULL
);
COMMENT ON TABLE device IS 'phones that may vote without an account, by the digest of a random token';

CREATE TABLE task (
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT task_pkey PRIMARY KEY,
    site_id uuid NOT NULL CONSTRAINT task_site_id_fkey REFERENCES site (id) ON DELETE CASCADE,
    says text NOT NULL CONSTRAINT task_says_check CHECK (says IN ('shut', 'broken', 'wrong_place')),
    amenity text CONSTRAINT task_amenity_fkey REFERENCES amenity (code),
    opened_at timestamptz NOT NULL,
    due_on date NOT NULL,
    escalated_at timestamptz,
    closed_at timestamptz,
    closed_by text CONSTRAINT task_closed_by_check CHECK (length(closed_by) BETWEEN 1 AND 100),
    reply text CONSTRAINT task_reply_check CHECK (length(reply) BETWEEN 1 AND 500),
    reopened integer NOT NULL DEFAULT 0,
    CONSTRAINT task_closing_check CHECK (
        (closed_at IS NULL) = (closed_by IS NULL) AND (closed_at IS NULL OR reply IS NOT NULL)
    ),
    CONSTRAINT task_broken_check CHECK ((says = 'broken') = (amenity IS NOT NULL))
);
COMMENT ON COLUMN task.due_on IS 'last day on which the clock has not run out, by working days';
COMMENT ON COLUMN task.escalated_at IS 'since then it stands on the list of the union above';
COMMENT ON COLUMN task.reopened IS 'how often a reporter said that it is still not right';
CREATE INDEX device_issued_at_idx ON device (issued_at);
CREATE UNIQUE INDEX task_open_idx ON task (site_id, says, coalesce(amenity, '')) WHERE closed_at IS NULL;
CREATE INDEX task_due_idx ON task (due_on) WHERE closed_at IS NULL;

CREATE TABLE vote (
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT vote_pkey PRIMARY KEY,
    site_id uuid NOT NULL CONSTRAINT vote_site_id_fkey REFERENCES site (id) ON DELETE CASCADE,
    says text NOT NULL CONSTRAINT vote_says_check CHECK (says IN ('open', 'shut', 'broken', 'wrong_place')),
    amenity text CONSTRAINT vote_amenity_fkey REFERENCES amenity (code),
    at timestamptz NOT NULL,
    device_id uuid NOT NULL CONSTRAINT vote_device_id_fkey REFERENCES device (id) ON DELETE CASCADE,
    account_id uuid CONSTRAINT vote_account_id_fkey REFERENCES account (id) ON DELETE SET NULL,
    network text NOT NULL,
    keyed boolean NOT NULL,
    near boolean NOT NULL,
    posted_open boolean NOT NULL,
    link_digest bytea NOT NULL CONSTRAINT vote_link_digest_key UNIQUE,
    task_id uuid CONSTRAINT vote_task_id_fkey REFERENCES task (id) ON DELETE SET NULL,
    reopened_at timestamptz,
    cleared_at timestamptz
);
COMMENT ON COLUMN vote.network IS 'keyed digest of the /24 or /48 that it came from';
COMMENT ON COLUMN vote.keyed IS 'whether it came with the key of the present poster';
COMMENT ON COLUMN vote.near IS 'whether the phone says that it is near; where it is, it does not say';
COMMENT ON COLUMN vote.posted_open IS 'whether the posted hours said open';
COMMENT ON COLUMN vote.link_digest IS 'SHA-256 of the token in the reporter''s private link';
COMMENT ON COLUMN vote.reopened_at IS 'when the reporter last said that it is still not right';
COMMENT ON COLUMN vote.cleared_at IS 'since a manager''s word it counts no more';
CREATE INDEX vote_site_id_idx ON vote (site_id, at) WHERE cleared_at IS NULL;
CREATE INDEX vote_device_id_idx ON vote (device_id, at);
CREATE INDEX vote_account_id_idx ON vote (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX vote_at_idx ON vote (at);
CREATE INDEX vote_task_id_idx ON vote (task_id);

CREATE TABLE task_history (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT task_history_pkey PRIMARY KEY,
    task_id uuid NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL CONSTRAINT task_history_actor_check CHECK (length(actor) BETWEEN 1 AND 100),
    action text NOT NULL CONSTRAINT task_history_action_check
        CHECK (action IN ('opened', 'escalated', 'closed', 'reopened')),
    words text
);
CREATE INDEX task_history_task_id_idx ON task_history (task_id, id);

CREATE TABLE round (
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT round_pkey PRIMARY KEY,
    site_id uuid NOT NULL CONSTRAINT round_site_id_fkey REFERENCES site (id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    actor text NOT NULL CONSTRAINT round_actor_check CHECK (length(actor) BETWEEN 1 AND 100),
    hours_as_posted boolean NOT NULL,
    everything_works boolean NOT NULL,
    stock_all_right boolean NOT NULL
);
COMMENT ON COLUMN round.at IS 'when the manager answered, by their phone';
CREATE INDEX round_site_id_idx ON round (site_id, at);

CREATE TABLE photo (
    id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT photo_pkey PRIMARY KEY,
    site_id uuid NOT NULL CONSTRAINT photo_site_id_fkey REFERENCES site (id) ON DELETE CASCADE,
    jpeg bytea NOT NULL,
    small bytea NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    added_at timestamptz NOT NULL,
    added_by text NOT NULL CONSTRAINT photo_added_by_check CHECK (length(added_by) BETWEEN 1 AND 100)
);
COMMENT ON COLUMN photo.jpeg IS 'drawn anew by the server: nothing of what was sent is kept';
CREATE INDEX photo_site_id_idx ON photo (site_id, added_at);
"""
_NAMES = "poster_key, device, task, vote, task_history, round, photo"


def upgrade() -> None:
    op.execute(_TABLES)
    op.execute("GRANT SELECT, INSERT ON round, task_history TO xiejiao_app")
    op.execute("GRANT SELECT, INSERT, UPDATE ON poster_key, task TO xiejiao_app")
    op.execute("GRANT SELECT, INSERT, DELETE ON device, photo TO xiejiao_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON vote TO xiejiao_app")


def downgrade() -> None:
    op.execute(f"DROP TABLE {_NAMES.replace('device, task, vote', 'vote, task, device')}")
