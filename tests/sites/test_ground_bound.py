"""The bound that proves a nearest answer exact: no place beyond it in the plane lies nearer on the ground."""

import math

from hypothesis import given
from hypothesis import strategies as st

from xiejiao.coordinates import Position, distance_m
from xiejiao.sites.mercator import EARTH_M, Box, ground_m_at_least, latitude, plane

LATITUDES = st.floats(-60, 60)
FARTHEST_PLANE_M = 500_000.0


@given(lat=LATITUDES, plane_m=st.floats(1, FARTHEST_PLANE_M), bearing=st.floats(0, 2 * math.pi))
def test_whatever_the_direction_the_ground_is_no_shorter_than_the_bound(
    lat: float, plane_m: float, bearing: float
) -> None:
    x, y = plane(105.0, lat)
    there = (x + plane_m * math.sin(bearing), y + plane_m * math.cos(bearing))
    on_the_ground = distance_m(Position(105.0, lat), Position(math.degrees(there[0] / EARTH_M), latitude(there[1])))
    assert ground_m_at_least(plane_m, Box(x, y, x, y)) <= on_the_ground * (1 + 1e-9)


@given(lat=LATITUDES, plane_m=st.floats(1_000, FARTHEST_PLANE_M))
def test_straight_towards_the_pole_the_bound_is_nearly_the_ground(lat: float, plane_m: float) -> None:
    x, y = plane(105.0, lat)
    poleward = y + math.copysign(plane_m, y)
    on_the_ground = distance_m(Position(105.0, lat), Position(105.0, latitude(poleward)))
    assert ground_m_at_least(plane_m, Box(x, y, x, y)) > 0.985 * on_the_ground
