"""What an installation tells about itself, read from its settings and the file that they name."""

from pathlib import Path

from xiejiao.config import Config
from xiejiao.errors import OperatorError
from xiejiao.installation.rules import BaseMap, Installation, Section, origin_of, sections

LARGEST_TEXT = 65_536
"""Bytes of a privacy text: every phone fetches it."""
HIGHEST_ZOOM = 22


def installation(config: Config) -> Installation:
    """What the operator has set; OperatorError for a setting that cannot be told."""
    return Installation(
        operator=config.line("operator"),
        icp_number=config.line("icp_number"),
        police_number=config.line("police_number"),
        privacy=_privacy(config.privacy_text),
        base_map=_base_map(config),
    )


def _base_map(config: Config) -> BaseMap | None:
    """The base map; its other settings are checked even where there is none, so that no fault waits to be seen."""
    shifted = config.shifted_map
    most_zoom = config.number("map_most_zoom", 1, HIGHEST_ZOOM)
    attribution, review_number = config.line("map_attribution"), config.line("map_review_number")
    if not config.map_tiles:
        return None
    try:
        origin = origin_of(config.map_tiles)
    except ValueError as fault:
        message = f"MAP_TILES {fault}; set it to an address like https://tiles.example/{{z}}/{{x}}/{{y}}.png."
        raise OperatorError(message) from None
    return BaseMap(config.map_tiles, origin, shifted, most_zoom, attribution, review_number)


def _privacy(path: str) -> tuple[Section, ...]:
    if not path:
        return ()
    try:
        content = Path(path).read_bytes()
    except OSError as fault:
        message = f"PRIVACY_TEXT names {path}, which cannot be read ({fault.strerror}); set it to a readable file."
        raise OperatorError(message) from fault
    if len(content) > LARGEST_TEXT:
        message = f"PRIVACY_TEXT names {path}, which is larger than {LARGEST_TEXT} bytes; shorten it."
        raise OperatorError(message)
    try:
        found = sections(content.decode("utf-8-sig"))
    except UnicodeDecodeError as fault:
        message = f"PRIVACY_TEXT names {path}, which is not UTF-8 (byte {fault.start}); save it as UTF-8."
        raise OperatorError(message) from fault
    if not found:
        message = f"PRIVACY_TEXT names {path}, which is empty; write the text or unset it."
        raise OperatorError(message)
    return found
