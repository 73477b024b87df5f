"""Where a place is: the datums in use in China, their conversion, and the distance between two positions."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from xiejiao.errors import FieldFault
from xiejiao.language import Words


class Datum(StrEnum):
    """What a pair of degrees is counted in: WGS 84 (phones), GCJ-02 (Amap, Tencent), BD-09 (Baidu)."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


class Position(NamedTuple):
    """A point in degrees, longitude first as in RFC 7946; its datum is said beside it."""

    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Checked:
    """What `check` found: a position, or the faults that leave none; warnings may stand beside a position."""

    position: Position | None
    faults: tuple[FieldFault, ...] = ()
    warnings: tuple[FieldFault, ...] = ()


def from_wgs84(position: Position, datum: Datum) -> Position:
    """Where a WGS 84 point lies in `datum`; outside the shifted area it stays where it is.

    GCJ-02 by the formula published with its constants (Krasovsky's ellipsoid), BD-09 by its second shift. The WGS 84
    point decides on which side of the border it is; in the last `STRIP_M` inside the outline the shift fades to
    nothing, so that no two points fall together and the way back is unambiguous.
    """
    if datum is Datum.WGS84:
        return position
    share = _share_of_shift(position)
    if share == 0.0:
        return position
    full = _gcj02(position)
    if datum is Datum.BD09:
        full = _bd09(full)
    return Position(
        position.lon + share * (full.lon - position.lon),
        position.lat + share * (full.lat - position.lat),
    )


def to_wgs84(position: Position, datum: Datum) -> Position:
    """The WGS 84 point that lies at `position` in `datum`, to well below a centimetre."""
    found = position
    for _ in range(_ROUNDS):
        image = from_wgs84(found, datum)
        error = Position(image.lon - position.lon, image.lat - position.lat)
        found = Position(found.lon - error.lon, found.lat - error.lat)
        if abs(error.lon) < _CLOSE_ENOUGH and abs(error.lat) < _CLOSE_ENOUGH:
            break
    return found


def is_shifted(position: Position) -> bool:
    """Whether the makers of maps shift this WGS 84 point: the mainland, Hong Kong, Macao and the Xisha islands."""
    return _share_of_shift(position) > 0.0


def inside_china(position: Position) -> bool:
    """Whether a WGS 84 point can be a place in China, Taiwan among it; generous by up to 10 km, 20 km at sea."""
    return is_shifted(position) or _depth_m(position, _edges_by_latitude(TAIWAN)) > 0.0


def datum_named(text: str, field: str = "datum") -> Datum | FieldFault:
    """The datum that `text` names, as `gcj02` or `GCJ-02`; else a fault, with a sentence of its own for BD09MC."""
    name = text.strip().lower().replace("-", "").replace(" ", "")
    if name in set(Datum):
        return Datum(name)
    if name == "bd09mc":
        return FieldFault(
            field,
            Words(
                "bd09mc 的单位是米而不是度,请用 bd09、gcj02 或 wgs84",
                "bd09mc counts metres, not degrees; give the position as bd09, gcj02 or wgs84",
            ),
        )
    return FieldFault(field, Words("应为 wgs84、gcj02 或 bd09", "must be wgs84, gcj02 or bd09"))


def check(lon: float, lat: float, *, lon_field: str = "lon", lat_field: str = "lat") -> Checked:
    """Whether two numbers are a position, and whether they look exchanged.

    A latitude beyond 90 whose exchange is a position is a fault. Where both orders are positions but only the
    exchanged one is in China, the position stands, with a warning: it may be meant.
    """
    faults = tuple(_faults(lon, lat, lon_field, lat_field))
    if faults:
        return Checked(None, faults)
    position = Position(lon, lat)
    exchangeable = abs(lon) <= _LAT_LIMIT
    if exchangeable and not inside_china(position) and inside_china(Position(lat, lon)):
        return Checked(
            position,
            warnings=(
                FieldFault(
                    lat_field,
                    Words(
                        f"似乎与 {lon_field} 颠倒了:对调后才在中国境内",
                        f"looks exchanged with {lon_field}: only the other order is in China",
                    ),
                ),
            ),
        )
    return Checked(position)


def distance_m(a: Position, b: Position) -> float:
    """Metres along the WGS 84 ellipsoid between two WGS 84 points; within 0.1 % up to 500 km below 55 degrees.

    The difference in latitude counts along the meridian's radius of curvature at the mid-latitude, that in longitude
    along the parallel's (the method of 47 CFR 73.208, with the radii of WGS 84 in place of its series).
    """
    mid = math.radians((a.lat + b.lat) / 2)
    squeeze = 1 - _WGS84_ECCENTRICITY_2 * math.sin(mid) ** 2
    along_parallel = _WGS84_RADIUS_M / math.sqrt(squeeze)
    along_meridian = along_parallel * (1 - _WGS84_ECCENTRICITY_2) / squeeze
    east = math.radians(math.remainder(b.lon - a.lon, 360)) * along_parallel * math.cos(mid)
    north = math.radians(b.lat - a.lat) * along_meridian
    return math.hypot(east, north)


STRIP_M = 2500.0
"""Width in metres of the strip inside the outline in which the shift fades to nothing.

Wider than the largest shift (BD-09, 1,520 m), else two points could fall together; narrower than the outline's margin
around China (3,100 m), else places in China would be shifted too little.
"""

_LON_LIMIT = 180.0
_LAT_LIMIT = 90.0
_SURELY_METRES = 1000.0
_ROUNDS = 64
_CLOSE_ENOUGH = 1e-11  # degrees: a micrometre
_WGS84_RADIUS_M = 6_378_137.0
_WGS84_ECCENTRICITY_2 = 0.0066943799901413165
_KRASOVSKY_RADIUS_M = 6_378_245.0
_KRASOVSKY_ECCENTRICITY_2 = 0.00669342162296594323
_METRES_PER_DEGREE = 111_195.0
_REACH = STRIP_M / _METRES_PER_DEGREE

_Edge = tuple[float, float, float, float]


def _faults(lon: float, lat: float, lon_field: str, lat_field: str) -> Iterable[FieldFault]:
    if _within(lon, _LAT_LIMIT) and _within(lat, _LON_LIMIT) and not _within(lat, _LAT_LIMIT):
        yield FieldFault(
            lat_field,
            Words(
                f"似乎与 {lon_field} 颠倒了:纬度不会超过 90 度",
                f"looks exchanged with {lon_field}: no latitude is beyond 90 degrees",
            ),
        )
        return
    for value, limit, field in ((lon, _LON_LIMIT, lon_field), (lat, _LAT_LIMIT, lat_field)):
        if not math.isfinite(value):
            yield FieldFault(field, Words("应为有限的度数", "must be a finite number of degrees"))
        elif abs(value) > _SURELY_METRES:
            yield FieldFault(
                field, Words("像是以米为单位(如 BD09MC),应为度", "looks like metres (as in BD09MC); must be degrees")
            )
        elif abs(value) > limit:
            yield FieldFault(
                field,
                Words(
                    f"应在 -{limit:.0f} 到 {limit:.0f} 度之间",
                    f"must be between -{limit:.0f} and {limit:.0f} degrees",
                ),
            )


def _within(value: float, limit: float) -> bool:
    return abs(value) <= limit  # false for NaN


def _gcj02(position: Position) -> Position:
    x, y = position.lon - 105.0, position.lat - 35.0
    root = math.sqrt(abs(x))
    short = 20 * math.sin(6 * math.pi * x) + 20 * math.sin(2 * math.pi * x)
    north_m = (
        -100
        + 2 * x
        + 3 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * root
        + (short + 20 * math.sin(math.pi * y) + 40 * math.sin(math.pi * y / 3)) * 2 / 3
        + (160 * math.sin(math.pi * y / 12) + 320 * math.sin(math.pi * y / 30)) * 2 / 3
    )
    east_m = (
        300
        + x
        + 2 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * root
        + (short + 20 * math.sin(math.pi * x) + 40 * math.sin(math.pi * x / 3)) * 2 / 3
        + (150 * math.sin(math.pi * x / 12) + 300 * math.sin(math.pi * x / 30)) * 2 / 3
    )
    phi = math.radians(position.lat)
    squeeze = 1 - _KRASOVSKY_ECCENTRICITY_2 * math.sin(phi) ** 2
    along_parallel = _KRASOVSKY_RADIUS_M / math.sqrt(squeeze)
    along_meridian = along_parallel * (1 - _KRASOVSKY_ECCENTRICITY_2) / squeeze
    return Position(
        position.lon + math.degrees(east_m / (along_parallel * math.cos(phi))),
        position.lat + math.degrees(north_m / along_meridian),
    )


def _bd09(gcj02: Position) -> Position:
    wave = math.pi * 3000 / 180
    radius = math.hypot(gcj02.lon, gcj02.lat) + 0.00002 * math.sin(gcj02.lat * wave)
    angle = math.atan2(gcj02.lat, gcj02.lon) + 0.000003 * math.cos(gcj02.lon * wave)
    return Position(radius * math.cos(angle) + 0.0065, radius * math.sin(angle) + 0.006)


def _share_of_shift(position: Position) -> float:
    depth = max(_depth_m(position, _edges_by_latitude(ring)) for ring in (MAINLAND, XISHA))
    return min(depth / STRIP_M, 1.0)


def _depth_m(position: Position, edges_by_latitude: dict[int, tuple[_Edge, ...]]) -> float:
    """Metres from a point inside a ring to the ring, at most `STRIP_M`; 0 outside."""
    lon, lat = position
    squeeze = math.cos(math.radians(lat))
    inside = False
    depth = _REACH
    for west, south, east, north in edges_by_latitude.get(math.floor(lat), ()):
        if (south > lat) != (north > lat) and lon < west + (lat - south) * (east - west) / (north - south):
            inside = not inside
        depth = min(depth, _degrees_away((west - lon) * squeeze, south - lat, (east - lon) * squeeze, north - lat))
    return depth * _METRES_PER_DEGREE if inside else 0.0


def _degrees_away(x1: float, y1: float, x2: float, y2: float) -> float:
    """The distance of the origin from the segment between two points."""
    if min(x1, x2) > _REACH or max(x1, x2) < -_REACH or min(y1, y2) > _REACH or max(y1, y2) < -_REACH:
        return _REACH
    dx, dy = x2 - x1, y2 - y1
    along = -(x1 * dx + y1 * dy) / (dx * dx + dy * dy)
    along = min(max(along, 0.0), 1.0)
    return math.hypot(x1 + along * dx, y1 + along * dy)


@cache
def _edges_by_latitude(ring: str) -> dict[int, tuple[_Edge, ...]]:
    """The edges of a ring that come near each whole degree of latitude, so that a point meets few of them."""
    corners = outline(ring)
    by_latitude: dict[int, list[_Edge]] = {}
    for (lon1, lat1), (lon2, lat2) in zip(corners, (*corners[1:], corners[0]), strict=True):
        low, high = sorted((lat1, lat2))
        for degree in range(math.floor(low - _REACH), math.floor(high + _REACH) + 1):
            by_latitude.setdefault(degree, []).append((lon1, lat1, lon2, lat2))
    return {degree: tuple(edges) for degree, edges in by_latitude.items()}


def outline(ring: str) -> tuple[Position, ...]:
    """The corners of a ring written as `lon,lat` in hundredths of a degree, the last joined to the first."""
    pairs = (corner.split(",") for corner in ring.split())
    return tuple(Position(int(lon) / 100, int(lat) / 100) for lon, lat in pairs)


# The outlines decide where a datum is shifted and whether a point is plausible; they say nothing about borders.
# Corners of the mainland with Hong Kong and Macao, derived from Natural Earth 5 at 1:10m (public domain): 7 km outward
# on land, 20 km at sea, then simplified to 3.5 km; at least 3.1 km remain between every coast or border and the ring.
MAINLAND = """
7376,3854 7360,3887 7367,3900 7352,3923 7355,3946 7377,3953 7382,3960 7374,3980 7395,4011 7433,4016 7469,4040
7480,4057 7503,4051 7518,4052 7551,4069 7566,4065 7578,4037 7623,4050 7639,4047 7669,4097 7682,4107 7701,4111
7750,4105 7782,4112 7805,4111 7825,4130 7828,4140 7861,4158 7925,4184 7969,4194 7981,4206 8013,4210 8017,4227
8006,4266 8018,4285 8030,4291 8030,4307 8063,4321 8056,4332 8062,4345 8026,4409 8028,4471 8021,4475 7994,4474
7977,4484 7978,4493 8007,4509 8068,4520 8085,4519 8165,4541 8180,4539 8196,4522 8224,4529 8250,4523 8254,4538
8227,4544 8220,4554 8290,4697 8295,4724 8315,4728 8392,4704 8468,4704 8487,4694 8517,4709 8542,4712 8558,4728
8542,4794 8563,4838 8575,4847 8617,4849 8649,4857 8665,4873 8662,4899 8682,4917 8712,4919 8738,4914 8786,4922
8797,4901 8789,4884 8814,4874 8815,4858 8864,4839 8868,4824 8897,4816 8911,4805 8956,4809 8981,4791 9008,4794
9016,4779 9042,4770 9058,4730 9078,4706 9097,4697 9114,4657 9100,4628 9109,4601 9079,4572 9075,4554 9095,4529
9114,4527 9129,4519 9147,4521 9166,4513 9205,4514 9248,4506 9287,4510 9355,4501 9375,4494 9398,4473 9424,4471
9439,4458 9477,4439 9503,4432 9545,4433 9549,4428 9542,4407 9561,4399 9595,4328 9637,4297 9645,4280 9719,4285
9946,4263 10002,4274 10122,4259 10154,4260 10180,4251 10207,4224 10310,4206 10372,4182 10452,4193 10460,4171
10499,4168 10516,4180 10675,4235 10817,4252 10880,4246 10895,4251 10943,4251 11033,4281 11092,4336 11151,4356
11170,4371 11185,4375 11131,4435 11147,4472 11180,4509 11197,4515 11240,4513 11278,4492 11360,4481 11384,4496
11402,4500 11435,4524 11449,4544 11470,4549 11494,4544 11562,4551 11595,4573 11611,4576 11613,4594 11650,4634
11680,4645 11723,4642 11736,4663 11759,4667 11773,4658 11824,4678 11868,4676 11884,4683 11933,4668 11967,4668
11977,4672 11980,4682 11962,4712 11907,4748 11900,4762 11871,4771 11847,4792 11816,4796 11782,4794 11738,4759
11681,4781 11623,4779 11591,4762 11552,4785 11542,4814 11571,4828 11570,4854 11595,4880 11595,4890 11662,4987
11780,4958 11859,5001 11908,5005 11924,5013 11923,5027 11906,5034 11906,5043 11941,5076 11943,5093 11965,5112
11967,5124 12001,5169 12058,5198 12067,5214 12053,5234 12058,5251 12044,5256 12000,5254 11994,5278 12085,5334
12119,5334 12230,5356 12283,5354 12323,5363 12362,5363 12412,5345 12431,5343 12446,5329 12480,5323 12515,5327
12569,5311 12599,5286 12618,5281 12617,5264 12629,5257 12665,5215 12657,5197 12681,5174 12683,5161 12708,5133
12703,5109 12738,5077 12746,5058 12746,5034 12768,5023 12759,5002 12762,4985 12786,4966 12813,4961 12868,4967
12913,4945 12952,4948 13024,4894 13074,4892 13077,4884 13065,4865 13084,4852 13092,4833 13077,4809 13099,4792
13106,4775 13141,4781 13190,4774 13245,4779 13261,4800 13279,4802 13305,4816 13347,4816 13370,4831 13439,4844
13459,4841 13481,4829 13477,4812 13466,4800 13487,4771 13462,4743 13437,4736 13427,4728 13432,4710 13419,4700
13409,4663 13397,4649 13403,4639 13399,4624 13381,4611 13374,4591 13361,4580 13355,4559 13325,4545 13317,4507
13291,4497 13184,4521 13149,4491 13109,4482 13135,4406 13126,4378 13127,4355 13137,4337 13117,4300 13118,4288
13102,4279 13060,4275 13067,4260 13062,4251 13053,4247 13038,4251 13018,4268 13015,4283 12993,4290 12975,4239
12955,4231 12938,4235 12928,4218 12897,4198 12814,4194 12839,4158 12817,4132 12710,4147 12693,4169 12669,4161
12659,4132 12646,4127 12607,4085 12579,4080 12574,4072 12546,4058 12521,4054 12509,4041 12491,4038 12446,4007
12437,3990 12413,3975 12422,3970 12436,3975 12420,3967 12385,3960 12362,3948 12347,3930 12342,3900 12333,3890
12315,3885 12272,3899 12233,3896 12178,3869 12156,3849 12152,3815 12172,3788 12244,3763 12276,3758 12289,3750
12291,3736 12273,3684 12242,3666 12192,3665 12124,3644 12086,3602 12038,3580 11991,3539 11979,3521 11976,3500
11995,3468 12044,3441 12077,3364 12110,3309 12118,3280 12156,3249 12172,3226 12201,3204 12214,3177 12224,3117
12238,3101 12269,3084 12274,3068 12263,3035 12260,2978 12228,2947 12214,2902 12189,2872 12185,2827 12142,2787
12126,2734 12072,2710 12020,2643 11998,2600 11999,2579 12007,2557 12001,2536 11965,2502 11927,2489 11893,2463
11876,2442 11835,2422 11755,2344 11700,2315 11657,2278 11561,2249 11516,2248 11466,2224 11439,2189 11347,2177
11311,2162 11286,2141 11216,2147 11149,2133 11099,2113 11082,2091 11076,2055 11087,2031 11110,2007 11122,1967
11120,1957 11083,1922 11067,1866 11014,1823 10964,1799 10909,1812 10860,1835 10849,1852 10844,1883 10845,1933
10856,1951 10891,1976 10920,2014 10927,2044 10919,2069 10895,2090 10880,2115 10863,2128 10836,2134 10791,2126
10804,2135 10792,2139 10789,2148 10778,2158 10752,2152 10733,2154 10724,2164 10696,2176 10683,2191 10662,2191
10658,2224 10648,2231 10646,2244 10652,2263 10665,2268 10667,2275 10653,2284 10626,2279 10608,2292 10583,2284
10567,2298 10551,2301 10546,2313 10530,2324 10492,2308 10488,2289 10473,2276 10455,2274 10434,2262 10412,2273
10405,2250 10398,2245 10365,2268 10351,2252 10331,2264 10309,2239 10300,2237 10286,2243 10278,2255 10266,2261
10248,2264 10224,2235 10210,2233 10199,2238 10187,2232 10173,2237 10163,2221 10163,2210 10182,2183 10180,2174
10187,2160 10179,2136 10189,2123 10181,2111 10172,2107 10149,2118 10130,2111 10121,2113 10114,2123 10107,2166
10087,2160 10065,2141 10045,2139 10035,2144 10017,2137 10004,2148 10001,2161 9989,2169 9986,2195 9954,2204
9925,2204 9912,2208 9908,2217 9918,2241 9928,2250 9924,2276 9934,2287 9937,2300 9920,2300 9880,2314 9880,2339
9871,2353 9875,2363 9872,2371 9860,2377 9858,2400 9846,2407 9813,2404 9763,2378 9745,2394 9764,2416 9756,2435
9744,2444 9747,2476 9764,2489 9764,2510 9778,2531 9791,2530 9799,2535 9809,2566 9829,2565 9852,2592 9848,2612
9857,2622 9868,2663 9860,2751 9849,2756 9835,2746 9824,2749 9804,2796 9805,2811 9786,2828 9772,2830 9764,2842
9755,2841 9750,2826 9733,2815 9709,2830 9696,2827 9686,2830 9681,2841 9665,2854 9656,2838 9645,2837 9636,2850
9636,2862 9651,2877 9637,2897 9614,2899 9610,2911 9615,2921 9608,2930 9583,2926 9575,2916 9562,2916 9555,2908
9538,2907 9528,2899 9475,2911 9462,2923 9442,2914 9441,2900 9429,2888 9375,2864 9347,2861 9336,2855 9323,2847
9314,2832 9277,2810 9271,2789 9232,2772 9213,2775 9196,2766 9162,2770 9155,2790 9126,2801 9112,2791 9099,2791
9085,2798 9044,2802 9040,2820 9027,2820 9008,2828 8992,2825 8979,2813 8961,2809 8951,2800 8918,2758 8906,2751
8906,2730 8889,2725 8874,2735 8868,2745 8867,2756 8878,2784 8870,2800 8860,2802 8822,2790 8814,2780 8788,2784
8773,2775 8714,2777 8699,2788 8664,2802 8646,2785 8622,2793 8610,2784 8596,2783 8580,2811 8567,2819 8508,2824
8501,2830 8499,2847 8477,2849 8456,2864 8440,2869 8433,2880 8416,2888 8404,2918 8391,2921 8364,2909 8348,2913
8316,2952 8280,2961 8249,2987 8211,3001 8199,3026 8162,3034 8146,3025 8126,2996 8106,2996 8090,3021 8058,3040
8013,3051 8009,3070 7980,3090 7956,3088 7935,3097 7910,3130 7887,3123 7868,3127 7862,3149 7869,3160 7859,3177
7865,3195 7839,3221 7831,3257 7874,3270 7882,3263 7883,3250 7896,3242 7909,3254 7927,3257 7942,3271 7926,3294
7926,3311 7904,3317 7872,3348 7865,3409 7890,3424 7889,3431 7862,3447 7835,3452 7823,3459 7791,3536 7776,3541
7737,3541 7687,3553 7645,3577 7613,3575 7603,3592 7590,3596 7583,3605 7591,3642 7579,3660 7562,3670 7539,3667
7529,3687 7507,3693 7485,3685 7476,3695 7451,3696 7432,3708 7430,3720 7446,3728 7471,3736 7486,3731 7502,3741
7480,3762 7486,3775 7469,3820 7476,3842 7432,3860 7416,3858 7408,3847 7391,3847
"""
XISHA = "11090,1550 11310,1550 11310,1740 11090,1740"
TAIWAN = """
11930,2360 11950,2380 11980,2370 12000,2380 12090,2510 12140,2540 12160,2540 12210,2510 12150,2300 12160,2270
12160,2240 12170,2200 12170,2190 12120,2200 12090,2180 12060,2180 12050,2220 12010,2260 11990,2330 11940,2340
"""
