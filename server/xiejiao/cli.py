"""The command `xiejiao`: what an operator does at a terminal."""

import datetime as dt
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import psycopg
import sqlalchemy.exc

from xiejiao import (
    backup,
    cluster,
    config,
    coordinates,
    database,
    keyring,
    postgresql,
    progress,
    roles,
    seeding,
    serving,
    working,
)
from xiejiao import hours as rules
from xiejiao.accounts import commands as people
from xiejiao.app import create_app
from xiejiao.calendar import commands as calendars
from xiejiao.cluster import Cluster, Role
from xiejiao.config import Config
from xiejiao.coordinates import Datum
from xiejiao.errors import FieldFault, InputError, NotFoundError, OperatorError
from xiejiao.language import Language, Words
from xiejiao.membership import chain, drawing
from xiejiao.membership import queries as applications
from xiejiao.sites.schemas import FIRST_INSTANT, LAST_INSTANT

_ROLES = {"owner": Role.OWNER, "app": Role.APP, "read": Role.READ}


class _Sentences(click.Group):
    """Says what hinders an operator as one line on standard error, with status 1."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - what click itself declares
        try:
            return super().invoke(ctx)
        except OperatorError as error:
            click.echo(str(error), err=True)
        except InputError as error:
            for fault in error.faults:
                click.echo(f"{fault.field}: {fault.message.in_(_language())}", err=True)
        except NotFoundError:
            click.echo(Words("没有找到", "There is no such thing here.").in_(_language()), err=True)
        except (sqlalchemy.exc.OperationalError, psycopg.OperationalError) as error:
            why = str(error.__cause__ or error).partition("\n")[0]
            click.echo(f"The database could not go on ({why}); see that it runs and has room on its disk.", err=True)
        return ctx.exit(1)


def _language() -> Language:
    """The language that the operator's terminal asks for."""
    wanted = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "zh" if wanted.startswith("zh") else "en"


@click.group(cls=_Sentences)
@click.pass_context
def main(context: click.Context) -> None:
    """Run and look after an installation of Xiejiao (歇脚); its settings are environment variables."""
    progress.show()
    settings = config.from_environment()
    if settings.private:
        for name in os.environ.keys() - postgresql.without_variables(os.environ).keys():
            del os.environ[name]
    context.obj = settings


@main.command()
@click.pass_obj
def serve(settings: Config) -> None:
    """Start what is missing, migrate, and serve until Ctrl-C.

    Example: PORT=8080 xiejiao serve
    """
    serving.serve(settings)


@main.command()
@click.option("--once", is_flag=True, help="Do what is due now, and end.")
@click.pass_obj
def work(settings: Config, *, once: bool) -> None:
    """Do what is to be done later: send messages, clear away what is over; `xiejiao serve` starts this by itself.

    Example: xiejiao work --once
    """
    working.work(settings, once=once)


@main.group()
def db() -> None:
    """Look after the database: the private cluster, or the server that DATABASE_URL names."""


@db.command()
@click.pass_obj
def start(settings: Config) -> None:
    """Start the private cluster and leave it running; `xiejiao serve` then uses it and does not stop it.

    Example: xiejiao db start
    """
    private = _private(settings)
    started = private.start()
    click.echo(f"PostgreSQL {'runs' if started else 'ran already'} in {private.folder}.")


@db.command()
@click.pass_obj
def stop(settings: Config) -> None:
    """Stop the private cluster.

    Example: xiejiao db stop
    """
    private = _private(settings)
    stopped = private.stop()
    click.echo(f"PostgreSQL in {private.folder} {'has stopped' if stopped else 'was not running'}.")


@db.command()
@click.pass_context
def status(context: click.Context) -> None:
    """Say where the database lies and whether it takes connections; status 1 when it does not.

    Example: xiejiao db status
    """
    settings: Config = context.obj
    if not settings.private:
        serving.answers("DATABASE_URL", settings.database_url)
        click.echo("The outside database that DATABASE_URL names takes connections.")
        return
    private = _private(settings)
    running = private.running()
    click.echo(f"PostgreSQL in {private.folder} {'takes connections' if running else 'is not running'}.")
    click.echo(f"Socket in {private.sockets}, log in {private.log}, run by {private.user.name}.")
    context.exit(0 if running else 1)


@db.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--role", type=click.Choice(list(_ROLES)), default="owner", show_default=True, help="Connect as this role."
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def psql(settings: Config, role: str, words: tuple[str, ...]) -> None:
    """Open psql on the database, with further WORDS for psql itself.

    Example: xiejiao db psql --role read -c 'SELECT version()'
    """
    if settings.private and not _private(settings).running():
        message = "The private cluster is not running; start it with `xiejiao db start`."
        raise OperatorError(message)
    environment = backup.environment(cluster.address(settings, _ROLES[role]))
    program = postgresql.client("psql")
    os.execve(program, [program, *words], environment)  # noqa: S606 - psql by absolute path, its words are the operator's


@db.command()
@click.pass_obj
def upgrade(settings: Config) -> None:
    """Bring the schema up to date.

    Example: xiejiao db upgrade
    """
    with _owner_url(settings) as url:
        database.upgrade(url)
    click.echo("The schema is up to date.")


@db.command()
def prepare() -> None:
    """Print the SQL that a superuser runs once on an outside server: roles, database, extensions.

    Example: xiejiao db prepare | psql -h db.example -U postgres
    """
    click.echo(cluster.PREPARE.read_text(), nl=False)


@db.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def write_backup(settings: Config, file: Path) -> None:
    """Write the whole database into FILE, readable by you only.

    Example: xiejiao db backup xiejiao-2026-11-20.dump
    """
    with _owner_url(settings) as url:
        backup.write(url, file.absolute())
    click.echo(f"The backup is in {file}.")


@db.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, readable=True))
@click.pass_obj
def restore(settings: Config, file: Path) -> None:
    """Read the backup FILE into an empty database; one that holds anything is left alone.

    Example: XIEJIAO_VAR=/srv/fresh xiejiao db restore xiejiao-2026-11-20.dump
    """
    with _owner_url(settings) as url:
        backup.restore(url, file.absolute())
    click.echo(f"{file} is restored.")


@db.command("backup-keys")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def write_keys(settings: Config, file: Path) -> None:
    """Write the keys of persons, which a backup leaves out, into FILE, readable by you only.

    Keep it apart from backups, and no longer than seven days: who has been erased is in it until then. Without it and
    the file that KEY_FILE names, sealed data of a restored backup stays sealed.

    Example: xiejiao db backup-keys xiejiao-2026-11-20.keys
    """
    with _owner_url(settings) as url:
        number = backup.write_keys(url, file.absolute())
    click.echo(f"{number} keys are in {file}; destroy it within seven days.")


@db.command("restore-keys")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, readable=True))
@click.pass_obj
def restore_keys(settings: Config, file: Path) -> None:
    """Put back the keys in FILE of the persons in a restored backup.

    Example: xiejiao db restore-keys xiejiao-2026-11-20.keys
    """
    with _owner_url(settings) as url:
        number = backup.restore_keys(url, file.absolute())
    click.echo(f"{number} keys are restored.")


@main.command()
@click.pass_obj
def seed(settings: Config) -> None:
    """Load the words of the field, the unions, the calendars and the places that the press names.

    What is there already is left as people made it, so it may be run again.

    Example: xiejiao seed
    """
    with _owner_url(settings) as url, database.connected(url) as connection, connection.begin():
        loaded = seeding.load(connection, when=_now())
    click.echo(f"New: {loaded.years} years of the calendar, {loaded.places} places.")


@main.group()
def calendar() -> None:
    """Look after the days off and make-up workdays."""


@calendar.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, readable=True))
@click.pass_obj
def import_year(settings: Config, file: Path) -> None:
    """Announce the year in FILE, in place of what the calendar says of that year.

    FILE is JSON as GET /api/v1/calendar/{year} answers it; every place's hours follow within seconds.

    Example: xiejiao calendar import seed/calendar/2026.json
    """
    year = seeding.year_in(file)
    with _owner_url(settings) as url, database.connected(url) as connection, connection.begin():
        calendars.announce(connection, year)
    click.echo(f"{year.year} is announced: {len(year.days)} special days. {year.source}")


@main.command()
@click.option("--sites", type=click.IntRange(1, 5_000_000), help="Have so many synthetic places all over China.")
@click.option("--remove", is_flag=True, help="Remove every synthetic place.")
@click.pass_obj
def demo(settings: Config, sites: int | None, *, remove: bool) -> None:
    """Have synthetic places to try things with; each is marked as such everywhere.

    Without options: a few hundred around Meizhou, Weihai and Quanzhou. The same number gives the same places. They
    are for a private installation on this machine only.

    Example: xiejiao demo --sites 20000
    """
    if remove and sites:
        message = "Give --sites or --remove, not both."
        raise click.UsageError(message)
    if not remove and not settings.demonstration_allowed:
        message = "Synthetic places are for the private cluster on a loopback address without PUBLIC_URL only."
        raise OperatorError(message)
    with _owner_url(settings) as url, database.connected(url) as connection, connection.begin():
        gone = seeding.remove_demonstration(connection, when=_now())
        added = 0
        if not remove:
            with progress.step("Making synthetic places"):
                added = seeding.add_demonstration(connection, sites, when=_now())
    click.echo(f"Synthetic places: {gone} removed, {added} added.")


@main.group()
def accounts() -> None:
    """Look after the accounts of staff: the first administrator, lost proofs, people who left."""


@accounts.command("add")
@click.argument("name")
@click.option(
    "--role", type=click.Choice([str(role) for role in roles.Role]), default="system_admin", show_default=True
)
@click.option("--organisation", help="Path of the union where the role holds, as cn.guangdong.meizhou.")
@click.option("--site", help="Code of the place where the role holds, for a site_manager.")
@click.pass_obj
def add_account(settings: Config, name: str, role: str, organisation: str | None, site: str | None) -> None:
    """Add an account for NAME with a role, and print its first password, which must be changed.

    The first one should be a system_admin, who can then add others in the app; a second person has to agree to
    administrators made there.

    Example: xiejiao accounts add chen.admin
    """
    given = roles.Role(role)
    wanted = roles.REACH[given]
    if (organisation is None) == (wanted is roles.Reach.ORGANISATION) or (site is None) == (wanted is roles.Reach.SITE):
        message = f"A {role} holds {_HOLDS[wanted]}."
        raise click.UsageError(message)
    with _owner_url(settings) as url, database.connected(url) as connection, connection.begin():
        first = seeding.add_staff(
            connection, name, given, organisation=organisation, site=site, when=_now(), draw=secrets.token_bytes
        )
    click.echo(f"{name} is {role}. First password: {first}")


_HOLDS = {
    roles.Reach.SITE: "at a place: give --site",
    roles.Reach.ORGANISATION: "in an organisation: give --organisation",
    roles.Reach.INSTALLATION: "in the whole installation: give neither --organisation nor --site",
}


@accounts.command("reset")
@click.argument("name")
@click.pass_obj
def reset_account(settings: Config, name: str) -> None:
    """Give NAME a new first password and forget the authenticator: for who has lost both.

    Example: xiejiao accounts reset chen.admin
    """
    with _owner_url(settings) as url, database.connected(url) as connection, connection.begin():
        first = people.reset(connection, name, now=_now(), draw=secrets.token_bytes)
    click.echo(f"First password of {name}: {first}")


@accounts.command("disable")
@click.argument("name")
@click.pass_obj
def disable_account(settings: Config, name: str) -> None:
    """Let NAME sign in no more, and end the sign-ins there are.

    Example: xiejiao accounts disable chen.admin
    """
    with _owner_url(settings) as url, database.connected(url) as connection, connection.begin():
        people.disable(connection, name, now=_now())
    click.echo(f"{name} can sign in no more.")


@main.group()
def keys() -> None:
    """Look after the keys that open personal data."""


@keys.command()
@click.pass_obj
def rotate(settings: Config) -> None:
    """Add a key to the file that KEY_FILE names, and wrap the key of every person and file with it.

    The server goes on meanwhile. Cut short, it is taken up again the next time. Back up the file afterwards.

    Example: xiejiao keys rotate
    """
    with _owner_url(settings) as url:
        engine = database.engine(url)
        done = keyring.rotate(settings, engine.begin)
        engine.dispose()
    said = "A new key wraps from now on" if done.added else "The newest key was added before"
    click.echo(f"{said}; {done.rewrapped} keys were wrapped with it. Back up {settings.keys} apart from the database.")


@keys.command("add-card-key")
@click.option("--in-days", type=click.IntRange(1, 90), default=7, show_default=True, help="Days until it signs.")
@click.pass_obj
def add_card_key(settings: Config, in_days: int) -> None:
    """Add a key that signs members' cards from a day on; until then it is only made known to who checks cards.

    Passes that older keys signed hold until their last day. Restart the server and back up the file afterwards.

    Example: xiejiao keys add-card-key --in-days 7
    """
    begins_on = _now().astimezone(rules.CHINA).date() + dt.timedelta(days=in_days)
    with _owner_url(settings) as url, database.connected(url) as connection, connection.begin():
        keyring.add_card_key(settings, connection, begins_on)
    click.echo(f"Cards are signed with a new key from {begins_on} on. Restart the server, and back up {settings.keys}.")


@main.group()
def history() -> None:
    """Look after the history of applications and members."""


@history.command()
@click.option("--head", "noted", help="Mac that this command printed before and that was kept elsewhere.")
@click.pass_context
def verify(context: click.Context, noted: str | None) -> None:
    """See that no row of the history was altered, moved or taken out; status 1 and the first that does not fit else.

    Rows cut off at the end are found by a mac that was noted elsewhere, which this prints.

    Example: xiejiao history verify
    """
    settings: Config = context.obj
    wanted = _mac(noted)
    chain_key = chain.key_of(keyring.installation_keys(settings))
    with _owner_url(settings) as url, database.connected(url) as connection:
        walked = chain.walk(chain_key, applications.history(connection), noted=wanted)
    if walked.broken is not None:
        click.echo(f"Row {walked.broken} does not fit: it was altered or moved, or one before it is missing.", err=True)
        context.exit(1)
    if wanted is not None and not walked.noted:
        click.echo(f"The mac {noted} is met nowhere: rows after {walked.last or 0} were taken away.", err=True)
        context.exit(1)
    click.echo(f"{walked.rows} rows hold. Head: {walked.head.hex()}")


def _mac(noted: str | None) -> bytes | None:
    try:
        found = bytes.fromhex(noted) if noted else None
    except ValueError:
        found = b""
    if found is not None and len(found) != len(chain.START):
        message = f"{noted!r} is no mac of 64 hexadecimal digits."
        raise click.BadParameter(message, param_hint="--head")
    return found


@main.group()
def hours() -> None:
    """Try opening hours; needs no database."""


@hours.command()
@click.argument("text")
@click.option("--at", "instant", help="RFC 3339 instant with its offset; without it, now.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def explain(text: str, instant: str | None, *, as_json: bool) -> None:
    """Say how TEXT is understood, in Chinese or as OSM opening_hours, and what holds at an instant.

    Text that is not understood is unknown, with the place where it fails.

    Example: xiejiao hours explain '工作日 8:30-12:00,14:00-18:00' --at 2026-10-01T10:00:00+08:00
    """
    at = _instant(instant) if instant else _now()
    reading = rules.read(text)
    found = _explained(reading, at)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for name, value in found.items():
        if name == "problem":
            value = value and f"{value['message']} ({value['at']})"  # noqa: PLW2901 - the same, for people
        if value is not None:
            click.echo(f"{name}: {value}")
    for flag in reading.flags:
        click.echo(f"check: {flag.message(_language())}")


def _explained(reading: rules.Reading, at: dt.datetime) -> dict[str, Any]:
    year_calendar = seeding.announced_calendar()
    compiled = None if reading.rules is None else rules.compiled(reading.rules)
    next_change = rules.next_change(compiled, at, year_calendar)
    problem = reading.problem
    return {
        "opening_hours": None if reading.rules is None else str(reading.rules),
        "words": None if compiled is None else rules.words(compiled, _language()),
        "state": str(rules.state(compiled, at, year_calendar).state),
        "next_change": next_change and next_change.isoformat(timespec="seconds"),
        "calendar": "announced" if year_calendar.knows(at, next_change) else "not_announced",
        "problem": problem and {"at": problem.at, "message": problem.message(_language())},
    }


def _instant(text: str) -> dt.datetime:
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not FIRST_INSTANT <= at < LAST_INSTANT:
        message = f"{text!r} is no instant of the years 2000 to 2099 with an offset, as 2026-10-01T10:00:00+08:00."
        raise click.BadParameter(message, param_hint="--at")
    return at


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("lon", type=float)
@click.argument("lat", type=float)
@click.option(
    "--datum", default="wgs84", show_default=True, metavar="wgs84|gcj02|bd09", help="What LON and LAT are counted in."
)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def position(lon: float, lat: float, datum: str, *, as_json: bool) -> None:
    """Say where LON LAT lies in each datum; needs no database.

    Example: xiejiao position 116.3975 39.9087 --datum gcj02
    """
    named = coordinates.datum_named(datum)
    checked = coordinates.check(lon, lat)
    faults = [*checked.faults, *([named] if isinstance(named, FieldFault) else [])]
    if faults or isinstance(named, FieldFault) or checked.position is None:
        raise InputError(*faults)
    for warning in checked.warnings:
        click.echo(f"{warning.field}: {warning.message.in_(_language())}", err=True)
    wgs84 = coordinates.to_wgs84(checked.position, named)
    found: dict[str, Any] = {
        str(each): [round(degrees, 7) for degrees in coordinates.from_wgs84(wgs84, each)] for each in Datum
    }
    found["inside_china"] = coordinates.inside_china(wgs84)
    if as_json:
        click.echo(json.dumps(found))
        return
    for name, value in found.items():
        click.echo(f"{name}: {value if isinstance(value, bool) else ' '.join(map(str, value))}")


@main.command("settings")
def list_settings() -> None:
    """Print every setting with its default, as Markdown; docs/settings.md holds the same.

    Example: xiejiao settings
    """
    click.echo(config.as_markdown(), nl=False)


@main.command()
def joining() -> None:
    """Print the course of an application as Markdown; docs/joining.md holds the same.

    Example: xiejiao joining
    """
    click.echo(drawing.as_markdown(), nl=False)


@main.command("openapi")
@click.pass_obj
def print_document(settings: Config) -> None:
    """Print the API document (OpenAPI 3.1); needs no database.

    The rider's app takes its types from it: `xiejiao openapi | npm run --prefix pwa schema`.

    Example: xiejiao openapi
    """
    click.echo(json.dumps(create_app(settings).extensions["api_document"], ensure_ascii=False, indent=2))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _private(settings: Config) -> Cluster:
    if not settings.private:
        message = "DATABASE_URL names an outside server, which is started and stopped where it runs."
        raise OperatorError(message)
    return cluster.at(settings.folder)


@contextmanager
def _owner_url(settings: Config) -> Iterator[str]:
    """The owner's address of a database that is up; a private cluster started for it is stopped afterwards."""
    url = cluster.address(settings, Role.OWNER)
    if settings.private:
        with _private(settings).up():
            yield url
    else:
        serving.answers("DATABASE_OWNER_URL", url)
        yield url


if __name__ == "__main__":
    main(prog_name="xiejiao")
