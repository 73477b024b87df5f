"""The file of keys: made once, never where something is sealed already, and only with the database it belongs to."""

import datetime as dt
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from xiejiao import database, keyring, sealed
from xiejiao.cluster import Cluster, Role
from xiejiao.config import Config
from xiejiao.errors import OperatorError
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
