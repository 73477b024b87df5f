"""Unions as JSON."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from xiejiao.http.query_string import refuse
from xiejiao.language import is_plain
from xiejiao.organisations.rules import Level, Listed

SHORTEST, LONGEST = 2, 40


def _part_of_a_name(text: str) -> str:
    stripped = text.strip()
    if not is_plain(stripped) or len(stripped) < SHORTEST:
        refuse(f"至少 {SHORTEST} 个字", f"must be {SHORTEST} characters long at least")
    return stripped


class OrganisationsQuery(BaseModel):
    """Which unions."""

    model_config = ConfigDict(extra="forbid")

    q: Annotated[str, Field(max_length=LONGEST, description="Part of the name"), AfterValidator(_part_of_a_name)]
    accepts: Annotated[bool, Field(description="Only those that take applications")] = False


class OrganisationShown(BaseModel):
    """A union of the tree."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    name: str
    level: Level
    above: str | None = Field(description="Name of the union above it")
    division: str | None = Field(description="GB/T 2260 code of its division, by which applications are routed")
    accepts_applications: bool


class Organisations(BaseModel):
    """Unions whose names fit, those first whose names begin so."""

    model_config = ConfigDict(extra="forbid")

    organisations: list[OrganisationShown]


def organisations(found: Sequence[Listed]) -> dict[str, Any]:
    """Unions as JSON."""
    return {
        "organisations": [
            {
                "id": str(each.id),
                "name": each.name,
                "level": each.level,
                "above": each.above,
                "division": each.division_code,
                "accepts_applications": each.accepts_applications,
            }
            for each in found
        ]
    }
