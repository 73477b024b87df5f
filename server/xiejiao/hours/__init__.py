"""Opening hours: a documented subset of OSM's opening_hours, compiled once and asked at an instant in China."""

from xiejiao.hours.calendar import CHINA, Calendar, Special
from xiejiao.hours.chinese import Flag, FlagCode, Hard, Normalised, normalise_zh
from xiejiao.hours.compiling import Compiled, Span, compiled
from xiejiao.hours.dated import UNDATED, Dated, Period
from xiejiao.hours.evaluating import Answer, Moment, next_change, regular, state
from xiejiao.hours.faults import Fault, FaultCode
from xiejiao.hours.grammar import parse
from xiejiao.hours.lint import Lint, LintCode, lint
from xiejiao.hours.preview import Preview, PreviewDay, Remark, preview
from xiejiao.hours.reading import Reading, read
from xiejiao.hours.rules import Rule, Rules, State
from xiejiao.hours.union import union
from xiejiao.hours.wording import Lang
from xiejiao.hours.words import day_words, season_lines, words

__all__ = [
    "CHINA",
    "UNDATED",
    "Answer",
    "Calendar",
    "Compiled",
    "Dated",
    "Fault",
    "FaultCode",
    "Flag",
    "FlagCode",
    "Hard",
    "Lang",
    "Lint",
    "LintCode",
    "Moment",
    "Normalised",
    "Period",
    "Preview",
    "PreviewDay",
    "Reading",
    "Remark",
    "Rule",
    "Rules",
    "Span",
    "Special",
    "State",
    "compiled",
    "day_words",
    "lint",
    "next_change",
    "normalise_zh",
    "parse",
    "preview",
    "read",
    "regular",
    "season_lines",
    "state",
    "union",
    "words",
]
