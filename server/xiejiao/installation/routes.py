"""The address of what an installation tells about itself."""

from functools import cache
from typing import cast

from flask import Blueprint, Response, current_app

from xiejiao.encodings import Encoded, as_json
from xiejiao.http import encodings
from xiejiao.http.access import public
from xiejiao.http.openapi import operation
from xiejiao.installation import schemas
from xiejiao.installation.rules import Installation

bp = Blueprint("installation", __name__, url_prefix="/api/v1")

MAX_AGE_S = 300


@bp.get("/installation")
@public
@operation(answer=schemas.InstallationWords, example="/api/v1/installation", problems=(429,))
def installation() -> Response:
    """Who runs this installation, its filing numbers, its privacy text, its base map."""
    return encodings.answer(_encoded(cast("Installation", current_app.extensions["installation"])), max_age_s=MAX_AGE_S)


@cache
def _encoded(told: Installation) -> Encoded:
    return Encoded.of(as_json(schemas.as_json(told)), media_type="application/json", quality=11)
