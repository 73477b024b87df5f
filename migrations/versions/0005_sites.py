"""Places one can walk into, their amenities, ways in and dated exceptions.

The nearest query is one index scan: GiST over (spot, facets). `facets` holds the kind, the amenities on offer, the
bucket of the hours and whether dated openings exist; a signature of 64 bytes has a bit for each of the 512 numbers, so
that no two collide. `offers`, `shut`, `extra` and `mask` repeat what site_amenity and site_dated say, because a
generated column and an index can read one row only; one command keeps them.
"""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("CREATE SEQUENCE site_number AS integer MINVALUE 0 MAXVALUE 33554431 START 0")
    op.execute("COMMENT ON SEQUENCE site_number IS 'the number behind the next site.code, 25 bits'")
    op.execute(
        """
        CREATE TABLE site (
            id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT site_pkey PRIMARY KEY,
            code text NOT NULL CONSTRAINT site_code_key UNIQUE
                CONSTRAINT site_code_check CHECK (code ~ '^[0-9A-HJKMNP-TV-Z]{6}$'),
            name text NOT NULL CONSTRAINT site_name_check CHECK (length(name) BETWEEN 1 AND 200),
            kind text NOT NULL CONSTRAINT site_kind_fkey REFERENCES kind,
            brands text[] NOT NULL DEFAULT '{}',
            address text NOT NULL DEFAULT '' CONSTRAINT site_address_check CHECK (length(address) <= 500),
            division text NOT NULL DEFAULT '' CONSTRAINT site_division_check CHECK (length(division) <= 200),
            organisation_id uuid NOT NULL CONSTRAINT site_organisation_id_fkey REFERENCES organisation,
            host text CONSTRAINT site_host_check CHECK (length(host) BETWEEN 1 AND 200),
            phone text CONSTRAINT site_phone_check CHECK (length(phone) BETWEEN 3 AND 40),
            position geometry(Point, 4326) NOT NULL,
            position_raw text NOT NULL CONSTRAINT site_position_raw_check CHECK (length(position_raw) <= 200),
            position_datum text NOT NULL
                CONSTRAINT site_position_datum_check CHECK (position_datum IN ('wgs84', 'gcj02', 'bd09')),
            position_source text NOT NULL
                CONSTRAINT site_position_source_check CHECK (length(position_source) BETWEEN 1 AND 500),
            position_accuracy_m real CONSTRAINT site_position_accuracy_m_check CHECK (position_accuracy_m > 0),
            hours_id integer CONSTRAINT site_hours_id_fkey REFERENCES hours,
            hours_written text CONSTRAINT site_hours_written_check CHECK (length(hours_written) BETWEEN 1 AND 1000),
            source text CONSTRAINT site_source_check CHECK (length(source) BETWEEN 1 AND 500),
            notice text CONSTRAINT site_notice_check CHECK (length(notice) BETWEEN 1 AND 1000),
            confirmed_at timestamptz,
            status text NOT NULL DEFAULT 'active' CONSTRAINT site_status_check CHECK (status IN ('active', 'closed')),
            closed_on date,
            closed_reason text CONSTRAINT site_closed_reason_check CHECK (length(closed_reason) BETWEEN 1 AND 500),
            shut tstzmultirange NOT NULL DEFAULT '{}',
            extra tstzmultirange NOT NULL DEFAULT '{}',
            mask tstzmultirange NOT NULL DEFAULT '{}',
            offers integer[] NOT NULL CONSTRAINT site_offers_check CHECK (cardinality(offers) >= 1),
            spot geometry(Point, 3857) GENERATED ALWAYS AS (ST_Transform(position, 3857)) STORED NOT NULL,
            facets integer[] GENERATED ALWAYS AS (
                offers
                || CASE WHEN hours_id IS NULL THEN '{}'::integer[] ELSE ARRAY[256 + hours_id % 255] END
                || CASE WHEN isempty(extra) THEN '{}'::integer[] ELSE ARRAY[511] END
            ) STORED NOT NULL,
            demo boolean NOT NULL DEFAULT false,
            version integer NOT NULL DEFAULT 1 CONSTRAINT site_version_check CHECK (version >= 1),
            added_at timestamptz NOT NULL,
            changed_at timestamptz NOT NULL,
            CONSTRAINT site_closing_check CHECK (
                (status = 'closed') = (closed_on IS NOT NULL) AND (status = 'closed') = (closed_reason IS NOT NULL)
            )
        )
        """
    )
    for column, words in {
        "code": "for posters and addresses: 5 digits of Crockford base32 and a check digit",
        "brands": "other names the same place carries, as 劳动者港湾",
        "division": "administrative division or functional zone as the source writes it",
        "organisation_id": "union that answers for the place",
        "host": "who owns the premises and so the hours, as a bank branch",
        "position": "WGS 84 longitude, latitude",
        "position_raw": "position as the source gave it",
        "position_datum": "datum that the source declared",
        "position_accuracy_m": "radius in metres within which the entrance is thought to lie",
        "hours_id": "union of the hours of all ways in; null: not known",
        "hours_written": "hours as the source wrote them, kept where they were not understood",
        "source": "who says that the place is there, and when, as a newspaper and its date",
        "confirmed_at": "when somebody responsible last said that the row is true",
        "shut": "closed whatever the rule says; from site_dated",
        "extra": "open whatever the rule says; from site_dated",
        "mask": "the rule does not hold; from site_dated",
        "offers": "facets of the kind and of the amenities that work or are not known to be broken or empty",
        "spot": "position in web mercator, for the order of the nearest query",
        "facets": "offers, 256 + hours_id % 255, and 511 when dated openings exist",
        "demo": "synthetic place for demonstration",
        "version": "grows with every change; for optimistic locking",
    }.items():
        op.execute(f"COMMENT ON COLUMN site.{column} IS '{words}'")
    op.execute(
        "CREATE INDEX site_nearest_idx ON site USING gist (spot, facets gist__intbig_ops (siglen = 64))"
        " WHERE status = 'active'"
    )
    op.execute("CREATE INDEX site_organisation_id_idx ON site (organisation_id)")
    op.execute(
        """
        CREATE FUNCTION site_grams(lines text) RETURNS text[]
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 100000 AS $$
            SELECT coalesce(array_agg(DISTINCT substr(word, place, size)), '{}')
            FROM regexp_split_to_table(lines, '\\s+') AS word,
                generate_series(1, length(word)) AS place,
                generate_series(1, 2) AS size
            WHERE place + size <= length(word) + 1
        $$
        """
    )
    op.execute(
        """
        CREATE TABLE site_search (
            site_id uuid NOT NULL CONSTRAINT site_search_pkey PRIMARY KEY
                CONSTRAINT site_search_site_id_fkey REFERENCES site ON DELETE CASCADE,
            lines text NOT NULL
        )
        """
    )
    op.execute("COMMENT ON TABLE site_search IS 'beside site, not in it: the nearest query wants narrow rows'")
    op.execute(
        "COMMENT ON COLUMN site_search.lines IS"
        " 'folded lines that name search looks in: name, brands, address, code, pinyin, initials'"
    )
    op.execute("CREATE INDEX site_search_grams_idx ON site_search USING gin (site_grams(lines))")
    op.execute(
        """
        CREATE TABLE site_access (
            site_id uuid NOT NULL CONSTRAINT site_access_site_id_fkey REFERENCES site ON DELETE CASCADE,
            mode text NOT NULL CONSTRAINT site_access_mode_check
                CHECK (mode IN ('open_door', 'staffed', 'self_service', 'key')),
            hours_id integer CONSTRAINT site_access_hours_id_fkey REFERENCES hours,
            CONSTRAINT site_access_pkey PRIMARY KEY (site_id, mode)
        )
        """
    )
    op.execute("COMMENT ON TABLE site_access IS 'ways in, each with its hours: staffed 08-22, self-service 22-08'")
    op.execute(
        """
        CREATE TABLE site_amenity (
            site_id uuid NOT NULL CONSTRAINT site_amenity_site_id_fkey REFERENCES site ON DELETE CASCADE,
            amenity text NOT NULL CONSTRAINT site_amenity_amenity_fkey REFERENCES amenity,
            state text NOT NULL CONSTRAINT site_amenity_state_check
                CHECK (state IN ('works', 'broken', 'empty', 'unknown')),
            since timestamptz,
            CONSTRAINT site_amenity_pkey PRIMARY KEY (site_id, amenity)
        )
        """
    )
    op.execute("COMMENT ON COLUMN site_amenity.since IS 'when the state was first said; null: as the source listed it'")
    op.execute(
        """
        CREATE TABLE site_dated (
            id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT site_dated_pkey PRIMARY KEY,
            site_id uuid NOT NULL CONSTRAINT site_dated_site_id_fkey REFERENCES site ON DELETE CASCADE,
            effect text NOT NULL CONSTRAINT site_dated_effect_check CHECK (effect IN ('shut', 'extra', 'mask')),
            during tstzrange NOT NULL CONSTRAINT site_dated_during_check CHECK (
                NOT isempty(during) AND NOT lower_inf(during) AND lower_inc(during) AND NOT upper_inc(during)
            ),
            reason text CONSTRAINT site_dated_reason_check CHECK (length(reason) BETWEEN 1 AND 500),
            added_at timestamptz NOT NULL
        )
        """
    )
    op.execute(
        "COMMENT ON COLUMN site_dated.effect IS 'shut: closed; extra: open; mask: the regular rule does not hold'"
    )
    op.execute(
        "COMMENT ON COLUMN site_dated.during IS 'half-open, to the minute; no upper bound: until further notice'"
    )
    op.execute("CREATE INDEX site_dated_site_id_idx ON site_dated (site_id)")
    op.execute("GRANT SELECT ON site, site_search, site_access, site_amenity, site_dated TO xiejiao_app, xiejiao_read")
    op.execute(
        "GRANT INSERT, UPDATE, DELETE ON site, site_search, site_access, site_amenity, site_dated TO xiejiao_app"
    )
    op.execute("GRANT USAGE ON SEQUENCE site_number TO xiejiao_app")


def downgrade() -> None:
    op.execute("DROP TABLE site_dated, site_amenity, site_access, site_search, site")
    op.execute("DROP FUNCTION site_grams")
    op.execute("DROP SEQUENCE site_number")
