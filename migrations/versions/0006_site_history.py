"""What happened to each place, never changed afterwards: who, when, which fields, before and after.

`written_in` and `touched` also tell every server process which cells and packs it keeps are no longer true: it asks
for rows of transactions that had not ended when it last looked, so that no commit is missed whatever their order.
"""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE site_history (
            id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT site_history_pkey PRIMARY KEY,
            site_id uuid NOT NULL,
            version integer NOT NULL,
            at timestamptz NOT NULL,
            actor text NOT NULL CONSTRAINT site_history_actor_check CHECK (length(actor) BETWEEN 1 AND 100),
            action text NOT NULL CONSTRAINT site_history_action_check
                CHECK (action IN ('added', 'changed', 'closed', 'removed')),
            changes jsonb NOT NULL,
            touched geometry(MultiPoint, 4326) NOT NULL,
            written_in xid8 NOT NULL DEFAULT pg_current_xact_id()
        )
        """
    )
    op.execute(
        "COMMENT ON COLUMN site_history.site_id IS 'no foreign key: history outlives a removed demonstration place'"
    )
    op.execute("COMMENT ON COLUMN site_history.actor IS 'who did it; never a name of a person'")
    op.execute("COMMENT ON COLUMN site_history.changes IS 'field: [before, after]'")
    op.execute("COMMENT ON COLUMN site_history.touched IS 'where the place was and is, WGS 84'")
    op.execute("COMMENT ON COLUMN site_history.written_in IS 'transaction that wrote the row'")
    op.execute("CREATE INDEX site_history_site_id_idx ON site_history (site_id, version)")
    op.execute("CREATE INDEX site_history_written_in_idx ON site_history (written_in)")
    op.execute("GRANT SELECT ON site_history TO xiejiao_app, xiejiao_read")
    op.execute("GRANT INSERT ON site_history TO xiejiao_app")


def downgrade() -> None:
    op.execute("DROP TABLE site_history")
