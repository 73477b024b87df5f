"""The API document and its page: rendered here, without scripts and without any other host."""

from typing import Any, cast

from flask import Blueprint, Response, current_app, render_template
from markupsafe import Markup

from xiejiao.http import json
from xiejiao.http.access import public
from xiejiao.http.problems import TITLES

bp = Blueprint(
    "reference", __name__, template_folder="templates", static_folder="static", static_url_path="/api/static"
)

DOCUMENT_MAX_AGE_S = 300


def _document() -> dict[str, Any]:
    return cast("dict[str, Any]", current_app.extensions["api_document"])


@bp.get("/api/v1/openapi.json")
@public
def document() -> Response:
    """The API document (OpenAPI 3.1)."""
    return json.answer(_document(), max_age_s=DOCUMENT_MAX_AGE_S)


@bp.get("/api/docs")
@public
def page() -> Response:
    """The API document as a page."""
    spec = _document()
    html = render_template(
        "reference.html",
        spec=spec,
        schemas=spec["components"]["schemas"],
        problems=TITLES,
        origin=current_app.config["ORIGIN"],
    )
    response = Response(html, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = f"public, max-age={DOCUMENT_MAX_AGE_S}"
    return response


@bp.app_template_filter("prose")
def prose(text: str) -> Markup:
    """Text of a docstring, its names between backticks set as code."""
    parts = text.split("`")
    return Markup().join(
        Markup("<code>{}</code>").format(part) if place % 2 else part for place, part in enumerate(parts)
    )


@bp.app_template_filter("type")
def type_of(schema: dict[str, Any]) -> str:
    """A schema in a few words, as a reader of the page wants it."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(type_of(part) for part in schema["anyOf"])
    if "const" in schema:
        return f"“{schema['const']}”"
    if "enum" in schema:
        return " · ".join(map(str, schema["enum"]))
    if schema.get("type") == "array" and "items" in schema:
        return f"list of {type_of(schema['items'])}"
    return str(schema.get("format") or schema.get("type") or "anything")


@bp.app_template_filter("limits")
def limits_of(schema: dict[str, Any]) -> str:
    """The limits and the default of a schema, in a few words."""
    named = {
        "minimum": "≥ {}",
        "exclusiveMinimum": "> {}",
        "maximum": "≤ {}",
        "maxLength": "at most {} long",
        "default": "default {}",
    }
    return ", ".join(words.format(schema[name]) for name, words in named.items() if schema.get(name) not in (None, []))
