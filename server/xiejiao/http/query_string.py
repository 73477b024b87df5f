"""Query strings in: read into a schema, with every fault named at once."""

from collections.abc import Mapping
from typing import Any, LiteralString, NoReturn, TypeVar, get_origin

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
"""What pydantic calls a fault → what a person is told."""


def refuse(zh: str, en: str) -> NoReturn:
    """Raise what a validator of a schema raises, in both languages."""
    kind: LiteralString = "words"
    raise PydanticCustomError(kind, "{en}", {"zh": zh, "en": en})


_LIMITS = {
    "greater_than_equal": Words("不能小于 {ge}", "must be at least {ge}"),
    "less_than_equal": Words("不能大于 {le}", "must be at most {le}"),
    "greater_than": Words("应大于 {gt}", "must be more than {gt}"),
    "string_too_long": Words("最长 {max_length} 字", "may be {max_length} characters long at most"),
    "string_too_short": Words("最短 {min_length} 字", "must be {min_length} characters long at least"),
    "too_long": Words("最多 {max_length} 项", "may have {max_length} entries at most"),
    "literal_error": Words("应为 {expected} 之一", "must be one of {expected}"),
    "enum": Words("应为 {expected} 之一", "must be one of {expected}"),
}
"""As above, with the limit that pydantic names."""


def _words(detail: ErrorDetails) -> Words:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "words":
        return Words(context["zh"], context["en"])
    if kind in _LIMITS:
        if "expected" in context:
            context = {"expected": context["expected"].replace("'", "").replace(" or ", ", ")}
        return Words(*(sentence.format(**context) for sentence in _LIMITS[kind]))
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
        # A parameter that is repeated is one field, whichever of its values is at fault.
        whole = [
            FieldFault(name if (name := fault.field.partition("[")[0]) in several else fault.field, fault.message)
            for fault in faults(error)
        ]
        found += [fault for fault in dict.fromkeys(whole) if fault.field not in named]
    if found:
        raise InputError(*found)
    return result
