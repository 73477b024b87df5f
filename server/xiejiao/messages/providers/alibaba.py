"""Sends through Alibaba Cloud's SendSms (dysmsapi, 2017-05-25), signed with ACS3-HMAC-SHA256 ("signature method V3").

https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature
https://help.aliyun.com/zh/sms/developer-reference/api-dysmsapi-2017-05-25-sendsms
"""

import datetime as dt
import hmac
import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import quote, urlsplit

import httpx

from xiejiao.messages.rules import NotTaken, Outcome, Taken, Template, Unknown

_ALGORITHM = "ACS3-HMAC-SHA256"
_ACTION, _VERSION = "SendSms", "2017-05-25"
_NONCE_BYTES = 16
_TIMEOUT = httpx.Timeout(5.0)
_ANSWERS_WITHIN_S = 10.0
_LONGEST_ANSWER = 64 * 1024
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,80}")
_REFERENCE = re.compile(r"[A-Za-z0-9^_-]{1,100}")
# What the request never reached: no connection was made, or none that is safe.
_BEFORE_THE_REQUEST = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True, slots=True)
class Alibaba:
    """An account of Alibaba Cloud with a signature and a template that were approved."""

    endpoint: str
    key_id: str
    key_secret: str = field(repr=False)
    sign_name: str
    template_codes: Mapping[Template, str]
    now: Callable[[], dt.datetime]
    draw: Callable[[int], bytes]
    client: httpx.Client = field(repr=False)

    def send(self, phone: str, template: Template, parameters: Mapping[str, str]) -> Outcome:
        """Call SendSms once; never followed elsewhere, never repeated."""
        if template not in self.template_codes:
            return NotTaken("no template is approved", again=False)
        query = canonical_query(
            {
                "PhoneNumbers": phone,
                "SignName": self.sign_name,
                "TemplateCode": self.template_codes[template],
                "TemplateParam": json.dumps(dict(parameters), ensure_ascii=False),
            }
        )
        headers = {
            "host": urlsplit(self.endpoint).netloc,
            "x-acs-action": _ACTION,
            "x-acs-version": _VERSION,
            "x-acs-date": self.now().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": self.draw(_NONCE_BYTES).hex(),
            "x-acs-content-sha256": sha256(b"").hexdigest(),
        }
        signed = {**headers, "authorization": authorization(self.key_id, self.key_secret, query, headers)}
        try:
            with self.client.stream("POST", f"{self.endpoint}/?{query}", headers=signed) as response:
                return outcome(response.status_code, _body(response))
        except _BEFORE_THE_REQUEST as fault:
            return NotTaken(type(fault).__name__, again=True)
        except httpx.HTTPError as fault:
            return Unknown(type(fault).__name__)


def client() -> httpx.Client:
    """The connections to the provider: each request has its own, as one that was kept may have died unseen."""
    # Below WARNING both tell addresses, and with them numbers.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return httpx.Client(timeout=_TIMEOUT, limits=httpx.Limits(max_keepalive_connections=0), trust_env=False)


def canonical_query(parameters: Mapping[str, str]) -> str:
    """Parameters in the order of their names, with all but RFC 3986's unreserved characters encoded."""
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(parameters.items()))


def authorization(key_id: str, key_secret: str, query: str, headers: Mapping[str, str]) -> str:
    """The header Authorization of a POST to `/` without a body; `headers` are all that are signed, in lower case."""
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{value.strip()}\n" for name, value in sorted(headers.items()))
    request = "\n".join(("POST", "/", query, lines, names, headers["x-acs-content-sha256"]))
    to_sign = f"{_ALGORITHM}\n{sha256(request.encode()).hexdigest()}"
    signature = hmac.new(key_secret.encode(), to_sign.encode(), "sha256").hexdigest()
    return f"{_ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}"


def _body(response: httpx.Response) -> bytes:
    """The whole answer; nothing of one that is too long or too slow."""
    body, until = b"", time.monotonic() + _ANSWERS_WITHIN_S
    for part in response.iter_bytes():
        body += part
        if len(body) > _LONGEST_ANSWER or time.monotonic() > until:
            return b""
    return body


def outcome(status: int, body: bytes) -> Outcome:
    """What an answer means. Only a code of the provider's own says that a message was not taken.

    `isv.…` are faults of the caller and found before anything is sent, as are all codes with a status 4xx, of which
    `Throttling…` pass with time. `isp.…` are faults of the provider, at a point that it does not tell.
    https://help.aliyun.com/document_detail/101346.html
    """
    try:
        said = json.loads(body)
        code, reference = said["Code"], said.get("BizId", "")
    except (ValueError, TypeError, KeyError, AttributeError):
        return Unknown(f"status {status} without a code")
    if not (isinstance(code, str) and _CODE.fullmatch(code)):
        return Unknown(f"status {status} without a code")
    if status == httpx.codes.OK and code == "OK":
        return Taken(reference if isinstance(reference, str) and _REFERENCE.fullmatch(reference) else "")
    if httpx.codes.is_client_error(status):
        return NotTaken(code, again=code.startswith("Throttling"))
    if status == httpx.codes.OK and (code.startswith("isv.") or code == "isp.RAM_PERMISSION_DENY"):
        return NotTaken(code, again=False)
    return Unknown(code)
