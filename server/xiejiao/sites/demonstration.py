"""Synthetic places that lie, are named and are open like those of Chinese cities; for demonstration and measurement."""

import math
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, product
from random import Random
from typing import Any

from xiejiao.coordinates import Position, inside_china

_Draw = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Centre:
    """A town that places gather around: WGS 84 centre, residents, its union's path, the bearing in which sea begins."""

    division: str
    organisation: str
    lon: float
    lat: float
    population: int
    seaward: float | None = None


@dataclass(frozen=True, slots=True)
class City:
    """A city with the centres of its districts; a city without districts is its own one centre."""

    name: str
    centres: tuple[Centre, ...]


@dataclass(frozen=True, slots=True)
class SyntheticPlace:
    """A place that does not exist, in plain values: codes of the vocabulary, OSM hours, WGS 84 degrees.

    `opening_hours` is the union of the `access` windows, None where nobody posted any; `amenities` are pairs of code
    and state. There is never a telephone number.
    """

    name: str
    kind: str
    brands: tuple[str, ...]
    address: str
    division: str
    organisation: str
    host: str | None
    lon: float
    lat: float
    opening_hours: str | None
    access: tuple[tuple[str, str], ...]
    amenities: tuple[tuple[str, str], ...]
    notice: str | None
    phone: None = field(default=None, init=False)


def city(row: Mapping[str, Any]) -> City:
    """The city that a row of `seed/cities.json` describes."""
    whole = row["name"] if row["name"] == row["province"] else row["province"] + row["name"]
    if row["districts"]:
        return City(row["name"], tuple(_centre(each, whole + each["name"]) for each in row["districts"]))
    return City(row["name"], (_centre(row, whole),))


def places(count: int, seed: int, *, around: Sequence[City]) -> Iterator[SyntheticPlace]:
    """`count` synthetic places around the centres of `around`, one after the other, by population.

    The same seed gives the same places on every machine, and more of them begin with the fewer: only `Random.random`
    is drawn from, the one method whose sequence Python keeps between versions.
    """
    draw = Random(seed).random  # noqa: S311 -- nobody's secret hangs on where a demonstration place lies
    centres = [centre for each in around for centre in each.centres]
    settlements = [_settlement(centre, draw) for centre in centres]
    by_population = _cumulative(centre.population for centre in centres)
    for _ in range(count):
        settlement = settlements[bisect(by_population, draw())]
        blueprint = _BLUEPRINTS[bisect(_BY_FREQUENCY, draw())]
        local = _FIRST[int(draw() * len(_FIRST))] + _SECOND[int(draw() * len(_SECOND))]
        posted = blueprint.posted[bisect(blueprint.by_frequency, draw())]
        lon, lat = _spot(settlement, draw)
        yield SyntheticPlace(
            name=blueprint.name[0] + local + blueprint.name[1],
            kind=blueprint.kind,
            brands=(*blueprint.brands, _UNION_BRAND) if draw() < _TWO_BRANDS else blueprint.brands,
            address=settlement.centre.division + local + _ROADS[int(draw() * len(_ROADS))] + _house_number(draw),
            division=settlement.centre.division,
            organisation=settlement.centre.organisation,
            host=None if blueprint.host is None else blueprint.host[0] + local + blueprint.host[1],
            lon=lon,
            lat=lat,
            opening_hours=posted.opening_hours,
            access=posted.access,
            amenities=tuple(
                (code, _STATES[bisect(_BY_STATE, draw())]) for code, share in blueprint.amenities if draw() < share
            ),
            notice=posted.notice or (_NOTICES[int(draw() * len(_NOTICES))] if draw() < _WITH_NOTICE else None),
        )


_KM_PER_DEGREE = 111.2
_SPREAD_KM = 2.5  # of a town of a million; others by the square root
_QUARTERS = 6
_IN_THE_CENTRE, _IN_A_QUARTER, _IN_THE_SUBURBS = 0.50, 0.92, 0.995  # cumulative; what remains lies far out
_FAR_OUT_KM = (15.0, 60.0)
_SHORE_KM = 0.4
_TWO_BRANDS = 0.06
_WITH_NOTICE = 0.06
_UNION_BRAND = "工会驿站"


@dataclass(frozen=True, slots=True)
class _Settlement:
    centre: Centre
    spread_km: float
    km_per_degree_of_longitude: float
    quarters: tuple[tuple[float, float, float], ...]  # east km, north km, spread km
    seaward: tuple[float, float] | None  # unit vector, east and north


def _centre(row: Mapping[str, Any], division: str) -> Centre:
    return Centre(division, row["organisation"], row["lon"], row["lat"], row["population"], row.get("seaward"))


def _settlement(centre: Centre, draw: _Draw) -> _Settlement:
    spread = _SPREAD_KM * math.sqrt(centre.population / 1_000_000)
    bearing = None if centre.seaward is None else math.radians(centre.seaward)
    quarters = tuple((*_around(1.6 * spread, draw), spread * (0.15 + 0.25 * draw())) for _ in range(_QUARTERS))
    return _Settlement(
        centre,
        spread,
        _KM_PER_DEGREE * math.cos(math.radians(centre.lat)),
        quarters,
        None if bearing is None else (math.sin(bearing), math.cos(bearing)),
    )


def _around(spread: float, draw: _Draw) -> tuple[float, float]:
    """A normal scatter in two dimensions (Box and Muller), at most three spreads away."""
    radius = min(math.sqrt(-2 * math.log(1 - draw())), 3.0) * spread
    angle = 2 * math.pi * draw()
    return radius * math.cos(angle), radius * math.sin(angle)


def _spot(settlement: _Settlement, draw: _Draw) -> tuple[float, float]:
    """Longitude and latitude of one place: dense centre, quarters, suburbs, a few far from everything."""
    where = draw()
    if where < _IN_THE_CENTRE:
        east, north = _around(settlement.spread_km / 2, draw)
    elif where < _IN_A_QUARTER:
        quarter_east, quarter_north, spread = settlement.quarters[int(draw() * _QUARTERS)]
        east, north = _around(spread, draw)
        east, north = east + quarter_east, north + quarter_north
    elif where < _IN_THE_SUBURBS:
        east, north = _around(2 * settlement.spread_km, draw)
    else:
        return _far_out(settlement, draw)
    return _on_land(settlement, east, north)


def _far_out(settlement: _Settlement, draw: _Draw) -> tuple[float, float]:
    near, far = _FAR_OUT_KM
    while True:
        radius, angle = near + (far - near) * draw(), 2 * math.pi * draw()
        lon, lat = _on_land(settlement, radius * math.cos(angle), radius * math.sin(angle))
        if inside_china(Position(lon, lat)):
            return lon, lat


def _on_land(settlement: _Settlement, east: float, north: float) -> tuple[float, float]:
    """Degrees of a point so many km from the centre; what would lie beyond the shore is mirrored inland."""
    if settlement.seaward is not None:
        to_sea = settlement.seaward
        beyond = east * to_sea[0] + north * to_sea[1] - _SHORE_KM
        if beyond > 0:
            east, north = east - 2 * beyond * to_sea[0], north - 2 * beyond * to_sea[1]
    return (
        round(settlement.centre.lon + east / settlement.km_per_degree_of_longitude, 6),
        round(settlement.centre.lat + north / _KM_PER_DEGREE, 6),
    )


def _house_number(draw: _Draw) -> str:
    """A number in a street; low ones are commoner, since every street has them."""
    return f"{int(draw() ** 2 * 880) + 1}号"


def _cumulative(weights: Iterable[float]) -> list[float]:
    """Upper bounds between 0 and 1 for `bisect`; the last is left out, so that every draw finds its place."""
    sums = list(accumulate(weights))
    return [each / sums[-1] for each in sums[:-1]]


# -- Hours. Weights are shares of all places, so that the whole comes out as the press counts it: 6.5 % say that they
# are open round the clock, 11 % have extended hours. Open at 03:00 by posted hours are 3 %: of those who say round the
# clock, the larger part leave the night to a code or a bell, which is written as unknown.


@dataclass(frozen=True, slots=True)
class _Posted:
    opening_hours: str | None
    access: tuple[tuple[str, str], ...]
    notice: str | None = None


def _office_hours() -> Iterator[str]:
    """Weekday hours as banks and street offices post them, the commonest first."""
    holidays = ("; PH off", "; PH unknown", "")
    for weekend, end, start, holiday in product(
        ("", "; Sa,Su 09:30-16:00", "; Sa 09:00-12:00"),
        ("17:00", "17:30", "16:30", "18:00"),
        ("09:00", "08:30", "08:00"),
        holidays,
    ):
        yield f"Mo-Fr {start}-{end}{weekend}{holiday}"
    for (noon, again), end, start, holiday in product(
        (("12:00", "14:00"), ("12:00", "14:30"), ("11:30", "13:30"), ("12:00", "13:00")),
        ("17:30", "18:00", "17:00"),
        ("08:30", "08:00", "09:00"),
        holidays,
    ):
        yield f"Mo-Fr {start}-{noon},{again}-{end}{holiday}"
    for start, end in product(("08:00", "08:30"), ("17:00", "17:30")):
        yield (f"May-Sep Mo-Fr {start}-12:00,15:00-18:00; Oct-Apr Mo-Fr {start}-12:00,14:00-{end}; PH off")
    yield "Tu-Su 09:00-17:00; Mo off"
    yield "Mo-Fr unknown; Sa,Su off; PH off"


def _daily_hours() -> Iterator[str]:
    """Hours of every day, the commonest first: 08:00-20:00 and its neighbours."""
    starts = ("08:00", "09:00", "08:30", "07:00", "07:30", "09:30", "10:00")
    ends = ("20:00", "18:00", "17:30", "21:00", "19:00", "17:00", "20:30", "18:30", "19:30")
    for end, start in product(ends, starts):
        yield f"Mo-Su {start}-{end}"
    for end, start in product(("20:00", "18:00", "19:00"), ("08:00", "07:00", "09:00")):
        yield f"Mo-Su {start}-12:00,14:00-{end}"
    for end in ("20:00", "19:00", "18:00"):
        yield f"May-Oct Mo-Su 07:00-{end}; Nov-Apr Mo-Su 08:00-17:30"
        yield f"Mo-Su 08:00-{end}; PH 10:00-16:00"


def _extended_hours() -> Iterator[str]:
    """From early morning till late evening, some past midnight."""
    for end, start in product(
        ("22:00", "23:00", "24:00", "22:30", "23:30", "25:00", "26:00"), ("06:00", "07:00", "06:30", "05:00", "05:30")
    ):
        yield f"Mo-Su {start}-{end}"


def _summer_hours() -> Iterator[str]:
    for end, start in product(("17:30", "17:00", "18:00"), ("08:00", "08:30")):
        yield f"Jul-Aug Mo-Fr {start}-{end}"


def _by_one_way(texts: Iterable[str], mode: str) -> tuple[_Posted, ...]:
    return tuple(_Posted(text, ((mode, text),)) for text in texts)


def _staffed_then_self_service() -> tuple[_Posted, ...]:
    return tuple(
        _Posted(
            "24/7",
            (("staffed", f"Mo-Su {start}-{end}"), ("self_service", f"Mo-Su {end}-{start}")),
            f"{end}至次日{start}请扫门口二维码进入。",
        )
        for end, start in product(("22:00", "21:00", "20:00"), ("08:00", "07:00"))
    )


def _round_the_clock_with_unsure_nights() -> tuple[_Posted, ...]:
    """Said to be open round the clock, but at night by a code or a bell that nobody has tried."""
    return tuple(
        _Posted(
            f'Mo-Su {start}-{end}, Mo-Su {end}-{30 if start == "06:00" else 32}:00 unknown "{how}"',
            (("staffed", f"Mo-Su {start}-{end}"), ("key", f"Mo-Su {end}-{30 if start == '06:00' else 32}:00 unknown")),
            "24小时服务，夜间请按门铃或凭码进入。",
        )
        for how, end, start in product(
            ("夜间凭码进入", "夜间请按门铃"), ("22:00", "20:00", "21:00"), ("06:00", "08:00")
        )
    )


_NIGHT_HOURS = ("Mo-Su 20:00-06:00", "Mo-Su 18:00-30:00", "Mo-Su 19:00-31:00; PH off", "Mo-Sa 20:00-29:00")
_HOURS: Mapping[str, Callable[[str], tuple[_Posted, ...]]] = {
    "office": lambda mode: _by_one_way(_office_hours(), mode),
    "daily": lambda mode: _by_one_way(_daily_hours(), mode),
    "extended": lambda mode: _by_one_way(_extended_hours(), mode),
    "summer": lambda mode: _by_one_way(_summer_hours(), mode),
    "night": lambda mode: _by_one_way(_NIGHT_HOURS, mode),
    "always": lambda mode: _by_one_way(("24/7",), mode),
    "always_in_two_ways": lambda _: _staffed_then_self_service(),
    "always_but_unsure_nights": lambda _: _round_the_clock_with_unsure_nights(),
    "not_posted": lambda _: (_Posted(None, ()),),
}


# -- What a place offers, as the share of places of its sort that have it.

_STATES = ("works", "unknown", "broken", "empty")
_BY_STATE = _cumulative((88, 8, 3, 1))
_RARE = {"haircut": 1 / 2000}
_STATION = {
    "drinking_water": 0.97, "hot_water": 0.62, "seats": 0.96, "air_conditioning": 0.82, "heating": 0.35,
    "microwave": 0.68, "refrigerator": 0.31, "phone_charging": 0.90, "ebike_charging": 0.09, "battery_swap": 0.011,
    "wifi": 0.55, "toilet": 0.58, "medicine_box": 0.59, "aed": 0.02, "rain_gear": 0.48, "tools": 0.27, "books": 0.44,
    "television": 0.16, "recliner": 0.05, "legal_advice": 0.11, "counselling": 0.03, "membership_desk": 0.06,
    "blood_pressure_meter": 0.08, "wheelchair_access": 0.19, "cheap_meal": 0.03, "gift_shelf": 0.05,
}  # fmt: skip
_MOTHERS_ROOM = {
    "nappy_table": 0.72, "hand_basin": 0.66, "cot": 0.31, "feeding_seat": 0.81, "power_socket": 0.77,
    "lockable_door": 0.70, "refrigerator": 0.33, "sterilizer": 0.22, "drinking_water": 0.64, "hot_water": 0.48,
    "air_conditioning": 0.71, "wheelchair_access": 0.22,
}  # fmt: skip
_HOME = _STATION | {"recliner": 0.42, "shower": 0.28, "laundry": 0.19, "television": 0.55, "membership_desk": 0.35}
_TRUCKERS_HOME = _HOME | {"truck_parking": 0.93, "shower": 0.66, "recliner": 0.71}
_READING = {"books": 0.99, "seats": 0.97, "drinking_water": 0.70, "wifi": 0.62, "air_conditioning": 0.81, "toilet": 0.5}
_DESK = {"seats": 0.9, "drinking_water": 0.8, "legal_advice": 0.55, "membership_desk": 0.5, "counselling": 0.15}
_COUNSELLING = {"counselling": 0.98, "seats": 0.95, "drinking_water": 0.7, "air_conditioning": 0.6}


# -- Sorts of places: who hosts them, how they are called, when they are open.


@dataclass(frozen=True, slots=True)
class _Blueprint:
    share: float
    kind: str
    name: tuple[str, str]
    host: tuple[str, str] | None
    brands: tuple[str, ...]
    amenities: tuple[tuple[str, float], ...]
    posted: tuple[_Posted, ...]
    by_frequency: list[float]


def _blueprint(
    share: float,
    kind: str,
    name: str,
    *,
    host: str | None,
    brands: tuple[str, ...],
    offers: Mapping[str, float],
    by: str,
    hours: Mapping[str, float],
) -> _Blueprint:
    """A sort of place; `*` in its name and host stands for the neighbourhood, `by` is its mode of access.

    `hours` weighs the sorts of hours; within one, texts follow Zipf's law.
    """
    posted: list[_Posted] = []
    weights: list[float] = []
    for sort, weight in hours.items():
        texts = _HOURS[sort](by)
        zipf = [1 / rank for rank in range(1, len(texts) + 1)]
        posted.extend(texts)
        weights.extend(weight * each / sum(zipf) for each in zipf)
    offered = tuple({**offers, **_RARE}.items())
    return _Blueprint(
        share,
        kind,
        _pattern(name),
        None if host is None else _pattern(host),
        brands,
        offered,
        tuple(posted),
        _cumulative(weights),
    )


def _pattern(text: str) -> tuple[str, str]:
    before, _, after = text.partition("*")
    return before, after


_OFFICE = {"office": 91, "daily": 3, "not_posted": 6}
_SHOP = {"daily": 76, "extended": 18, "not_posted": 6}
_BLUEPRINTS = (
    _blueprint(
        21,
        "rest_station",
        "建设银行劳动者港湾（*支行）",
        host="中国建设银行*支行",
        brands=("劳动者港湾",),
        offers=_STATION,
        by="open_door",
        hours=_OFFICE,
    ),
    _blueprint(
        6,
        "rest_station",
        "农村商业银行*支行爱心驿站",
        host="农村商业银行*支行",
        brands=("爱心驿站",),
        offers=_STATION,
        by="open_door",
        hours=_OFFICE,
    ),
    _blueprint(
        9,
        "rest_station",
        "中国石化*加油站爱心驿站",
        host="中国石化*加油站",
        brands=("爱心驿站",),
        offers=_STATION,
        by="staffed",
        hours={"extended": 58, "daily": 14, "always": 14, "always_but_unsure_nights": 14},
    ),
    _blueprint(
        5,
        "rest_station",
        "中国邮政*支局暖心驿站",
        host="中国邮政*支局",
        brands=("暖心驿站",),
        offers=_STATION,
        by="open_door",
        hours={"office": 60, "daily": 36, "not_posted": 4},
    ),
    _blueprint(
        15,
        "rest_station",
        "*街道户外劳动者驿站",
        host="*街道办事处",
        brands=(),
        offers=_STATION,
        by="staffed",
        hours=_OFFICE,
    ),
    _blueprint(
        8,
        "rest_station",
        "*社区户外劳动者驿站",
        host="*社区居民委员会",
        brands=(),
        offers=_STATION,
        by="open_door",
        hours={"office": 50, "daily": 42, "not_posted": 8},
    ),
    _blueprint(
        7,
        "rest_station",
        "*环卫工人爱心驿站",
        host="*环境卫生管理所",
        brands=("爱心驿站",),
        offers=_STATION,
        by="key",
        hours={"daily": 58, "extended": 28, "night": 3, "always_but_unsure_nights": 4, "not_posted": 7},
    ),
    _blueprint(
        4,
        "rest_station",
        "中国移动*营业厅爱心驿站",
        host="中国移动*营业厅",
        brands=("爱心驿站",),
        offers=_STATION,
        by="open_door",
        hours=_SHOP,
    ),
    _blueprint(
        5,
        "rest_station",
        "*广场户外劳动者驿站",
        host=None,
        brands=(),
        offers=_STATION,
        by="open_door",
        hours={"daily": 46, "extended": 28, "always": 8, "always_but_unsure_nights": 18},
    ),
    _blueprint(
        2,
        "rest_station",
        "*智慧驿站",
        host=None,
        brands=("暖心驿站",),
        offers=_STATION,
        by="self_service",
        hours={"always_in_two_ways": 40, "always_but_unsure_nights": 60},
    ),
    _blueprint(
        4,
        "rest_station",
        "*党群服务中心暖心驿站",
        host="*党群服务中心",
        brands=("暖心驿站",),
        offers=_STATION,
        by="staffed",
        hours={"office": 45, "daily": 48, "not_posted": 7},
    ),
    _blueprint(
        2.5,
        "mothers_room",
        "*购物中心妈妈小屋",
        host="*购物中心",
        brands=("妈妈小屋",),
        offers=_MOTHERS_ROOM,
        by="open_door",
        hours=_SHOP,
    ),
    _blueprint(
        2,
        "mothers_room",
        "*医院爱心母婴室",
        host="*医院",
        brands=(),
        offers=_MOTHERS_ROOM,
        by="open_door",
        hours={"office": 46, "daily": 38, "always": 8, "not_posted": 8},
    ),
    _blueprint(
        1.2,
        "workers_home",
        "*骑手之家",
        host=None,
        brands=("骑手之家",),
        offers=_HOME,
        by="staffed",
        hours={"daily": 48, "extended": 34, "night": 6, "always_but_unsure_nights": 12},
    ),
    _blueprint(
        0.8,
        "workers_home",
        "*卡友之家",
        host="*物流园",
        brands=("卡友之家",),
        offers=_TRUCKERS_HOME,
        by="staffed",
        hours={"daily": 40, "extended": 20, "always": 20, "always_but_unsure_nights": 20},
    ),
    _blueprint(
        1,
        "workers_home",
        "*物业职工之家",
        host="*物业服务中心",
        brands=("物业职工之家",),
        offers=_HOME,
        by="staffed",
        hours=_OFFICE,
    ),
    _blueprint(2, "reading_room", "*职工书屋", host=None, brands=(), offers=_READING, by="open_door", hours=_SHOP),
    _blueprint(
        0.8,
        "reading_room",
        "城市书吧（*店）",
        host=None,
        brands=("城市书吧",),
        offers=_READING,
        by="open_door",
        hours=_SHOP,
    ),
    _blueprint(
        0.8,
        "counselling",
        "*职工心理关爱站",
        host="*街道总工会",
        brands=(),
        offers=_COUNSELLING,
        by="staffed",
        hours=_OFFICE,
    ),
    _blueprint(
        1.4,
        "service_window",
        "*街道职工服务窗口",
        host="*便民服务中心",
        brands=(),
        offers=_DESK,
        by="staffed",
        hours=_OFFICE,
    ),
    _blueprint(
        0.6,
        "response_centre",
        "*镇劳动关系响应中心",
        host="*镇总工会",
        brands=(),
        offers=_DESK,
        by="staffed",
        hours=_OFFICE,
    ),
    _blueprint(
        0.5,
        "child_care",
        "*社区爱心托管班",
        host="*社区居民委员会",
        brands=(),
        offers=_DESK,
        by="staffed",
        hours={"summer": 1},
    ),
    _blueprint(0.4, "workers_palace", "*工人文化宫", host=None, brands=(), offers=_READING, by="staffed", hours=_SHOP),
)
_BY_FREQUENCY = _cumulative(blueprint.share for blueprint in _BLUEPRINTS)

_FIRST = tuple("东西南北新金龙凤长永平安和兴文武城江河湖海山石桥青红白云春华光明德仁")
_SECOND = ("山", "河", "湖", "桥", "门", "园", "苑", "岭", "塘", "溪", "港", "坊", "庄", "湾", "阳", "安",
           "兴", "丰", "宁", "泰", "华", "光", "源", "林", "泉", "洲", "埔", "坪", "岗", "墩")  # fmt: skip
_ROADS = ("路", "街", "大道", "中路", "东路", "西路", "南路", "北路", "巷")
_NOTICES = (
    "免费开放。",
    "节假日开放时间以门口公告为准。",
    "电动自行车请勿在室内充电。",
    "中午交接班时请稍候。",
    "药箱请向值班人员索取。",
    "设备检修中，请谅解。",
)
