"""What routing an application asks of a union: whose trades it is for, how often it approves, whether it has closed."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute("ALTER TABLE organisation ADD COLUMN trades text[] NOT NULL DEFAULT '{}'")
    op.execute("COMMENT ON COLUMN organisation.trades IS 'codes of the trades whose federation it is; none of others'")
    op.execute(
        "ALTER TABLE organisation ADD COLUMN approval_levels smallint NOT NULL DEFAULT 1"
        " CONSTRAINT organisation_approval_levels_check CHECK (approval_levels IN (1, 2))"
    )
    op.execute("COMMENT ON COLUMN organisation.approval_levels IS '2: a union above approves after it'")
    op.execute("ALTER TABLE organisation ADD COLUMN closed_on date")
    op.execute("COMMENT ON COLUMN organisation.closed_on IS 'from this day on it takes no applications'")


def downgrade() -> None:
    for column in ("closed_on", "approval_levels", "trades"):
        op.execute(f"-- squawk-ignore ban-drop-column\nALTER TABLE organisation DROP COLUMN {column}")
