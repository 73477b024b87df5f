"""Reads what people write, OSM or Chinese, into rules and remarks for a person to check."""

import re
from typing import NamedTuple

from xiejiao.hours.chinese import Flag, Hard, normalise_zh
from xiejiao.hours.faults import Fault, FaultCode
from xiejiao.hours.grammar import LONGEST_TEXT, parse
from xiejiao.hours.rules import Rules

OSM_WORDS = re.compile(r"[A-Za-z]|24/7")
COMMENT = re.compile(r'"[^"]*"')
HAN = re.compile(r"[\u4e00-\u9fff]")


class Reading(NamedTuple):
    """Rules, or the problem that kept a text from being read; flags name what a person should check in the rules."""

    rules: Rules | None
    problem: Fault | None = None
    flags: tuple[Flag, ...] = ()


def read(text: str) -> Reading:
    """The rules of an OSM or a Chinese text.

    OSM is what holds one of its words or 24/7; figures alone are read as Chinese, in which days that are not named
    are silent on holidays.
    """
    problem = None
    if OSM_WORDS.search(text):
        try:
            return Reading(parse(text))
        except Fault as fault:
            problem = fault
    if len(text) > LONGEST_TEXT or not text.strip():
        return Reading(None, problem or _size_fault(text))
    chinese = normalise_zh(text)
    if isinstance(chinese, Hard):
        if problem is None or HAN.search(COMMENT.sub("", text)):
            problem = Fault(FaultCode.NOT_UNDERSTOOD, chinese.at, chinese.leftover)
        return Reading(None, problem)
    try:
        return Reading(parse(chinese.osm), None, chinese.flags)
    except Fault:
        return Reading(None, Fault(FaultCode.TOO_LONG, len(text)))


def _size_fault(text: str) -> Fault:
    return Fault(FaultCode.TOO_LONG, LONGEST_TEXT) if text.strip() else Fault(FaultCode.EMPTY, 0)
