"""What an installation can say of itself, and how its privacy text and the address of its tiles are read."""

import re
from dataclasses import dataclass

_HEADING = re.compile(r"#{1,6}\s+(.+)")
_BRACES = re.compile(r"\{([^{}]*)\}")
# The origin goes into the page's Content-Security-Policy: nothing that it may hold ends the directive there.
# Without re.ASCII, letters of other scripts that fold to one of these would pass, as \u017f does for s.
_LABEL = r"[a-z0-9]+(?:-+[a-z0-9]+)*"
_ADDRESS = re.compile(
    rf"(?P<origin>https://{_LABEL}(?:\.{_LABEL})*(?::(?P<port>[0-9]{{1,5}}))?)/[!#-;=?-\[\]_a-z{{}}~]*",
    re.ASCII | re.IGNORECASE,
)
_HTTPS_PORT = 443
_HIGHEST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class BaseMap:
    """A base map of image tiles at `tiles`, which come from `origin`; `shifted` when it is drawn in GCJ-02."""

    tiles: str
    origin: str
    shifted: bool
    most_zoom: int
    attribution: str
    review_number: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a text: its heading, empty where it has none, and its paragraphs."""

    heading: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Installation:
    """What is told to everyone; empty where the operator says nothing."""

    operator: str
    icp_number: str
    police_number: str
    privacy: tuple[Section, ...]
    base_map: BaseMap | None


def origin_of(tiles: str) -> str:
    """The origin that tiles come from; ValueError, in words that follow a name, when `tiles` is no address of tiles."""
    if re.search(r"\.pmtiles\b", tiles, re.IGNORECASE):
        message = "names a .pmtiles file, which the map does not read"
        raise ValueError(message)
    if sorted(_BRACES.findall(tiles)) != ["x", "y", "z"]:
        message = "does not hold {z}, {x} and {y} once each and nothing else in braces"
        raise ValueError(message)
    found = _ADDRESS.fullmatch(tiles)
    if not found or not 0 < int(found["port"] or _HTTPS_PORT) <= _HIGHEST_PORT:
        message = "does not begin with https://, a host and a slash, or holds what stands in no address"
        raise ValueError(message)
    return found["origin"].lower()


def sections(text: str) -> tuple[Section, ...]:
    """The sections of a plain text: a line `# …` begins one, empty lines part its paragraphs, line breaks are kept."""
    parts: list[tuple[str, list[str]]] = [("", [])]
    for line in text.splitlines():
        if heading := _HEADING.fullmatch(line.strip()):
            parts.append((heading[1], []))
        else:
            parts[-1][1].append(line.strip())
    return tuple(Section(heading, _paragraphs(lines)) for heading, lines in parts if heading or any(lines))


def _paragraphs(lines: list[str]) -> tuple[str, ...]:
    return tuple(each for each in re.split(r"\n{2,}", "\n".join(lines).strip("\n")) if each)
