"""Opening hours as a table of distinct texts: thousands of places share a few hundred, each compiled once.

A row never changes; a place that changes its hours points to another row. `written_in` tells every server process
which rows are new since it last looked, in the order in which they become visible.
"""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE hours (
            id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT hours_pkey PRIMARY KEY,
            text text NOT NULL CONSTRAINT hours_text_key UNIQUE
                CONSTRAINT hours_text_check CHECK (length(text) BETWEEN 1 AND 1000),
            written_in xid8 NOT NULL DEFAULT pg_current_xact_id()
        )
        """
    )
    op.execute("COMMENT ON COLUMN hours.text IS 'OSM opening_hours, normalised by xiejiao.hours'")
    op.execute("COMMENT ON COLUMN hours.written_in IS 'transaction that wrote the row'")
    op.execute("CREATE INDEX hours_written_in_idx ON hours (written_in)")
    op.execute("GRANT SELECT ON hours TO xiejiao_app, xiejiao_read")
    op.execute("GRANT INSERT ON hours TO xiejiao_app")


def downgrade() -> None:
    op.execute("DROP TABLE hours")
