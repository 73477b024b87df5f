"""Tables of places, their ways in, amenities, dated exceptions, hours and history."""

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Sequence,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, REAL, TSTZMULTIRANGE, TSTZRANGE, UUID
from sqlalchemy.types import UserDefinedType

from xiejiao.database import metadata
from xiejiao.organisations.models import organisation
from xiejiao.vocabulary.models import amenity, kind


class Xid8(UserDefinedType[str]):
    """The number of a transaction, as PostgreSQL's xid8."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The name of the type in SQL."""
        return "XID8"


_INSTANT = DateTime(timezone=True)

hours = Table(
    "hours",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("text", Text, nullable=False, unique=True, comment="OSM opening_hours, normalised by xiejiao.hours"),
    Column(
        "written_in",
        Xid8,
        nullable=False,
        server_default=func.pg_current_xact_id(),
        comment="transaction that wrote the row",
    ),
)
Index("hours_written_in_idx", hours.c.written_in)

site_number = Sequence("site_number", data_type=Integer, start=0, minvalue=0, maxvalue=33_554_431, metadata=metadata)

site = Table(
    "site",
    metadata,
    Column("id", UUID, primary_key=True, server_default=func.gen_random_uuid()),
    Column(
        "code",
        Text,
        nullable=False,
        unique=True,
        comment="for posters and addresses: 5 digits of Crockford base32 and a check digit",
    ),
    Column("name", Text, nullable=False),
    Column("kind", Text, ForeignKey(kind.c.code), nullable=False),
    Column(
        "brands",
        ARRAY(Text),
        nullable=False,
        server_default="{}",
        comment="other names the same place carries, as 劳动者港湾",
    ),
    Column("address", Text, nullable=False, server_default=""),
    Column(
        "division",
        Text,
        nullable=False,
        server_default="",
        comment="administrative division or functional zone as the source writes it",
    ),
    Column(
        "organisation_id",
        UUID,
        ForeignKey(organisation.c.id),
        nullable=False,
        comment="union that answers for the place",
    ),
    Column("host", Text, comment="who owns the premises and so the hours, as a bank branch"),
    Column("phone", Text),
    Column(
        "position",
        Geometry("POINT", 4326, spatial_index=False),
        nullable=False,
        comment="WGS 84 longitude, latitude",
    ),
    Column("position_raw", Text, nullable=False, comment="position as the source gave it"),
    Column("position_datum", Text, nullable=False, comment="datum that the source declared"),
    Column("position_source", Text, nullable=False),
    Column("position_accuracy_m", REAL, comment="radius in metres within which the entrance is thought to lie"),
    Column(
        "hours_id",
        Integer,
        ForeignKey(hours.c.id),
        comment="union of the hours of all ways in; null: not known",
    ),
    Column("hours_written", Text, comment="hours as the source wrote them, kept where they were not understood"),
    Column("source", Text, comment="who says that the place is there, and when, as a newspaper and its date"),
    Column("notice", Text),
    Column("confirmed_at", _INSTANT, comment="when somebody responsible last said that the row is true"),
    Column(
        "conflicting_since",
        _INSTANT,
        comment="since when reports speak against the posted hours; null: none do, or they are settled",
    ),
    Column("status", Text, nullable=False, server_default="active"),
    Column("closed_on", Date),
    Column("closed_reason", Text),
    Column(
        "shut",
        TSTZMULTIRANGE,
        nullable=False,
        server_default="{}",
        comment="closed whatever the rule says; from site_dated",
    ),
    Column(
        "extra",
        TSTZMULTIRANGE,
        nullable=False,
        server_default="{}",
        comment="open whatever the rule says; from site_dated",
    ),
    Column(
        "mask", TSTZMULTIRANGE, nullable=False, server_default="{}", comment="the rule does not hold; from site_dated"
    ),
    Column(
        "offers",
        ARRAY(Integer),
        nullable=False,
        comment="facets of the kind and of the amenities that work or are not known to be broken or empty",
    ),
    Column(
        "spot",
        Geometry("POINT", 3857, spatial_index=False),
        Computed("ST_Transform(position, 3857)", persisted=True),
        nullable=False,
        comment="position in web mercator, for the order of the nearest query",
    ),
    Column(
        "facets",
        ARRAY(Integer),
        Computed(
            "offers || CASE WHEN hours_id IS NULL THEN '{}'::integer[] ELSE ARRAY[256 + hours_id % 255] END"
            " || CASE WHEN isempty(extra) THEN '{}'::integer[] ELSE ARRAY[511] END",
            persisted=True,
        ),
        nullable=False,
        comment="offers, 256 + hours_id % 255, and 511 when dated openings exist",
    ),
    Column("demo", Boolean, nullable=False, server_default="false", comment="synthetic place for demonstration"),
    Column(
        "version",
        Integer,
        nullable=False,
        server_default="1",
        comment="grows with every change; for optimistic locking",
    ),
    Column("added_at", _INSTANT, nullable=False),
    Column("changed_at", _INSTANT, nullable=False),
)
Index(
    "site_nearest_idx",
    site.c.spot,
    site.c.facets,
    postgresql_using="gist",
    postgresql_ops={"facets": "gist__intbig_ops (siglen = 64)"},
    postgresql_where=text("status = 'active'"),
)
Index(
    "site_conflicting_idx",
    site.c.spot,
    postgresql_using="gist",
    postgresql_where=text("status = 'active' AND conflicting_since IS NOT NULL"),
)
Index("site_organisation_id_idx", site.c.organisation_id)

site_search = Table(
    "site_search",
    metadata,
    Column("site_id", UUID, ForeignKey(site.c.id, ondelete="CASCADE"), primary_key=True),
    Column(
        "lines",
        Text,
        nullable=False,
        comment="folded lines that name search looks in: name, brands, address, code, pinyin, initials",
    ),
    comment="beside site, not in it: the nearest query wants narrow rows",
)
Index("site_search_grams_idx", func.site_grams(site_search.c.lines), postgresql_using="gin")

division = Table(
    "division",
    metadata,
    Column("name", Text, primary_key=True, comment="as the places write it: site.division"),
    Column("pinyin", Text, nullable=False),
    Column("initials", Text, nullable=False),
)

site_access = Table(
    "site_access",
    metadata,
    Column("site_id", UUID, ForeignKey(site.c.id, ondelete="CASCADE"), primary_key=True),
    Column("mode", Text, primary_key=True),
    Column("hours_id", Integer, ForeignKey(hours.c.id)),
    comment="ways in, each with its hours: staffed 08-22, self-service 22-08",
)

site_amenity = Table(
    "site_amenity",
    metadata,
    Column("site_id", UUID, ForeignKey(site.c.id, ondelete="CASCADE"), primary_key=True),
    Column("amenity", Text, ForeignKey(amenity.c.code), primary_key=True),
    Column("state", Text, nullable=False),
    Column("since", _INSTANT, comment="when the state was first said; null: as the source listed it"),
    Column("expires_on", Date, comment="last day on which it may be used, as of medicine"),
)

site_dated = Table(
    "site_dated",
    metadata,
    Column("id", UUID, primary_key=True, server_default=func.gen_random_uuid()),
    Column("site_id", UUID, ForeignKey(site.c.id, ondelete="CASCADE"), nullable=False),
    Column("effect", Text, nullable=False, comment="shut: closed; extra: open; mask: the regular rule does not hold"),
    Column(
        "during", TSTZRANGE, nullable=False, comment="half-open, to the minute; no upper bound: until further notice"
    ),
    Column("reason", Text),
    Column("added_at", _INSTANT, nullable=False),
    Column("ask_again_on", Date, comment="day on which somebody is asked whether it is still shut; null: never"),
)
Index("site_dated_site_id_idx", site_dated.c.site_id)
Index(
    "site_dated_ask_again_on_idx",
    site_dated.c.ask_again_on,
    postgresql_where=text("ask_again_on IS NOT NULL"),
)

site_history = Table(
    "site_history",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("site_id", UUID, nullable=False, comment="no foreign key: history outlives a removed demonstration place"),
    Column("version", Integer, nullable=False),
    Column("at", _INSTANT, nullable=False),
    Column("actor", Text, nullable=False, comment="who did it; never a name of a person"),
    Column("action", Text, nullable=False),
    Column("changes", JSONB, nullable=False, comment="field: [before, after]"),
    Column(
        "touched",
        Geometry("MULTIPOINT", 4326, spatial_index=False),
        nullable=False,
        comment="where the place was and is, WGS 84",
    ),
    Column(
        "written_in",
        Xid8,
        nullable=False,
        server_default=func.pg_current_xact_id(),
        comment="transaction that wrote the row",
    ),
    Column("reverts", BigInteger, comment="row whose change this one took back"),
)
Index("site_history_site_id_idx", site_history.c.site_id, site_history.c.version)
Index("site_history_written_in_idx", site_history.c.written_in)
