"""The words of the field as rows: kinds of place, amenities and trades, so that a new one needs no code.

`facet` is the number that stands for a kind or an amenity in the array that the nearest index searches. Kinds take
0..63 and amenities 64..255, so that no two ever share a number and the hours begin at 256.
"""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE kind (
            code text NOT NULL CONSTRAINT kind_pkey PRIMARY KEY
                CONSTRAINT kind_code_check CHECK (code ~ '^[a-z][a-z0-9_]{1,39}$'),
            zh text NOT NULL,
            en text NOT NULL,
            label text NOT NULL,
            facet smallint NOT NULL CONSTRAINT kind_facet_key UNIQUE
                CONSTRAINT kind_facet_check CHECK (facet BETWEEN 0 AND 63)
        )
        """
    )
    op.execute("COMMENT ON COLUMN kind.label IS 'short Chinese, for a chip'")
    op.execute(
        "COMMENT ON COLUMN kind.facet IS 'number in site.facets, 0 to 63; also the order in which kinds are shown'"
    )
    op.execute(
        """
        CREATE TABLE amenity (
            code text NOT NULL CONSTRAINT amenity_pkey PRIMARY KEY
                CONSTRAINT amenity_code_check CHECK (code ~ '^[a-z][a-z0-9_]{1,39}$'),
            zh text NOT NULL,
            en text NOT NULL,
            label text NOT NULL,
            facet smallint NOT NULL CONSTRAINT amenity_facet_key UNIQUE
                CONSTRAINT amenity_facet_check CHECK (facet BETWEEN 64 AND 255),
            groups text[] NOT NULL DEFAULT '{}'
        )
        """
    )
    op.execute(
        "COMMENT ON COLUMN amenity.facet IS"
        " 'number in site.facets, 64 to 255; also the order in which amenities are shown'"
    )
    op.execute("COMMENT ON COLUMN amenity.label IS 'short Chinese, for a chip'")
    op.execute("COMMENT ON COLUMN amenity.groups IS 'kinds of place in which it is asked for'")
    op.execute(
        """
        CREATE TABLE trade (
            code text NOT NULL CONSTRAINT trade_pkey PRIMARY KEY
                CONSTRAINT trade_code_check CHECK (code ~ '^[a-z][a-z0-9_]{1,39}$'),
            zh text NOT NULL,
            en text NOT NULL,
            tags text[] NOT NULL DEFAULT '{}'
        )
        """
    )
    op.execute("COMMENT ON COLUMN trade.tags IS 'lists that name the trade, as eight_groups_2018'")
    op.execute("GRANT SELECT ON alembic_version TO xiejiao_app, xiejiao_read")
    op.execute("GRANT SELECT ON kind, amenity, trade TO xiejiao_app, xiejiao_read")
    op.execute("GRANT INSERT, UPDATE ON kind, amenity, trade TO xiejiao_app")


def downgrade() -> None:
    op.execute("DROP TABLE trade, amenity, kind")
