"""What an installation tells about itself, as JSON."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from xiejiao.installation.rules import BaseMap, Installation


class BaseMapWords(BaseModel):
    """A base map of image tiles."""

    tiles: str = Field(description="Address of a tile, with {z}, {x} and {y}")
    datum: Literal["wgs84", "gcj02"] = Field(description="What the tiles are drawn in")
    most_zoom: int
    attribution: str
    review_number: str = Field(description="审图号")


class SectionWords(BaseModel):
    """A part of a text, as plain text."""

    heading: str
    paragraphs: list[str]


class InstallationWords(BaseModel):
    """Who runs this installation, and how it is set up for the app; empty where nothing is said."""

    operator: str
    icp_number: str = Field(description="ICP备案号")
    police_number: str = Field(description="公安备案号")
    privacy: list[SectionWords] = Field(description="The operator's own privacy text")
    map: BaseMapWords | None = Field(description="The base map; null: none")


def as_json(told: Installation) -> dict[str, Any]:
    """The installation as it is served."""
    return {
        "operator": told.operator,
        "icp_number": told.icp_number,
        "police_number": told.police_number,
        "privacy": [{"heading": each.heading, "paragraphs": each.paragraphs} for each in told.privacy],
        "map": _base_map_as_json(told.base_map) if told.base_map else None,
    }


def _base_map_as_json(base_map: BaseMap) -> dict[str, Any]:
    return {
        "tiles": base_map.tiles,
        "datum": "gcj02" if base_map.shifted else "wgs84",
        "most_zoom": base_map.most_zoom,
        "attribution": base_map.attribution,
        "review_number": base_map.review_number,
    }
