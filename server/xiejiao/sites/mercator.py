"""Web mercator (EPSG:3857) and its tiles: the plane in which the nearest query walks outward."""

import math
from dataclasses import dataclass

EARTH_M = 6_378_137.0
"""Radius of the sphere of EPSG:3857, in metres."""
HALF_M = math.pi * EARTH_M
"""Half the width of the plane, in metres of the plane."""
MAX_LATITUDE = 85.0
"""Latitude up to which positions are taken as they are; nearer the poles the plane has no use."""
_ELLIPSOID = 0.9932
"""The least that a metre on the ellipsoid of WGS 84 can be of a metre on the sphere: (1 - e²) on the meridian at 0°."""


def plane(lon: float, lat: float) -> tuple[float, float]:
    """A position in degrees as metres of the plane; latitudes beyond MAX_LATITUDE are taken as that."""
    bounded = math.radians(max(-MAX_LATITUDE, min(MAX_LATITUDE, lat)))
    return math.radians(lon) * EARTH_M, math.log(math.tan(math.pi / 4 + bounded / 2)) * EARTH_M


def latitude(y: float) -> float:
    """The latitude in degrees of a northing of the plane."""
    return math.degrees(2 * math.atan(math.exp(y / EARTH_M)) - math.pi / 2)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the plane, in its metres."""

    west: float
    south: float
    east: float
    north: float

    @property
    def farthest_latitude(self) -> float:
        """The latitude of the box that lies farthest from the equator, in degrees."""
        return max(abs(latitude(self.south)), abs(latitude(self.north)))

    def grown(self, within_m: float) -> "Box":
        """A box that holds every position within `within_m` metres on the ground of this one."""
        degrees = math.degrees(within_m / (EARTH_M * _ELLIPSOID))
        farthest = min(MAX_LATITUDE, self.farthest_latitude + degrees)
        margin = within_m / (_ELLIPSOID * math.cos(math.radians(farthest)))
        return Box(self.west - margin, self.south - margin, self.east + margin, self.north + margin)

    def distance(self, x: float, y: float) -> float:
        """From the box to a point, in metres of the plane; 0 inside."""
        return math.hypot(max(self.west - x, 0.0, x - self.east), max(self.south - y, 0.0, y - self.north))


def ground_m_at_least(plane_m: float, box: Box) -> float:
    """The least distance on the ground, in metres, of a point that lies `plane_m` metres of the plane from `box`."""
    # A metre of the plane is less on the ground the nearer it lies to a pole: the shortest way leads straight there.
    edge = max(abs(box.south), abs(box.north))
    return math.radians(latitude(edge + plane_m) - latitude(edge)) * EARTH_M * _ELLIPSOID


@dataclass(frozen=True, slots=True)
class Tile:
    """A square of the plane at zoom `z`: column `x` from the west, row `y` from the north."""

    z: int
    x: int
    y: int

    @property
    def exists(self) -> bool:
        """Whether the zoom has such a column and row."""
        across: int = 2**self.z
        return 0 <= self.x < across and 0 <= self.y < across

    @property
    def box(self) -> Box:
        """The rectangle that the tile covers."""
        side = 2 * HALF_M / 2**self.z
        # Each edge by its own number, so that neighbours share theirs to the last bit.
        west, east = self.x * side - HALF_M, (self.x + 1) * side - HALF_M
        return Box(west, HALF_M - (self.y + 1) * side, east, HALF_M - self.y * side)


def tile_at(lon: float, lat: float, z: int) -> Tile:
    """The tile of zoom `z` that holds a position in degrees."""
    x, y = plane(lon, lat)
    side, last = 2 * HALF_M / 2**z, 2**z - 1
    return Tile(z, min(last, int((x + HALF_M) // side)), min(last, max(0, int((HALF_M - y) // side))))
