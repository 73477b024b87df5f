"""The controls of door truth, each taken out once: what other tests see refused then counts, so they would see that."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from conftest import FRIDAY_14
from people import Draw
from upkeep.conftest import Crowd
from xiejiao.accounts import proofs
from xiejiao.quotas.rules import Quota
from xiejiao.sites import queries as places
from xiejiao.sites.commands import Deed
from xiejiao.sites.rules import Site
from xiejiao.upkeep import commands, rules

pytestmark = pytest.mark.db
MakeSite = Callable[..., Site]
MANAGER = Deed("account:manager", FRIDAY_14)


OF_ANY_PLACE = "SELECT EXISTS (SELECT FROM poster_key WHERE digest = :digest)"
OF_ANY_TIME = "SELECT EXISTS (SELECT FROM poster_key WHERE site_id = :site AND digest = :digest)"


@pytest.mark.parametrize(
    ("hole", "key"), [("SELECT true", "forged"), (OF_ANY_PLACE, "of another place"), (OF_ANY_TIME, "replaced")]
)
def test_a_key_that_is_not_looked_at_would_be_caught(
    connection: Connection,
    make_site: MakeSite,
    crowd: Crowd,
    draw: Draw,
    monkeypatch: pytest.MonkeyPatch,
    hole: str,
    key: str,
) -> None:
    site, another = UUID(make_site().id), UUID(make_site().id)
    carried = {
        "forged": proofs.token(bytes(8)),
        "of another place": commands.new_poster_key(connection, another, deed=MANAGER, draw=draw),
        "replaced": commands.new_poster_key(connection, site, deed=MANAGER, draw=draw),
    }[key]
    commands.new_poster_key(connection, site, deed=MANAGER, draw=draw)
    monkeypatch.setattr(commands, "_PRESENT_KEY", text(hole))
    for network in "ab":
        crowd.vote(str(site), now=FRIDAY_14, network=network, key=carried)
    assert places.one(connection, site).conflicting_since is not None


def test_a_network_without_a_budget_would_be_caught(
    make_site: MakeSite, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_site()
    devices = [crowd.phone(FRIDAY_14) for _ in range(rules.VOTES_OF_A_NETWORK.most // rules.VOTES_OF_A_DEVICE.most + 1)]
    spent = rules.VOTES_OF_A_NETWORK.most
    monkeypatch.setattr(
        rules, "VOTES_OF_A_NETWORK", Quota("votes of a network", 10 * spent, rules.VOTES_OF_A_NETWORK.window)
    )
    for number in range(spent + 1):
        crowd.vote(site.id, now=FRIDAY_14, network="one", device=devices[number % len(devices)])
