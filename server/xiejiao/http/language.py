"""Which language a request is answered in."""

from flask import g, request

from xiejiao.language import Language


def wanted() -> Language:
    """`lang` of the query string, else what the client accepts, else Chinese; who asks makes the answer vary by it."""
    g.varies_by_language = True
    given = request.args.get("lang")
    if given in {"zh", "en"}:
        return "en" if given == "en" else "zh"
    return "en" if request.accept_languages.best_match(["zh", "en"], default="zh") == "en" else "zh"


def mattered() -> bool:
    """Whether the answer to the present request depends on the language."""
    return bool(g.get("varies_by_language"))
