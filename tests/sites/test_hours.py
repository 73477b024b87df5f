"""Hours as they are typed, over HTTP: understood and shown, or refused at their place."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from xiejiao.app import create_app
from xiejiao.config import Config


@pytest.fixture(scope="module")
def asker() -> FlaskClient:
    """A client of an application without a database: reading hours needs none."""
    return create_app(Config(rate_public="0")).test_client()


def read(asker: FlaskClient, text: str, **query: str) -> dict[str, Any]:
    """The reading of a text that is understood."""
    answer = asker.get("/api/v1/hours", query_string={"text": text, **query})
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def fault(asker: FlaskClient, text: str, **query: str) -> str:
    """The sentence about a text that is refused."""
    answer = asker.get("/api/v1/hours", query_string={"text": text, **query})
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    (error,) = (answer.json or {})["errors"]
    assert error["field"] == "text"
    return str(error["message"])


def test_hours_are_shown_as_they_were_understood(asker: FlaskClient) -> None:
    found = read(asker, "8:30-12:00,14:00-18:00 节假日除外")
    assert found["opening_hours"] == "Mo-Su 08:30-12:00,14:00-18:00; PH off"
    assert found["words"] == ["每天 8:30–12:00、14:00–18:00，法定节假日休息"]
    assert [row["day"] for row in found["week"]] == ["mo", "tu", "we", "th", "fr", "sa", "su", "off", "makeup"]
    assert found["week"][0] == {
        "season": None,
        "day": "mo",
        "weekdays": ["mo"],
        "spans": [
            {"from": 510, "to": 720, "state": "open", "comment": None},
            {"from": 840, "to": 1080, "state": "open", "comment": None},
        ],
    }
    assert [remark["code"] for remark in found["questions"]] == ["exception", "days_assumed"]
    assert found["questions"][0]["message"] == "“节假日除外”有两种读法，请核对节假日是开还是休"
    assert found["warnings"] == []


def test_hours_are_said_in_the_language_that_was_asked_for(asker: FlaskClient) -> None:
    found = read(asker, 'PH off; Jun-Sep Mo-Fr 22:00-06:00 open "ring"', lang="en")
    assert found["words"] == ["Jun–Sep Mon–Fri 22:00–6:00 next day (ring)", "otherwise closed"]
    assert {row["season"] for row in found["week"]} == {"Jun–Sep", "Oct–May"}
    assert {span["comment"] for row in found["week"] for span in row["spans"]} == {"ring"}
    (warning,) = found["warnings"]
    assert (
        warning["message"]
        == 'PH off is overridden by Jun-Sep Mo-Fr 22:00-06:00 open "ring"; put the rule for holidays last'
    )


def test_what_is_not_understood_is_named_with_its_place(asker: FlaskClient) -> None:
    assert fault(asker, "周一至周五9:00-17:00，请提前预约") == "第 17 个字：看不懂“请提前预约”"
    assert fault(asker, "Mo-Fr 9-17", lang="en") == "character 7: write minutes too, 09:00 rather than 9"
    assert fault(asker, " ", lang="en") == "character 1: the text is empty"


def test_texts_have_bounds(asker: FlaskClient) -> None:
    assert fault(asker, "", lang="en") == "is empty"
    assert fault(asker, "x" * 501, lang="en") == "may be 500 characters long at most"
    assert "not understood" in fault(asker, "x" * 500, lang="en")
    assert asker.get("/api/v1/hours").status_code == 400
    assert asker.get("/api/v1/hours?text=24/7&text=24/7").status_code == 400


@pytest.mark.parametrize("text", ["<script>", "\x00", "\u202e每天", "%s{found}", "每天\n8:00-20:00", "\ud7ff" * 100])
def test_odd_texts_are_refused_or_read(asker: FlaskClient, text: str) -> None:
    answer = asker.get("/api/v1/hours", query_string={"text": text})
    assert answer.status_code in {200, 400}
    assert answer.is_json
