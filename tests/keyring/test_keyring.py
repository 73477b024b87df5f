"""The file of keys: made once, never where something is sealed already, and only with the database it belongs to."""

import datetime as dt
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text

from xiejiao import database, keyring, sealed
from xiejiao.cluster import Cluster, Role
from xiejiao.config import Config
from xiejiao.errors import OperatorError
from xiejiao.membership import files
from xiejiao.messages import commands as messages
from xiejiao.messages.rules import Template
from xiejiao.sealed import Keys

pytestmark = pytest.mark.db

NOW = dt.datetime(2026, 11, 20, 6, 0, tzinfo=dt.UTC)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(var=str(tmp_path / "var"))


def send(connection: Connection, keys: Keys) -> None:
    messages.send(
        connection,
        keys,
        phone="13812345678",
        template=Template.SIGN_IN_CODE,
        parameters={"code": "042137"},
        now=NOW,
        draw=os.urandom,
        expires=NOW,
    )


@pytest.fixture
def owner(private_cluster: Cluster, database_name: str) -> Iterator[Connection]:
    """A transaction of the owner, who sees every person's key."""
    with database.connected(private_cluster.url(Role.OWNER, database_name)) as connection:
        yield connection
        connection.rollback()


def person(connection: Connection, keys: Keys) -> None:
    wrapped = keys.wrap(bytes(sealed.KEY_BYTES), "1", nonce=bytes(sealed.NONCE_BYTES))
    connection.execute(text("INSERT INTO person_key VALUES (gen_random_uuid(), :wrapped)"), {"wrapped": wrapped})


def test_the_first_start_makes_the_file_and_later_ones_keep_it(connection: Connection, config: Config) -> None:
    keyring.prepare(config, connection)
    made = keyring.installation_keys(config)
    assert config.keys == Path(config.var) / "keys" / "installation.json"
    assert stat.S_IMODE(config.keys.stat().st_mode) == 0o400
    send(connection, made)
    keyring.prepare(config, connection)
    assert keyring.installation_keys(config) == made


def test_a_process_never_makes_the_file(config: Config) -> None:
    with pytest.raises(OperatorError, match="put the file back"):
        keyring.installation_keys(config)
    assert not config.keys.exists()


def test_what_is_sealed_without_its_file_is_refused_and_no_new_file_made(
    connection: Connection, config: Config
) -> None:
    keyring.prepare(config, connection)
    send(connection, keyring.installation_keys(config))
    config.keys.unlink()
    with pytest.raises(OperatorError, match="put the file back"):
        keyring.prepare(config, connection)
    assert not config.keys.exists()
    # What has ended holds nothing that a key could open.
    messages.expire(connection, now=NOW)
    keyring.prepare(config, connection)


def test_the_file_of_another_installation_is_refused(connection: Connection, config: Config) -> None:
    keyring.prepare(config, connection)
    before = keyring.installation_keys(config)
    send(connection, sealed.fresh(os.urandom(2 * sealed.KEY_BYTES)))
    with pytest.raises(OperatorError, match="do not open the personal data of this database"):
        keyring.prepare(config, connection)
    assert keyring.installation_keys(config) == before


def test_the_keys_of_persons_are_looked_at_where_there_are_any(
    owner: Connection, config: Config, tmp_path: Path
) -> None:
    keyring.prepare(config, owner)
    person(owner, keyring.installation_keys(config))
    keyring.prepare(config, owner)
    other = Config(var=str(tmp_path / "other"))
    with pytest.raises(OperatorError, match="put the file back"):
        keyring.prepare(other, owner)


def test_an_older_key_in_the_file_still_opens_what_it_wrapped(connection: Connection, config: Config) -> None:
    keyring.prepare(config, connection)
    before = keyring.installation_keys(config)
    send(connection, before)
    config.keys.unlink()
    sealed.save(sealed.with_new(before, os.urandom(sealed.KEY_BYTES)), config.keys)
    keyring.prepare(config, connection)


def test_a_key_for_cards_is_added_beside_all_others(connection: Connection, config: Config) -> None:
    keyring.prepare(config, connection)
    before = keyring.installation_keys(config)
    keyring.add_card_key(config, connection, dt.date(2026, 12, 1))
    after = keyring.installation_keys(config)
    assert after.cards[:-1] == before.cards
    assert after.cards[-1].begins_on == dt.date(2026, 12, 1)
    assert (after.wrapping, after.lookup) == (before.wrapping, before.lookup)


@pytest.mark.parametrize("text_", ["", "{}"])
def test_a_file_that_is_broken_is_refused_and_left_alone(connection: Connection, config: Config, text_: str) -> None:
    config.keys.parent.mkdir(parents=True)
    config.keys.write_text(text_)
    with pytest.raises(OperatorError, match="put it back"):
        keyring.prepare(config, connection)
    assert config.keys.read_text() == text_


def test_a_file_elsewhere_is_named_by_a_setting(connection: Connection, tmp_path: Path) -> None:
    config = Config(var=str(tmp_path / "var"), key_file=str(tmp_path / "apart" / "keys.json"))
    keyring.prepare(config, connection)
    assert (tmp_path / "apart" / "keys.json").exists()
    assert not (tmp_path / "var").exists()


def test_a_place_that_cannot_be_written_is_one_sentence(connection: Connection) -> None:
    with pytest.raises(OperatorError, match=r"/proc/keys/k\.json cannot be written"):
        keyring.prepare(Config(key_file="/proc/keys/k.json"), connection)


@pytest.fixture
def hide() -> Iterator[Callable[[Path], None]]:
    """Takes a file out of this process's sight until the test ends: root, who reads everything, acts as nobody."""
    am_root = os.geteuid() == 0

    def hidden(file: Path) -> None:
        if am_root:
            os.seteuid(65534)
        else:
            file.chmod(0)

    yield hidden
    if am_root:
        os.seteuid(0)


def test_a_file_of_another_user_is_said_so(
    connection: Connection, config: Config, hide: Callable[[Path], None]
) -> None:
    keyring.prepare(config, connection)
    hide(config.keys)
    with pytest.raises(OperatorError, match="cannot be read by the user who serves"):
        keyring.installation_keys(config)


# ── another key ──


@pytest.fixture
def sealed_installation(
    empty_database: Callable[[str], Callable[[Role], str]], config: Config
) -> Iterator[tuple[Engine, Config]]:
    """An installation of its own with persons, files and a message, as its owner."""
    where = empty_database("rotation")
    database.upgrade(where(Role.OWNER))
    engine = database.engine(where(Role.OWNER))
    with engine.begin() as connection:
        keyring.prepare(config, connection)
        keys = keyring.installation_keys(config)
        send(connection, keys)
        for number in range(7):
            for table, owner in (("person_key", str), ("file_key", files.owner)):
                wrapped = keys.wrap(data_key(number), owner(UUID(int=number + 1)), nonce=os.urandom(sealed.NONCE_BYTES))
                statement = text(f"INSERT INTO {table} VALUES (:id, :wrapped)")  # noqa: S608 - one of two
                connection.execute(statement, {"id": UUID(int=number + 1), "wrapped": wrapped})
    yield engine, config
    engine.dispose()


def data_key(number: int) -> bytes:
    return bytes([number]) * sealed.KEY_BYTES


def opened_by(engine: Engine, keys: Keys) -> int:
    """How many data keys `keys` open to what they were; none may fail."""
    number = 0
    with engine.begin() as connection:
        for table, owner in (("person_key", str), ("file_key", files.owner)):
            for identity, wrapped in connection.execute(text(f"SELECT * FROM {table}")):  # noqa: S608 - one of two
                assert keys.unwrap(wrapped, owner(identity)) == data_key(identity.int - 1)
                number += 1
        (message,) = connection.execute(text("SELECT id, wrapped_key FROM message")).all()
        assert len(keys.unwrap(message.wrapped_key, f"message {message.id}")) == sealed.KEY_BYTES
    return number


def older(engine: Engine, keys: Keys) -> int:
    """How many keys are wrapped with another than the newest."""
    with engine.begin() as connection:
        wrapped = connection.scalars(
            text("SELECT wrapped FROM person_key UNION ALL SELECT wrapped FROM file_key UNION ALL"
                 " SELECT wrapped_key FROM message")
        ).all()  # fmt: skip
    return sum(not keys.is_current(each) for each in wrapped)


def test_a_new_key_wraps_everything_anew_while_others_serve(
    sealed_installation: tuple[Engine, Config], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, config = sealed_installation
    monkeypatch.setattr(keyring, "_AT_A_TIME", 3)
    serving = keyring.installation_keys(config)
    before = serving.newest
    assert keyring.rotate(config, engine.begin) == keyring.Rotated(added=True, rewrapped=15)
    assert stat.S_IMODE(config.keys.stat().st_mode) == 0o400
    assert opened_by(engine, serving) == 14, "a process that began before it reads the file again"
    assert older(engine, serving) == 0
    assert serving.newest != before
    alone = Keys({before: serving.wrapping[before]}, serving.lookup, serving.cards)
    with pytest.raises(sealed.UnreadableError):
        opened_by(engine, alone)


class _PowerCutError(Exception):
    pass


def test_turning_the_keys_that_was_cut_short_is_taken_up_again(
    sealed_installation: tuple[Engine, Config], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, config = sealed_installation
    monkeypatch.setattr(keyring, "_AT_A_TIME", 3)
    transactions = count()

    @contextmanager
    def cut() -> Iterator[Connection]:
        with engine.begin() as connection:
            yield connection
            if next(transactions) == 3:
                raise _PowerCutError

    with pytest.raises(_PowerCutError):
        keyring.rotate(config, cut)
    keys = keyring.installation_keys(config)
    assert opened_by(engine, keys) == 14
    assert older(engine, keys) == 9
    assert keyring.rotate(config, engine.begin) == keyring.Rotated(added=False, rewrapped=9)
    assert older(engine, keys) == 0
    assert len(keyring.installation_keys(config).wrapping) == 2


def test_what_was_wrapped_with_the_older_key_meanwhile_is_found(sealed_installation: tuple[Engine, Config]) -> None:
    engine, config = sealed_installation
    slow = sealed.load(config.keys)
    keyring.rotate(config, engine.begin)
    with engine.begin() as connection:
        wrapped = slow.wrap(data_key(8), files.owner(UUID(int=9)), nonce=os.urandom(sealed.NONCE_BYTES))
        statement = "INSERT INTO file_key VALUES (:id, :wrapped)"
        connection.execute(text(statement), {"id": UUID(int=9), "wrapped": wrapped})
    assert keyring.rotate(config, engine.begin) == keyring.Rotated(added=False, rewrapped=1)
    assert opened_by(engine, keyring.installation_keys(config)) == 15


def test_a_process_goes_on_with_what_it_knows_while_the_file_is_away(
    sealed_installation: tuple[Engine, Config],
) -> None:
    engine, config = sealed_installation
    serving = keyring.installation_keys(config)
    away = config.keys.with_name("away")
    config.keys.rename(away)
    assert opened_by(engine, serving) == 14
    away.rename(config.keys)
    keyring.rotate(config, engine.begin)
    assert opened_by(engine, serving) == 14
