"""The address of the vocabulary."""

from flask import Blueprint, Response

from xiejiao.database import reading_once
from xiejiao.http import json
from xiejiao.http.access import public
from xiejiao.http.openapi import operation
from xiejiao.vocabulary import queries, schemas

bp = Blueprint("vocabulary", __name__, url_prefix="/api/v1")


@bp.get("/vocabulary")
@public
@operation(answer=schemas.VocabularyWords, example="/api/v1/vocabulary", problems=(429, 503))
def vocabulary() -> Response:
    """Kinds of place, amenities and trades, with labels in Chinese and English."""
    with reading_once() as connection:
        words = queries.vocabulary(connection)
    return json.compressed(schemas.as_json(words), max_age_s=300)
