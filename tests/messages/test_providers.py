"""Providers: the signature as it is published, what each answer means, and nothing personal where it would stay."""

import datetime as dt
import json
import logging
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from messages.conftest import KEY_SECRET, FakeCloud, signature_fault
from xiejiao import config
from xiejiao.config import Config
from xiejiao.errors import OperatorError
from xiejiao.messages.providers import Provider, alibaba
from xiejiao.messages.providers.alibaba import Alibaba
from xiejiao.messages.rules import NotTaken, Outcome, Taken, Template, Unknown, masked
from xiejiao.messages.settings import provider

PHONE, CODE = "13812345678", "042137"
Settings = Callable[..., dict[str, str]]


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def chosen(settings: dict[str, str]) -> Provider:
    return provider(config.from_environment(settings), now=now, draw=os.urandom)


def send(through: Provider) -> Outcome:
    return through.send(PHONE, Template.SIGN_IN_CODE, {"code": CODE})


@pytest.fixture
def account(settings: Settings) -> Alibaba:
    made = chosen(settings())
    assert isinstance(made, Alibaba)
    return made


# ── the signature ──


def test_the_signature_is_that_of_the_published_example() -> None:
    nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-version": "2014-05-26",
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-content-sha256": nothing,
    }
    query = alibaba.canonical_query(
        {"RegionId": "cn-shanghai", "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"}
    )
    said = alibaba.authorization("YourAccessKeyId", "YourAccessKeySecret", query, headers)
    assert said.endswith("Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0")


def test_all_but_unreserved_characters_are_encoded() -> None:
    assert alibaba.canonical_query({"Value": "v=a b*c~d/e+歇", "RR": "_-."}) == (
        "RR=_-.&Value=v%3Da%20b%2Ac~d%2Fe%2B%E6%AD%87"
    )


def test_what_is_sent_is_signed_and_says_what_was_asked(account: Alibaba, cloud: FakeCloud) -> None:
    assert send(account) == Taken("900619746936498440^0")
    assert cloud.sent == [
        {
            "PhoneNumbers": PHONE,
            "SignName": "歇脚",
            "TemplateCode": "SMS_1",
            "TemplateParam": json.dumps({"code": CODE}),
        }
    ]


@pytest.mark.parametrize(
    ("part", "instead"),
    [(PHONE.encode(), b"13812345679"), (b"SendSms", b"SendBatchSms"), (b"x-acs-date: 2", b"x-acs-date: 3")],
)
def test_a_request_that_was_altered_on_its_way_would_be_refused(
    account: Alibaba, cloud: FakeCloud, part: bytes, instead: bytes
) -> None:
    send(account)
    (request,) = cloud.requests
    assert signature_fault(request, KEY_SECRET) == ""
    assert part in request
    assert signature_fault(request.replace(part, instead), KEY_SECRET) != ""
    assert signature_fault(request, "another secret") == "SignatureDoesNotMatch"


def test_each_request_has_a_nonce_of_its_own(account: Alibaba, cloud: FakeCloud) -> None:
    send(account)
    send(account)
    nonces = {
        line for each in cloud.requests for line in each.split(b"\r\n") if line.startswith(b"x-acs-signature-nonce")
    }
    assert len(nonces) == 2


def test_a_wrong_secret_is_refused_and_said_by_its_code(account: Alibaba) -> None:
    assert send(replace(account, key_secret=KEY_SECRET[::-1])) == NotTaken("SignatureDoesNotMatch", again=False)


# ── what an answer means ──


def said(code: object) -> bytes:
    return json.dumps({"Code": code, "Message": f"to {PHONE}", "RequestId": "R"}).encode()


@pytest.mark.parametrize(
    ("status", "body", "means"),
    [
        (200, said("OK"), Taken("")),
        (200, said("isv.BUSINESS_LIMIT_CONTROL"), NotTaken("isv.BUSINESS_LIMIT_CONTROL", again=False)),
        (200, said("isv.MOBILE_NUMBER_ILLEGAL"), NotTaken("isv.MOBILE_NUMBER_ILLEGAL", again=False)),
        (200, said("isp.RAM_PERMISSION_DENY"), NotTaken("isp.RAM_PERMISSION_DENY", again=False)),
        (400, said("Throttling.User"), NotTaken("Throttling.User", again=True)),
        (429, said("Throttling"), NotTaken("Throttling", again=True)),
        (404, said("InvalidAccessKeyId.NotFound"), NotTaken("InvalidAccessKeyId.NotFound", again=False)),
        (200, said("isp.SYSTEM_ERROR"), Unknown("isp.SYSTEM_ERROR")),
        (500, said("InternalError"), Unknown("InternalError")),
        (503, said("Throttling"), Unknown("Throttling")),
        (500, said("OK"), Unknown("OK")),
        (302, b"", Unknown("status 302 without a code")),
        (403, b"<html>a portal</html>", Unknown("status 403 without a code")),
        (200, b"", Unknown("status 200 without a code")),
        (200, b"[]", Unknown("status 200 without a code")),
        (200, b"\xff", Unknown("status 200 without a code")),
        (200, said(7), Unknown("status 200 without a code")),
        (200, said(f"to {PHONE}"), Unknown("status 200 without a code")),
        (400, said("x" * 81), Unknown("status 400 without a code")),
        (200, b'{"Code": "OK", "pad": "' + b"x" * 70_000 + b'"}', Unknown("status 200 without a code")),
    ],
)
def test_only_the_providers_own_word_says_that_it_did_not_take_it(
    account: Alibaba, cloud: FakeCloud, status: int, body: bytes, means: Outcome
) -> None:
    cloud.status, cloud.body = status, body
    assert send(account) == means
    assert len(cloud.requests) == 1


@pytest.mark.parametrize(
    ("how", "why"), [("close", "RemoteProtocolError"), ("hang", "ReadTimeout"), ("drip", "ReadTimeout")]
)
def test_once_the_request_is_out_silence_says_nothing(account: Alibaba, cloud: FakeCloud, how: str, why: str) -> None:
    cloud.how = how  # type: ignore[assignment]  # one of its words
    account.client.timeout = 0.5
    assert send(account) == Unknown(why)
    assert len(cloud.requests) == 1


def test_where_nobody_listens_it_was_certainly_not_taken(account: Alibaba) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{probe.getsockname()[1]}"
        assert send(replace(account, endpoint=endpoint)) == NotTaken("ConnectError", again=True)


def test_a_name_that_leads_nowhere_was_certainly_not_taken(account: Alibaba) -> None:
    assert send(replace(account, endpoint="https://sms.invalid")) == NotTaken("ConnectError", again=True)


def test_without_a_safe_connection_nothing_is_said_to_anybody(account: Alibaba) -> None:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def listen() -> None:
            connection, _ = listening.accept()
            with connection:
                heard.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

        thread = threading.Thread(target=listen)
        thread.start()
        stranger = f"https://127.0.0.1:{listening.getsockname()[1]}"
        assert send(replace(account, endpoint=stranger)) == NotTaken("ConnectError", again=True)
        thread.join(10)
    assert heard[0][:1] == b"\x16", "the first byte of a TLS handshake"
    assert PHONE.encode() not in heard[0]


# ── what stays secret ──


def test_number_code_and_secret_stand_in_no_log_and_no_repr(
    account: Alibaba, cloud: FakeCloud, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        outcomes = [send(account)]
        cloud.status, cloud.body = 400, said("isv.MOBILE_NUMBER_ILLEGAL")
        outcomes.append(send(account))
    shown = f"{caplog.text} {account!r} {outcomes!r}"
    assert not [word for word in (PHONE, CODE, KEY_SECRET) if word in shown]


def test_what_httpx_would_log_holds_the_number(account: Alibaba, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "httpx"):
        send(account)
    assert PHONE in caplog.text


def test_news_goes_by_the_template_that_was_approved_for_it_or_not_at_all(settings: Settings, cloud: FakeCloud) -> None:
    number = {"number": "A26000000015"}
    none = chosen(settings())
    assert none.send(PHONE, Template.APPLICATION_NEWS, number) == NotTaken("no template is approved", again=False)
    assert cloud.sent == []
    both = chosen(settings(SMS_TEMPLATE_APPLICATION="SMS_2", SMS_TEMPLATE_MEMBERSHIP="SMS_3"))
    for template in (Template.APPLICATION_NEWS, Template.MEMBERSHIP_NEWS):
        assert isinstance(both.send(PHONE, template, number), Taken)
    assert [each["TemplateCode"] for each in cloud.sent] == ["SMS_2", "SMS_3"]


def test_news_says_neither_name_nor_what_happened() -> None:
    for template in (Template.APPLICATION_NEWS, Template.MEMBERSHIP_NEWS):
        words = template.words({"number": "X"})
        assert "X" in words.zh
        told = ("退回", "拒绝", "通过", "returned", "refused", "approved")
        assert not [each for each in told if each in words.zh or each in words.en]


def test_the_console_shows_the_code_and_masks_the_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert send(chosen({})) == Taken("console")
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert CODE in shown
    assert masked(PHONE) == "138****5678"
    assert "138****5678" in shown
    assert PHONE not in shown


# ── which provider ──


@pytest.mark.parametrize("elsewhere", [{"PUBLIC_URL": "https://xiejiao.example"}, {"HOST": "0.0.0.0"}])  # noqa: S104 - a setting
def test_the_console_is_for_this_machine_only(elsewhere: dict[str, str]) -> None:
    with pytest.raises(OperatorError, match="SMS_PROVIDER is console"):
        chosen({"SMS_PROVIDER": "console", **elsewhere})
    assert send(chosen(elsewhere)) == NotTaken("SMS_PROVIDER is not set", again=False)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"SMS_PROVIDER": "pigeon"}, "SMS_PROVIDER is 'pigeon'; set it to console, alibaba or none"),
        ({"SMS_SIGN_NAME": "", "SMS_KEY_ID": ""}, "also needs SMS_KEY_ID, SMS_SIGN_NAME"),
        ({"SMS_KEY_SECRET_FILE": "/nowhere/secret"}, "holds no secret that this user can read"),
        ({"SMS_ENDPOINT": "http://sms.example"}, "set it to an https address"),
        ({"SMS_ENDPOINT": "https://sms.example/path"}, "set it to an https address"),
        ({"SMS_ENDPOINT": "sms.example"}, "set it to an https address"),
    ],
)
def test_settings_that_do_not_fit_are_one_sentence(settings: Settings, more: dict[str, str], sentence: str) -> None:
    with pytest.raises(OperatorError, match=sentence) as refused:
        chosen(settings(**more))
    assert KEY_SECRET not in str(refused.value)


def test_the_usual_address_is_alibabas_own() -> None:
    assert Config().sms_endpoint == "https://dysmsapi.aliyuncs.com"
    assert Path(Config(key_file="keys.json").keys).is_absolute()
