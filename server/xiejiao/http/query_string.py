"""Query strings in: read into a schema, with every fault named at once."""

from collections.abc import Mapping
from typing import Any, TypeVar, get_origin

from flask import request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError
from werkzeug.datastructures import MultiDict

from xiejiao.errors import FieldFault, InputError
from xiejiao.language import Words

M = TypeVar("M", bound=BaseModel)

_WORDS = {
    "missing": Words("缺少此项", "is missing"),
    "float_parsing": Words("应为数字", "must be a number"),
    "finite_number": Words("应为有限的数字", "must be a finite number"),
    "int_parsing": Words("应为整数", "must be a whole number"),
    "int_parsing_size": Words("数字太大", "is too large a number"),
    "int_from_float": Words("应为整数", "must be a whole number"),
    "int_type": Words("应为整数", "must be a whole number"),
    "float_type": Words("应为数字", "must be a number"),
    "string_type": Words("应为文字", "must be text"),
    "bool_type": Words("应为 true 或 false", "must be true or false"),
    "bool_parsing": Words("应为 true 或 false", "must be true or false"),
    "list_type": Words("应为列表", "must be a list"),
    "model_type": Words("应为对象", "must be an object"),
    "model_attributes_type": Words("应为对象", "must be an object"),
    "dict_type": Words("应为对象", "must be an object"),
    "extra_forbidden": Words("没有这一项", "is not known here"),
    "json_invalid": Words("不是有效的 JSON", "is not valid JSON"),
    "date_parsing": Words("日期应写作 2026-01-31", "must be a date as 2026-01-31"),
    "date_from_datetime_parsing": Words("日期应写作 2026-01-31", "must be a date as 2026-01-31"),
    "date_type": Words("日期应写作 2026-01-31", "must be a date as 2026-01-31"),
    "date_from_datetime_inexact": Words("日期应写作 2026-01-31", "must be a date as 2026-01-31"),
    "uuid_parsing": Words("应为 UUID", "must be a UUID"),
}
"""What pydantic calls a fault → what a person is told. Faults with a limit in them are worded below."""


def wrong(zh: str, en: str) -> PydanticCustomError:
    """The error that a validator of a schema raises, in both languages."""
    return PydanticCustomError("words", "{en}", {"zh": zh, "en": en})


def _words(detail: ErrorDetails) -> Words:
    kind, context = detail["type"], detail.get("ctx", {})
    match kind:
        case "words":
            return Words(context["zh"], context["en"])
        case "greater_than_equal":
            return Words(f"不能小于 {context['ge']}", f"must be at least {context['ge']}")
        case "less_than_equal":
            return Words(f"不能大于 {context['le']}", f"must be at most {context['le']}")
        case "greater_than":
            return Words(f"应大于 {context['gt']}", f"must be more than {context['gt']}")
        case "string_too_long" | "too_long":
            return Words(f"最长 {context['max_length']}", f"may be {context['max_length']} long at most")
        case "string_too_short" | "too_short":
            return Words(f"最短 {context['min_length']}", f"must be {context['min_length']} long at least")
        case "literal_error" | "enum":
            return Words(f"应为 {context['expected']} 之一", f"must be one of {context['expected']}")
        case "string_pattern_mismatch":
            return Words("格式不对", f"must match {context['pattern']}")
    return _WORDS.get(kind, Words("不对", detail["msg"]))


def _field(location: tuple[int | str, ...]) -> str:
    """`days[3].on`, as a person would point at it."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location).removeprefix(".")


def faults(error: ValidationError) -> list[FieldFault]:
    """What pydantic found, in words, without repeating what was sent."""
    return [FieldFault(_field(detail["loc"]), _words(detail)) for detail in error.errors(include_url=False)]


def _several(schema: type[BaseModel]) -> frozenset[str]:
    return frozenset(
        field.alias or name
        for name, field in schema.model_fields.items()
        if get_origin(field.annotation) in {list, tuple}
    )


def parsed(
    schema: type[M], arguments: MultiDict[str, str] | None = None, *, context: Mapping[str, Any] | None = None
) -> M:
    """The query string as `schema`; InputError that names every fault.

    A parameter that the schema declares as a list may be repeated; any other given twice, or empty, is a fault.
    """
    given = request.args if arguments is None else arguments
    several = _several(schema)
    found: list[FieldFault] = []
    values: dict[str, str | list[str]] = {}
    for name, texts in given.lists():
        if any(not text for text in texts):
            found.append(FieldFault(name, Words("不能为空", "is empty")))
        elif name in several:
            values[name] = texts
        elif len(texts) > 1:
            found.append(FieldFault(name, Words("只能给一次", "may be given only once")))
        else:
            values[name] = texts[0]
    try:
        result = schema.model_validate(values, context=dict(context or {}))
    except ValidationError as error:
        named = {fault.field for fault in found}
        found += [fault for fault in faults(error) if fault.field.partition("[")[0] not in named]
    if found:
        raise InputError(*found)
    return result
