"""The API document (OpenAPI 3.1), written from what each route says of itself."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from apispec import APISpec
from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

from xiejiao.http.access import mark_of
from xiejiao.http.problems import TITLES

V = TypeVar("V", bound=Callable[..., Any])

_OPERATION = "operation"
_CONVERTERS = {"int": {"type": "integer", "minimum": 0}, "uuid": {"type": "string", "format": "uuid"}}
_ARGUMENT = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>")


class FieldProblem(BaseModel):
    """One faulty field."""

    field: str
    message: str


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    errors: list[FieldProblem] = []


@dataclass(frozen=True, slots=True)
class Operation:
    """What a route says of itself: the schema it reads, the one it answers with, an example that runs as written."""

    answer: type[BaseModel] | None
    query: type[BaseModel] | None
    body: type[BaseModel] | None
    status: int
    media_type: str
    problems: tuple[int, ...]
    arguments: dict[str, str]
    example: str


def operation(
    *,
    answer: type[BaseModel] | None,
    example: str,
    query: type[BaseModel] | None = None,
    body: type[BaseModel] | None = None,
    status: int = 200,
    media_type: str = "application/json",
    problems: tuple[int, ...] = (),
    **arguments: str,
) -> Callable[[V], V]:
    """Record what the route reads and answers; `arguments` describe the parts of its path, `example` is an address.

    An `answer` of None is an answer without content.
    """

    def record(view: V) -> V:
        setattr(view, _OPERATION, Operation(answer, query, body, status, media_type, problems, arguments, example))
        return view

    return record


def operations(app: Flask) -> Iterator[tuple[Rule, Operation]]:
    """The documented routes of `app`, in the order in which they were registered."""
    for rule in app.url_map.iter_rules():
        recorded = getattr(app.view_functions[rule.endpoint], _OPERATION, None)
        if recorded is not None:
            yield rule, recorded


def summary(app: Flask, rule: Rule) -> tuple[str, str]:
    """The first line of the view's docstring, without its full stop, and the rest of it."""
    first, _, rest = (app.view_functions[rule.endpoint].__doc__ or "").strip().partition("\n")
    return first.removesuffix("."), " ".join(rest.split())


def document(app: Flask, *, version: str, licence: str, server: str) -> dict[str, Any]:
    """The API document of `app`: self-contained, no remote reference."""
    info: dict[str, Any] = {
        "description": "Finds the nearest rest station, mother's room or workers' home that is open. "
        "Positions are WGS 84, longitude before latitude."
    }
    if licence:
        info["license"] = {"name": licence}
    spec = APISpec(
        title="歇脚 Xiejiao",
        version=version,
        openapi_version="3.1.0",
        info=info,
        servers=[{"url": server or "/"}],
    )
    found = list(operations(app))
    answers = {recorded.answer for _, recorded in found if recorded.answer} | {Problem}
    bodies = {recorded.body for _, recorded in found if recorded.body}
    _, definitions = models_json_schema(
        [
            *((model, "serialization") for model in sorted(answers, key=lambda model: model.__name__)),
            *((model, "validation") for model in sorted(bodies, key=lambda model: model.__name__)),
        ],
        ref_template="#/components/schemas/{model}",
    )
    for name, schema in sorted(definitions.get("$defs", {}).items()):
        spec.components.schema(name, schema)
    for rule, recorded in found:
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            first, rest = summary(app, rule)
            entry: dict[str, Any] = {
                "operationId": rule.endpoint.replace(".", "_"),
                "summary": first,
                "parameters": [*_arguments(rule, recorded), *_parameters(recorded.query)],
                "responses": _responses(recorded, mark_of(app.view_functions[rule.endpoint])),
            }
            if recorded.body:
                schema = {"$ref": f"#/components/schemas/{recorded.body.__name__}"}
                entry["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
            if rest:
                entry["description"] = rest
            entry["x-example"] = recorded.example
            entry["x-access"] = mark_of(app.view_functions[rule.endpoint])
            spec.path(_ARGUMENT.sub(r"{\2}", rule.rule), operations={method.lower(): entry})
    return spec.to_dict()


def _arguments(rule: Rule, recorded: Operation) -> Iterator[dict[str, Any]]:
    for converter, name in _ARGUMENT.findall(rule.rule):
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "description": recorded.arguments[name],
            "schema": _CONVERTERS.get(converter, {"type": "string"}),
        }


def _parameters(query: type[BaseModel] | None) -> Iterator[dict[str, Any]]:
    schema = query.model_json_schema() if query else {}
    for name, described in schema.get("properties", {}).items():
        resolved = _inlined(described, schema.get("$defs", {}))
        parameter = {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": resolved}
        if "description" in resolved:
            parameter["description"] = resolved.pop("description")
        resolved.pop("title", None)
        if resolved.get("type") == "array":
            parameter |= {"style": "form", "explode": True}
        yield parameter


def _inlined(described: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter with its references written out, and without null, which no query string can say."""
    described = {key: value for key, value in described.items() if (key, value) != ("default", None)}
    if "anyOf" in described:
        (spoken,) = (each for each in described.pop("anyOf") if each != {"type": "null"})
        return _inlined({**spoken, **described}, definitions)
    if "$ref" in described:
        name = described["$ref"].rpartition("/")[2]
        return {**definitions[name], **{key: value for key, value in described.items() if key != "$ref"}}
    if isinstance(described.get("items"), dict):
        return {**described, "items": _inlined(described["items"], definitions)}
    return described


def _responses(recorded: Operation, mark: str | None) -> dict[str, Any]:
    problem = {"$ref": "#/components/schemas/Problem"}
    statuses = {
        *recorded.problems,
        *((401, 403) if mark != "public" else ()),
        *((400, 403, 415) if recorded.body else ()),
    }
    return {
        str(recorded.status): _answered(recorded),
        **{
            str(status): {
                "description": TITLES[status][1].en,
                "content": {"application/problem+json": {"schema": problem}},
            }
            for status in sorted(statuses)
        },
    }


def _answered(recorded: Operation) -> dict[str, Any]:
    if recorded.answer is None:
        return {"description": "Done"}
    reference = {"$ref": f"#/components/schemas/{recorded.answer.__name__}"}
    return {
        "description": (recorded.answer.__doc__ or "").strip().partition("\n")[0],
        "content": {recorded.media_type: {"schema": reference}},
    }
