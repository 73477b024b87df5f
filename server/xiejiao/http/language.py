"""Which language a request is answered in."""

from flask import request

from xiejiao.language import Language


def wanted() -> Language:
    """`lang` of the query string, else what the client accepts, else Chinese."""
    given = request.args.get("lang")
    if given in {"zh", "en"}:
        return "en" if given == "en" else "zh"
    return "en" if request.accept_languages.best_match(["zh", "en"], default="zh") == "en" else "zh"
