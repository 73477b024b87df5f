"""The table of the union tree."""

from sqlalchemy import Boolean, Column, Date, Index, SmallInteger, Table, Text, func
from sqlalchemy.dialects.postgresql import ARRAY, UUID
from sqlalchemy.types import UserDefinedType

from xiejiao.database import metadata


class Ltree(UserDefinedType[str]):
    """A path of labels, as PostgreSQL's ltree."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The name of the type in SQL."""
        return "LTREE"


organisation = Table(
    "organisation",
    metadata,
    Column("id", UUID, primary_key=True, server_default=func.gen_random_uuid()),
    Column("path", Ltree, nullable=False, unique=True, comment="labels from the nation down, as cn.guangdong.meizhou"),
    Column("name", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("division_code", Text, comment="GB/T 2260 code of its area, 6 to 12 digits"),
    Column("contact", Text, comment="office telephone or address that may be published"),
    Column("accepts_applications", Boolean, nullable=False, server_default="false"),
    Column(
        "trades",
        ARRAY(Text),
        nullable=False,
        server_default="{}",
        comment="codes of the trades whose federation it is; none of others",
    ),
    Column(
        "approval_levels",
        SmallInteger,
        nullable=False,
        server_default="1",
        comment="2: a union above approves after it",
    ),
    Column("closed_on", Date, comment="from this day on it takes no applications"),
)
Index("organisation_path_idx", organisation.c.path, postgresql_using="gist")
