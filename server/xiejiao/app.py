"""The composition root of the server: the one place where all features meet."""

import datetime as dt
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

import xiejiao.accounts.routes
import xiejiao.calendar.routes
import xiejiao.cards.routes
import xiejiao.installation.routes
import xiejiao.membership.routes
import xiejiao.organisations.routes
import xiejiao.sites.routes
import xiejiao.upkeep.routes
import xiejiao.vocabulary.routes
from xiejiao import __version__, cluster, database, keyring, sealed
from xiejiao.accounts import commands as signing
from xiejiao.accounts import proofs
from xiejiao.accounts import queries as accounts
from xiejiao.accounts.rules import SEEN_EVERY
from xiejiao.config import MOST_PROXIES, Config, from_environment
from xiejiao.encodings import Encoded
from xiejiao.http import access, access_log, budget, headers, health, openapi, problems, reference, shell
from xiejiao.http.entrance import Entrance
from xiejiao.http.surroundings import EXTENSION, Surroundings
from xiejiao.installation.settings import installation
from xiejiao.roles import Caller
from xiejiao.sealed import Keys
from xiejiao.sites.keeper import Keeper
from xiejiao.upkeep import photo

LONGEST_BODY = 1024 * 1024
LONGEST_QUERY = 4096

BLUEPRINTS = (  # the API page keeps this order
    xiejiao.sites.routes.bp,
    xiejiao.vocabulary.routes.bp,
    xiejiao.calendar.routes.bp,
    xiejiao.installation.routes.bp,
    xiejiao.upkeep.routes.bp,
    xiejiao.organisations.routes.bp,
    xiejiao.membership.routes.bp,
    xiejiao.cards.routes.bp,
    xiejiao.accounts.routes.bp,
    health.bp,
    reference.bp,
)


class WholeNumber(IntegerConverter):
    """A whole number in an address, in plain digits: Unicode has more, and one thing would have many addresses."""

    regex = r"[0-9]{1,9}"


def utc_now() -> dt.datetime:
    """The time."""
    return dt.datetime.now(dt.UTC)


def create_app(
    config: Config,
    *,
    now: Callable[[], dt.datetime] = utc_now,
    seconds: Callable[[], float] = time.monotonic,
    draw: Callable[[int], bytes] = secrets.token_bytes,
    keys: Keys | None = None,
    built: Mapping[str, Encoded] = MappingProxyType({}),
) -> Flask:
    """The application; whoever calls it has bound the database of the process.

    `now` tells it the time, `seconds` is a clock that never goes back, `draw` gives random bytes, `keys` seal what is
    personal (without them nobody signs in), `built` are the files of the rider's app.
    """
    app = Flask(__name__, static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=LONGEST_BODY,
        PUBLIC_URL=config.public_url.rstrip("/"),
        POSTER_FONT=Path(config.poster_font),
    )
    # Where people reach it; never the Host header, which whoever asks may set as they like.
    app.config["ORIGIN"] = app.config["PUBLIC_URL"] or f"http://{config.host}:{config.port}"
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.url_map.converters["int"] = WholeNumber
    app.extensions["keeper"] = Keeper(seconds=seconds, now=now)
    told = app.extensions["installation"] = installation(config)
    app.extensions[EXTENSION] = Surroundings(now, draw, keys or sealed.fresh(draw(2 * sealed.KEY_BYTES)))
    problems.register(app)
    headers.register(app, longest_query=LONGEST_QUERY)
    access_log.register(app)
    access.register(app, lambda token: _caller(token, now()))
    budget.register(app, budget.budget(config.rate_public), seconds=seconds)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.register_blueprint(shell.blueprint(built, images_from=told.base_map.origin if told.base_map else ""))
    app.extensions["api_document"] = openapi.document(
        app, version=__version__, licence=config.data_licence, server=app.config["PUBLIC_URL"]
    )
    hops = config.number("trusted_proxies", 0, MOST_PROXIES)
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # as Flask's own documentation does
    return app


def _caller(token: str, now: dt.datetime) -> Caller | None:
    """Who carries `token`; writes down, not too often, that the sign-in is in use.

    Asked where it is written, not of a standby: who signed out a moment ago is nobody.
    """
    with database.writing() as connection:
        found = accounts.caller(connection, proofs.digest(token), now=now)
        if found is None:
            return None
        who, seen_at = found
        if who.sign_in is not None and now - seen_at >= SEEN_EVERY:
            signing.seen(connection, who.sign_in, now=now)
    return who


def serve() -> Entrance:
    """The entrance of a server process, with its settings from the environment and its own connections."""
    config = from_environment()
    logging.basicConfig(
        level=logging.INFO if config.verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    url = config.database_url or cluster.at(config.folder).url(cluster.Role.APP)
    database.bind(database.pools(url, config.database_read_url, pooled=config.pooled))
    app = create_app(config, keys=keyring.installation_keys(config), built=shell.files())
    return Entrance(app, largest=max(LONGEST_BODY, photo.MOST_BYTES))
