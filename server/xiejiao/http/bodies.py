"""JSON bodies in: read into a schema, with every fault named at once."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from flask import request
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from xiejiao.errors import InputError
from xiejiao.http.query_string import faults, refuse
from xiejiao.language import is_plain

M = TypeVar("M", bound="Body")


class Body(BaseModel):
    """What a request may say: these members and no other."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _plain(text: str) -> str:
    if not is_plain(text):
        refuse("不能有控制字符", "must hold plain characters only")
    return text


Plain = Annotated[str, AfterValidator(_plain)]
"""Text without control characters, as nearly every text of a body should be."""


def as_sent() -> bytes:
    """The request as a repetition of it must be: its method, its path and its body, byte by byte."""
    return f"{request.method} {request.path}\n".encode() + request.get_data()


def parsed(schema: type[M], *, context: Mapping[str, Any] | None = None) -> M:
    """The body as `schema`; InputError that names every fault, without repeating what was sent."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    try:
        return schema.model_validate_json(request.get_data(), context=dict(context or {}))
    except ValidationError as error:
        raise InputError(*faults(error)) from None
