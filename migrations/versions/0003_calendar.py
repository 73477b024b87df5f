"""Days off and make-up workdays as the State Council announces them, a year at a time.

A year without a row in calendar_year is not announced; nothing is guessed for it.
"""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE calendar_year (
            year smallint NOT NULL CONSTRAINT calendar_year_pkey PRIMARY KEY
                CONSTRAINT calendar_year_year_check CHECK (year BETWEEN 2000 AND 2100),
            source text NOT NULL CONSTRAINT calendar_year_source_check CHECK (length(source) BETWEEN 1 AND 500)
        )
        """
    )
    op.execute("COMMENT ON COLUMN calendar_year.source IS 'the notice of the State Council'")
    op.execute(
        """
        CREATE TABLE calendar_day (
            "on" date NOT NULL CONSTRAINT calendar_day_pkey PRIMARY KEY,
            year smallint NOT NULL CONSTRAINT calendar_day_year_fkey
                REFERENCES calendar_year ON DELETE CASCADE
                CONSTRAINT calendar_day_year_check CHECK (year = extract(year FROM "on")),
            kind text NOT NULL CONSTRAINT calendar_day_kind_check CHECK (kind IN ('off', 'work')),
            name text NOT NULL CONSTRAINT calendar_day_name_check CHECK (length(name) BETWEEN 1 AND 100),
            CONSTRAINT calendar_day_weekend_check CHECK (kind = 'off' OR extract(isodow FROM "on") IN (6, 7))
        )
        """
    )
    op.execute("COMMENT ON COLUMN calendar_day.kind IS 'off: a day of a holiday block; work: a make-up workday'")
    op.execute("CREATE INDEX calendar_day_year_idx ON calendar_day (year)")
    op.execute("GRANT SELECT ON calendar_year, calendar_day TO xiejiao_app, xiejiao_read")
    op.execute("GRANT INSERT, UPDATE, DELETE ON calendar_year, calendar_day TO xiejiao_app")


def downgrade() -> None:
    op.execute("DROP TABLE calendar_day, calendar_year")
