"""What a change of a place was, in words: a line for each field, what was → what is."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

from xiejiao import hours
from xiejiao.coordinates import Position, distance_m
from xiejiao.hours import CHINA
from xiejiao.language import Language, Words
from xiejiao.sites.rules import Change
from xiejiao.vocabulary.rules import Vocabulary

_NOTHING = Words("无", "none")
_FIELDS = {
    "name": Words("名称", "Name"),
    "position": Words("位置", "Position"),
    "access": Words("开放时间", "Opening hours"),
    "hours_written": Words("来源所写的时间", "Hours as the source wrote them"),
    "notice": Words("公告", "Notice"),
    "host": Words("共建单位", "Host"),
    "phone": Words("电话", "Phone"),
    "status": Words("状态", "Status"),
    "reason": Words("撤销原因", "Reason for closing"),
    "closed_on": Words("撤销日期", "Closed on"),
    "confirmed_at": Words("确认无误", "Confirmed"),
    "conflicting_since": Words("有人反映关着", "Reported shut since"),
    "ask_again_on": Words("再问是否仍关闭", "To be asked about again on"),
}
_VALUES = {
    "works": Words("正常", "works"),
    "broken": Words("坏了", "broken"),
    "empty": Words("用完了", "empty"),
    "unknown": Words("未确认", "not confirmed"),
    "active": Words("开放", "in use"),
    "closed": Words("已撤销", "closed for good"),
}
_MODES = {
    "open_door": Words("敞开进入", "open door"),
    "staffed": Words("有人值守", "staffed"),
    "self_service": Words("扫码自助", "self-service"),
    "key": Words("凭钥匙或口令", "key or code"),
}
_EFFECTS = {
    "shut": Words("关闭", "Closed"),
    "extra": Words("加开", "Extra hours"),
    "mask": Words("暂停开放", "Suspended"),
}


def difference(change: Change, words: Vocabulary) -> tuple[Words, ...]:
    """A line for each field that is another than it was."""
    differing = [(field, pair) for field, pair in change.changes.items() if pair[0] != pair[1]]
    return tuple(line for field, pair in sorted(differing, key=_place) for line in _lines(field, pair, words))


def _place(entry: tuple[str, object]) -> tuple[int, str, str]:
    """Where a field stands among others: as above, then amenities, each before its expiry date."""
    kind, _, code = entry[0].partition(" ")
    return (list(_FIELDS).index(kind) if kind in _FIELDS else len(_FIELDS), code, kind)


def _lines(field: str, pair: tuple[Any, Any], words: Vocabulary) -> Iterator[Words]:
    kind, _, code = field.partition(" ")
    if field == "dated":
        yield _dated(*pair)
    elif field == "access":
        yield from _access(*(each or {} for each in pair))
    elif kind in {"amenity", "expiry"}:
        term = next((term for term in words.amenities if term.code == code), None)
        name = Words(code, code) if term is None else Words(term.zh, term.en)
        if kind == "expiry":
            name = Words(f"{name.zh}有效期", f"{name.en}, use by")
        yield _line(name, pair, _state if kind == "amenity" else _day)
    else:
        yield _line(_FIELDS.get(field, Words(field, field)), pair, _SAYING.get(field, _plain))
        if field == "position":
            yield from _moved(*pair)


def _line(name: Words, pair: tuple[Any, Any], say: Callable[[Any], Words]) -> Words:
    was, now = (_NOTHING if value is None else say(value) for value in pair)
    return Words(f"{name.zh}：{was.zh} → {now.zh}", f"{name.en}: {was.en} → {now.en}")


def _plain(value: object) -> Words:
    return Words(f"“{value}”", f"“{value}”")


def _state(value: str) -> Words:
    return _VALUES.get(value, Words(value, value))


def _day(value: str) -> Words:
    on = dt.date.fromisoformat(value)
    return Words(f"{on.year}年{on.month}月{on.day}日", on.isoformat())


def _instant(value: str) -> Words:
    at = dt.datetime.fromisoformat(value).astimezone(CHINA)
    return Words(f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}", f"{at:%Y-%m-%d %H:%M}")


def _position(value: Any) -> Words:  # noqa: ANN401 - a text in the first row of a history, a position in others
    told = value if isinstance(value, str) else f"{value['lon']:.5f}, {value['lat']:.5f}"
    return Words(told, told)


_SAYING: dict[str, Callable[[Any], Words]] = {
    "position": _position,
    "status": _state,
    "closed_on": _day,
    "ask_again_on": _day,
    "confirmed_at": _instant,
    "conflicting_since": _instant,
}


def _moved(was: Any, now: Any) -> Iterator[Words]:  # noqa: ANN401 - as _position
    if isinstance(was, dict) and isinstance(now, dict):
        metres = round(distance_m(*(Position(each["lon"], each["lat"]) for each in (was, now))))
        yield Words(f"移动约 {metres} 米", f"Moved by about {metres} m")


def _access(was: dict[str, str | None], now: dict[str, str | None]) -> Iterator[Words]:
    """A line for each way in; where there is only one, and the same, its name is left out."""
    for mode in dict.fromkeys((*was, *now)):
        if mode in was and mode in now and was[mode] == now[mode]:
            continue
        name = _FIELDS["access"]
        if was.keys() | now.keys() != {mode}:
            way = _MODES.get(mode, Words(mode, mode))
            name = Words(f"{name.zh}（{way.zh}）", f"{name.en} ({way.en})")
        before, after = (_hours(each[mode]) if mode in each else _NOTHING for each in (was, now))
        yield Words(f"{name.zh}：{before.zh} → {after.zh}", f"{name.en}: {before.en} → {after.en}")


def _hours(text: str | None) -> Words:
    if text is None:
        return Words("时间不详", "hours not known")
    compiled = hours.compiled(hours.parse(text))

    def said(language: Language) -> str:
        return hours.words(compiled, language)

    return Words(said("zh"), said("en"))


def _dated(was: list[Any] | None, now: list[Any] | None) -> Words:
    said = now or was
    if said is None:
        raise ValueError(said)
    effect, since, until, reason = said
    beginning, what = _instant(since), _EFFECTS[effect]
    end = Words("恢复时间另行通知", "until further notice") if until is None else _instant(until)
    zh = f"{what.zh} {beginning.zh} {'' if until is None else '至 '}{end.zh}" + (f"（{reason}）" if reason else "")
    en = f"{what.en} {beginning.en} {'' if until is None else 'to '}{end.en}" + (f" ({reason})" if reason else "")
    return Words(f"新增：{zh}", f"Added: {en}") if now else Words(f"撤回：{zh}", f"Withdrawn: {en}")
