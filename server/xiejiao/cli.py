"""The command `xiejiao`: what an operator does at a terminal."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from xiejiao import backup, cluster, config, database, postgresql, progress, serving
from xiejiao.cluster import Cluster, Role
from xiejiao.config import Config
from xiejiao.errors import OperatorError

_ROLES = {"owner": Role.OWNER, "app": Role.APP, "read": Role.READ}


class _Sentences(click.Group):
    """Says what hinders an operator as one line on standard error, with status 1."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - what click itself declares
        try:
            return super().invoke(ctx)
        except OperatorError as error:
            click.echo(str(error), err=True)
            ctx.exit(1)


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
        serving.answers(settings.database_url)
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
        serving.answers(url)
        yield url
