"""The divisions that places name, with their pinyin: a rider without a position picks one to count from.

Pinyin needs a dictionary that only the writing side loads, so it is written with the first place of a division.
"""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE division (
            name text NOT NULL CONSTRAINT division_pkey PRIMARY KEY
                CONSTRAINT division_name_check CHECK (length(name) BETWEEN 1 AND 200),
            pinyin text NOT NULL,
            initials text NOT NULL
        )
        """
    )
    op.execute("COMMENT ON COLUMN division.name IS 'as the places write it: site.division'")
    op.execute("GRANT SELECT ON division TO xiejiao_app, xiejiao_read")
    op.execute("GRANT INSERT ON division TO xiejiao_app")


def downgrade() -> None:
    op.execute("DROP TABLE division")
