"""The settings: one frozen dataclass, read once from the environment; `docs/settings.md` is generated from it."""

import os
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path

from xiejiao.errors import OperatorError

MOST_PROXIES = 10
"""Proxies that may stand before the server."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""Names of the address that only this machine reaches."""
LONGEST_LINE = 200
"""Characters of a setting that is shown to people."""


def _setting(variable: str, meaning: str, default: str) -> str:
    return field(default=default, metadata={"variable": variable, "meaning": meaning})


@dataclass(frozen=True, slots=True)
class Config:
    """Every setting of an installation, as text from the environment; the properties below read them.

    A setting that is empty counts as not given.
    """

    port: str = _setting("PORT", "TCP port to serve on.", "8000")
    host: str = _setting(
        "HOST",
        "Address to serve on. Let the public in through a proxy that speaks https; thousands who send slowly are its "
        "matter too.",
        "127.0.0.1",
    )
    workers: str = _setting("WORKERS", "Server processes; each holds one warm connection per thread.", "2")
    var: str = _setting(
        "XIEJIAO_VAR", "Folder for what the installation writes: the private cluster, its log, its socket.", "var"
    )
    database_url: str = _setting(
        "DATABASE_URL",
        "libpq URL of the app role on an outside PostgreSQL. Not given: a private cluster under `XIEJIAO_VAR`.",
        "",
    )
    database_owner_url: str = _setting(
        "DATABASE_OWNER_URL",
        "libpq URL of the owner role, for migrations. Not given beside `DATABASE_URL`: the server only checks that "
        "the schema is current.",
        "",
    )
    database_read_url: str = _setting(
        "DATABASE_READ_URL", "libpq URL for reads (standbys; may name several hosts). Not given: `DATABASE_URL`.", ""
    )
    database_pooler: str = _setting(
        "DATABASE_POOLER",
        "`yes` when a transaction pooler stands before PostgreSQL: no prepared statements then.",
        "no",
    )
    public_url: str = _setting(
        "PUBLIC_URL",
        "Where people reach the installation, as in `https://xiejiao.example`. Once given, demonstration data is "
        "refused and links are built from it.",
        "",
    )
    trusted_proxies: str = _setting(
        "TRUSTED_PROXIES", "How many proxies stand before the server and set `X-Forwarded-*`.", "0"
    )
    rate_public: str = _setting(
        "RATE_PUBLIC",
        "Public requests that one address may make of one server process, as in `600/minute`; `0` for no limit. "
        "Cells and packs are exempt.",
        "600/minute",
    )
    log_level: str = _setting(
        "LOG_LEVEL",
        "`warning`, or `info` for one line for each request, without addresses and query strings.",
        "warning",
    )
    data_licence: str = _setting(
        "DATA_LICENCE", "Licence of the published data, as in `CC-BY-4.0`; named in the API document.", ""
    )
    operator: str = _setting(
        "OPERATOR", "Who runs the installation and how to reach them, in one line; shown at the foot of `/more`.", ""
    )
    icp_number: str = _setting(
        "ICP_NUMBER", "ICP filing number (ICP备案号) of the site; shown at the foot of `/more`.", ""
    )
    police_number: str = _setting(
        "POLICE_NUMBER", "Public security filing number (公安备案号) of the site; shown at the foot of `/more`.", ""
    )
    privacy_text: str = _setting(
        "PRIVACY_TEXT",
        "File with the operator's own privacy text in UTF-8: paragraphs apart by empty lines, headings after `#`; "
        "shown as plain text on `/privacy` in place of the app's.",
        "",
    )
    poster_font: str = _setting(
        "POSTER_FONT",
        "TrueType or OpenType font of regular weight with Chinese characters, for posters as PDF; Debian's "
        "fonts-droid-fallback has this one. Where it is missing, posters are SVG only.",
        "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    )
    map_tiles: str = _setting(
        "MAP_TILES",
        "Base map as image tiles: an https address with `{z}`, `{x}` and `{y}` in it; phones ask that host for the "
        "area that they show. Not given: distance rings, and no request to anybody.",
        "",
    )
    map_datum: str = _setting(
        "MAP_DATUM", "Datum in which the tiles are drawn: `wgs84`, or `gcj02` as maps made in China are.", "wgs84"
    )
    map_most_zoom: str = _setting("MAP_MOST_ZOOM", "Highest zoom for which there are tiles.", "18")
    map_attribution: str = _setting("MAP_ATTRIBUTION", "Whose map it is, as its licence wants it said on the map.", "")
    map_review_number: str = _setting("MAP_REVIEW_NUMBER", "Review number (审图号) of the base map, shown on it.", "")

    key_file: str = _setting(
        "KEY_FILE",
        "File with the keys that open personal data, made at the first start; back it up apart from the database. "
        "Not given: `keys/installation.json` under `XIEJIAO_VAR`.",
        "",
    )
    sms_provider: str = _setting(
        "SMS_PROVIDER",
        "Who sends messages: `alibaba`; `console`, which shows them at the terminal, on a loopback address without "
        "`PUBLIC_URL` only; or `none`. Not given: `console` where that may be, else `none`.",
        "",
    )
    sms_endpoint: str = _setting(
        "SMS_ENDPOINT", "Address of Alibaba Cloud's message service.", "https://dysmsapi.aliyuncs.com"
    )
    sms_key_id: str = _setting("SMS_KEY_ID", "AccessKey ID of the Alibaba Cloud account.", "")
    sms_key_secret_file: str = _setting(
        "SMS_KEY_SECRET_FILE", "File that holds the AccessKey secret and nothing else.", ""
    )
    sms_sign_name: str = _setting("SMS_SIGN_NAME", "Signature (短信签名) that Alibaba Cloud approved.", "")
    sms_template_code: str = _setting(
        "SMS_TEMPLATE_CODE", "Approved template of sign-in codes, as in `SMS_123456789`; its variable is `code`.", ""
    )
    sms_template_application: str = _setting(
        "SMS_TEMPLATE_APPLICATION",
        "Approved template of news of an application; its variable is `number`. Not given: such news is not sent.",
        "",
    )
    sms_template_membership: str = _setting(
        "SMS_TEMPLATE_MEMBERSHIP",
        "Approved template of news of a membership; its variable is `number`. Not given: such news is not sent.",
        "",
    )
    refused_days: str = _setting(
        "REFUSED_DAYS", "Days after which an application that was refused is erased, 30 at least.", "90"
    )
    withdrawn_days: str = _setting(
        "WITHDRAWN_DAYS", "Days after which an application that was withdrawn is erased.", "30"
    )

    @property
    def folder(self) -> Path:
        """`XIEJIAO_VAR` as an absolute path."""
        return Path(self.var).absolute()

    @property
    def private(self) -> bool:
        """Whether the database is the private cluster."""
        return not self.database_url

    @property
    def demonstration_allowed(self) -> bool:
        """Whether synthetic places may exist here: private cluster, loopback address, no public URL."""
        return self.private and self.on_loopback

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine is served: loopback address, no public URL."""
        return self.host in LOOPBACK and not self.public_url

    @property
    def keys(self) -> Path:
        """`KEY_FILE` as an absolute path."""
        return Path(self.key_file).absolute() if self.key_file else self.folder / "keys" / "installation.json"

    @property
    def pooled(self) -> bool:
        """Whether a transaction pooler stands before PostgreSQL."""
        return self._choice(
            "database_pooler", {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
        )

    @property
    def verbose(self) -> bool:
        """Whether each request is logged."""
        return self._choice("log_level", {"info": True, "warning": False})

    @property
    def shifted_map(self) -> bool:
        """Whether the tiles of the base map are drawn in GCJ-02."""
        return self._choice("map_datum", {"gcj02": True, "wgs84": False})

    def line(self, name: str) -> str:
        """The text in the setting `name`; OperatorError when it does not fit on a line."""
        text: str = getattr(self, name)
        if len(text) > LONGEST_LINE or not text.isprintable():
            message = f"{_variable(name)} is no line of at most {LONGEST_LINE} characters; shorten it."
            raise OperatorError(message)
        return text

    def _choice(self, name: str, choices: Mapping[str, bool]) -> bool:
        text = getattr(self, name)
        if text.lower() not in choices:
            message = f"{_variable(name)} is {text!r}; set it to {' or '.join(choices)}."
            raise OperatorError(message)
        return choices[text.lower()]

    def number(self, name: str, low: int, high: int) -> int:
        """The whole number in the setting `name`; OperatorError outside `low`..`high`."""
        text = getattr(self, name)
        if not (text.isascii() and text.isdecimal() and low <= int(text) <= high):
            message = f"{_variable(name)} is {text!r}; set it to a whole number from {low} to {high}."
            raise OperatorError(message)
        return int(text)


def settings() -> tuple[Field[str], ...]:
    """The settings in the order in which they are documented."""
    return tuple(each for each in fields(Config))


def _variable(name: str) -> str:
    return next(str(each.metadata["variable"]) for each in settings() if each.name == name)


def from_environment(environment: Mapping[str, str] = os.environ) -> Config:
    """The settings that `environment` gives, defaults for the rest."""
    given = {each.name: environment.get(each.metadata["variable"], "").strip() for each in settings()}
    return Config(**{name: value for name, value in given.items() if value})


def as_markdown() -> str:
    """The settings as the document `docs/settings.md`."""
    rows = [f"| `{each.metadata['variable']}` | `{each.default}` | {each.metadata['meaning']} |" for each in settings()]
    head = [
        "# Settings",
        "",
        "Environment variables; `xiejiao settings` prints this page. One that is empty counts as not given.",
        "",
        "| setting | default | meaning |",
        "|---|---|---|",
    ]
    return "\n".join([*head, *rows, ""]).replace("| `` |", "| – |")
