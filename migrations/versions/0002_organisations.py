"""The union tree: nation, province, city, county, street and beside them enterprise unions and turnover pools.

The place in the tree is an ltree path, so that "this organisation and all beneath" is one indexed condition.
"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE organisation (
            id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT organisation_pkey PRIMARY KEY,
            path ltree NOT NULL CONSTRAINT organisation_path_key UNIQUE
                CONSTRAINT organisation_path_check CHECK (nlevel(path) BETWEEN 1 AND 12),
            name text NOT NULL CONSTRAINT organisation_name_check CHECK (length(name) BETWEEN 1 AND 200),
            level text NOT NULL CONSTRAINT organisation_level_check CHECK (
                level IN ('national', 'province', 'city', 'county', 'town', 'community', 'enterprise', 'pool')
            ),
            division_code text CONSTRAINT organisation_division_code_check CHECK (division_code ~ '^[0-9]{6,12}$'),
            contact text,
            accepts_applications boolean NOT NULL DEFAULT false
        )
        """
    )
    op.execute("COMMENT ON COLUMN organisation.path IS 'labels from the nation down, as cn.guangdong.meizhou'")
    op.execute("COMMENT ON COLUMN organisation.division_code IS 'GB/T 2260 code of its area, 6 to 12 digits'")
    op.execute("COMMENT ON COLUMN organisation.contact IS 'office telephone or address that may be published'")
    op.execute("CREATE INDEX organisation_path_idx ON organisation USING gist (path)")
    op.execute("GRANT SELECT ON organisation TO xiejiao_app, xiejiao_read")
    op.execute("GRANT INSERT, UPDATE ON organisation TO xiejiao_app")


def downgrade() -> None:
    op.execute("DROP TABLE organisation")
