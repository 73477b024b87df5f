"""Which provider the operator chose, read and checked before anything is sent."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from xiejiao.config import LOOPBACK, Config
from xiejiao.errors import OperatorError
from xiejiao.messages.providers import Provider
from xiejiao.messages.providers.console import Console
from xiejiao.messages.providers.nobody import Nobody
from xiejiao.messages.rules import Template


def provider(config: Config, *, now: Callable[[], dt.datetime], draw: Callable[[int], bytes]) -> Provider:
    """The provider that SMS_PROVIDER names; without it the console where that may be, else nobody.

    OperatorError for one that cannot be, or whose settings are not whole.
    """
    chosen = config.sms_provider or ("console" if config.on_loopback else "none")
    if chosen == "none":
        return Nobody()
    if chosen == "console":
        if not config.on_loopback:
            message = (
                "SMS_PROVIDER is console, which shows codes at the terminal, on a loopback address without PUBLIC_URL "
                "only; set it to alibaba, or to none."
            )
            raise OperatorError(message)
        return Console()
    if chosen == "alibaba":
        return _alibaba(config, now, draw)
    message = f"SMS_PROVIDER is {chosen!r}; set it to console, alibaba or none."
    raise OperatorError(message)


def _alibaba(config: Config, now: Callable[[], dt.datetime], draw: Callable[[int], bytes]) -> Provider:
    try:
        from xiejiao.messages.providers import alibaba  # noqa: PLC0415 - needs an extra that others do without
    except ModuleNotFoundError:
        message = (
            "SMS_PROVIDER is alibaba, which needs the extra `alibaba`; run `.venv/bin/pip install -e '.[alibaba]'`."
        )
        raise OperatorError(message) from None
    wanted = {
        "SMS_KEY_ID": config.sms_key_id,
        "SMS_KEY_SECRET_FILE": config.sms_key_secret_file,
        "SMS_SIGN_NAME": config.sms_sign_name,
        "SMS_TEMPLATE_CODE": config.sms_template_code,
    }
    if missing := [name for name, value in wanted.items() if not value]:
        message = f"SMS_PROVIDER is alibaba, which also needs {', '.join(missing)}."
        raise OperatorError(message)
    return alibaba.Alibaba(
        endpoint=_endpoint(config.sms_endpoint),
        key_id=config.sms_key_id,
        key_secret=_secret(Path(config.sms_key_secret_file)),
        sign_name=config.sms_sign_name,
        template_codes={template: code for template, code in _codes(config).items() if code},
        now=now,
        draw=draw,
        client=alibaba.client(),
    )


def _codes(config: Config) -> dict[Template, str]:
    return {
        Template.SIGN_IN_CODE: config.sms_template_code,
        Template.APPLICATION_NEWS: config.sms_template_application,
        Template.MEMBERSHIP_NEWS: config.sms_template_membership,
    }


def _endpoint(url: str) -> str:
    """An https address without a path; numbers and codes go unsealed to nobody but this machine itself."""
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not safe or not parts.hostname or parts.path not in {"", "/"} or parts.query or parts.username:
        message = f"SMS_ENDPOINT is {url!r}; set it to an https address as https://dysmsapi.aliyuncs.com."
        raise OperatorError(message)
    return f"{parts.scheme}://{parts.netloc}"


def _secret(file: Path) -> str:
    try:
        secret = file.read_text("ascii").strip()
    except (OSError, ValueError):
        secret = ""
    if not secret:
        message = f"SMS_KEY_SECRET_FILE names {file}, which holds no secret that this user can read."
        raise OperatorError(message)
    return secret
