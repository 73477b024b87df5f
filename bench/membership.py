"""Applications: how many a second can be handed in, and how fast the queue opens with a million of them.

Applications are handed in by an open load: each has its time, whether or not those before it were answered, and its
latency counts from that time. The queue is asked as an officer of a county, of a province and of the nation, over HTTP
with everything that a request does; the plan of its page follows.
"""

import argparse
import datetime as dt
import http.client
import json
import os
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

import psycopg
from bench import installation, server
from bench.installation import Installation
from bench.second_start import free_port
from sqlalchemy import Connection, text

import people
from people import Draw
from xiejiao import database, keyring
from xiejiao.accounts import queries as accounts
from xiejiao.cluster import Role as DatabaseRole
from xiejiao.config import Config
from xiejiao.identity_number import IdentityNumber
from xiejiao.membership import files, queries, rules
from xiejiao.membership.rules import Consent, Form
from xiejiao.organisations import queries as organisations
from xiejiao.roles import Role, Scope
from xiejiao.sealed import Keys

PLACES = 2_000
OPEN = 50_000
"""Of all applications, those that wait or were returned: what officers look at."""
OFFICERS = {"union": "", "province": "cn.guangdong", "nation": "cn"}
"""Whose queue is opened, and beneath which path; the first is one union that takes applications."""
QUEUE_WANTED_MS = 50
SUBMIT_WANTED = 30
SUBMIT_WANTED_P99_MS = 500
RATES = (30, 60, 90)
SECONDS = 15
SENDERS = 48
SIGNATURE = [[(round(0.1 + step * 0.05, 3), 0.4 + (step % 3) / 10) for step in range(16)]]
_TRADES = ("courier", "delivery_rider", "truck_driver", "street_cleaner", "domestic_worker")
_MINE = "bench"


# ── a million applications ──


def _form(sequence: int, union: UUID) -> Form:
    born_on = people.ADULT + dt.timedelta(days=sequence // 1000 % 5000)
    return Form(
        name=f"某{chr(0x4E00 + sequence % 20_000)}",
        id_number=IdentityNumber(people.id_number(sequence, born_on=born_on)),
        trade=_TRADES[sequence % len(_TRADES)],
        employer="某快递",
        workplace="梅江区江南路",
        organisation=union,
        site=None,
        key=None,
        consent=Consent("2026-11", id_number=True),
        signature=SIGNATURE,
        more=None,
    )


_COLUMNS = (
    "id, number, organisation_id, path, trade, at_station, status, above, held, submitted_at, due_on, overdue_at,"
    " first_decided_at, decided_at, ended_at, consent_version, consent_at, id_digest, id_tail_digest, phone_digest,"
    " phone_tail_digest, person_digest, likeness, form, id_number, signature"
)
# What has ended is not opened by any queue: bytes of the right length stand for what is sealed.
_ENDED = f"""
INSERT INTO application ({_COLUMNS})
SELECT gen_random_uuid(), 'A16' || lpad(n::text, 8, '0') || 'X', unions.ids[1 + n % cardinality(unions.ids)],
    unions.paths[1 + n % cardinality(unions.ids)]::ltree, trades.codes[1 + n % cardinality(trades.codes)], false,
    CASE WHEN n % 20 < 14 THEN 'approved' WHEN n % 20 < 17 THEN 'refused' ELSE 'withdrawn' END, false, false,
    at - interval '9 days', NULL, NULL, at, at, at, '2026-11', at - interval '9 days',
    sha256(('i' || n)::bytea), sha256(('t' || n % 10000)::bytea), sha256(('p' || n)::bytea),
    sha256(('q' || n % 10000)::bytea), sha256(('w' || n)::bytea), ARRAY[substr(sha256(('l' || n)::bytea), 1, 8)],
    sha256(('a' || n)::bytea) || sha256(('b' || n)::bytea) || sha256(('c' || n)::bytea) || sha256(('d' || n)::bytea)
        || sha256(('e' || n)::bytea) || sha256(('f' || n)::bytea) || sha256(('g' || n)::bytea),
    sha256(('h' || n)::bytea) || sha256(('j' || n)::bytea), sha256(('s' || n)::bytea)
FROM generate_series(%(begin)s, %(end)s) AS n
CROSS JOIN (SELECT array_agg(id ORDER BY path) AS ids, array_agg(path::text ORDER BY path) AS paths
    FROM organisation WHERE accepts_applications) AS unions
CROSS JOIN (SELECT %(trades)s::text[] AS codes) AS trades
CROSS JOIN LATERAL (SELECT now() - (n %% 900) * interval '1 day' AS at) AS times
""".replace("n % ", "n %% ")  # noqa: S608 - our own words


def fill(there: Installation, keys: Keys, count: int) -> None:
    """So many applications, unless they are there; as the superuser, whom rows are not guarded from."""
    with psycopg.connect(there.url(DatabaseRole.SUPERUSER), autocommit=True) as connection:
        ((held,),) = connection.execute("SELECT count(*) FROM application").fetchall()
        if held >= count:
            return
        began = time.monotonic()
        connection.execute("TRUNCATE application, membership, file_key, membership_event CASCADE")
        for begin in range(0, count - OPEN, 100_000):
            values = {"begin": begin + 1, "end": min(begin + 100_000, count - OPEN), "trades": list(_TRADES)}
            connection.execute(_ENDED, values)
        unions = connection.execute(
            "SELECT id, path::text FROM organisation WHERE accepts_applications ORDER BY path"
        ).fetchall()
        with connection.transaction(), connection.cursor() as cursor:
            wrapped = []
            with cursor.copy(f"COPY application ({_COLUMNS}) FROM STDIN") as copy:
                for sequence in range(OPEN):
                    row, key = _open_row(keys, sequence, *unions[sequence % len(unions)])
                    copy.write_row(row)
                    wrapped.append((row[0], key))
            with cursor.copy("COPY file_key (file, wrapped) FROM STDIN") as copy:
                for pair in wrapped:
                    copy.write_row(pair)
        connection.execute("VACUUM ANALYZE")
    print(f"{count:,} applications made in {time.monotonic() - began:.0f} s", flush=True)


def _open_row(keys: Keys, sequence: int, union: UUID, path: str) -> tuple[list[object], bytes]:
    identity, now = uuid4(), dt.datetime.now(dt.UTC)
    form, phone = _form(sequence, union), people.phone(sequence)
    key, wrapped = files.new_key(keys, identity, draw=os.urandom)
    submitted = now - dt.timedelta(hours=sequence % 700)
    overdue = submitted + dt.timedelta(days=20) if sequence % 700 > 500 else None  # noqa: PLR2004 - a share of them
    status = "returned" if sequence % 10 == 0 else "submitted"
    sealed = files.sealed_form(key, "application", identity, form, phone, draw=os.urandom)
    digests = files.digests(keys, form.name, form.id_number, phone)
    row: list[object] = [
        identity,
        rules.numbered("A", 2016, 90_000_000 + sequence),
        union,
        path,
        form.trade,
        False,
        status,
        False,
        False,
        submitted,
        None if status == "returned" else (submitted + dt.timedelta(days=20)).date(),
        None if status == "returned" else overdue,
        *(None, None, None, form.consent.version, submitted),
        *(digests.id_number, digests.id_tail, digests.phone, digests.phone_tail, digests.person, digests.likeness),
        *(sealed["form"], sealed["id_number"]),
        files.sealed_signature(key, identity, form.signature, draw=os.urandom),
    ]
    return row, wrapped


# ── people ──


@contextmanager
def _as_app(there: Installation) -> Iterator[Connection]:
    with database.connected(there.url()) as connection, connection.begin():
        yield connection


def _forget_officers(there: Installation) -> None:
    """Those of the last run, for a server that starts knows by name whom it has for demonstration."""
    with psycopg.connect(there.url(DatabaseRole.SUPERUSER), autocommit=True) as connection:
        connection.execute("DELETE FROM account WHERE name = 'root' OR name LIKE 'bench.%'")


def _one_union(there: Installation) -> str:
    """The path of a union that takes applications, deep in the tree."""
    with _as_app(there) as connection:
        taking = (
            "SELECT path::text FROM organisation WHERE accepts_applications ORDER BY nlevel(path) DESC, path LIMIT 1"
        )
        return str(connection.scalar(text(taking)))


def _officer(there: Installation, path: str) -> str:
    """A token of a reviewer of the union at `path`."""
    now = dt.datetime.now(dt.UTC)
    with _as_app(there) as connection:
        union = organisations.ids(connection, [path])[path]
        name = f"{_MINE}.{os.urandom(4).hex()}"
        account = people.staff(connection, name, Role.REVIEWER, now=now, draw=os.urandom, organisation=union)
        return people.signed_in(connection, account, now=now, draw=os.urandom)


class _Drawing(Draw):
    """Random bytes that are remembered, so that the code that was sent is known."""

    def __call__(self, count: int) -> bytes:
        drawn = os.urandom(count)
        self.given.append(drawn)
        return drawn


def _riders(there: Installation, keys: Keys, count: int) -> list[str]:
    """Tokens of so many riders."""
    # A second is many numbers apart from the next one: no account hands in on behalf of two rates.
    now, begin = dt.datetime.now(dt.UTC), int(time.time() * 1_000) % 90_000_000
    with _as_app(there) as connection:
        connection.execute(text("DELETE FROM quota"))
        return [
            people.rider(connection, keys, people.phone(begin + each), now=now, draw=_Drawing())
            for each in range(count)
        ]


# ── the queue ──


def queue(there: Installation) -> None:
    """How long the first and the second page take, by officer."""
    print(f"the queue, p50 and p99 of 100 pages; wanted p50 {QUEUE_WANTED_MS} ms")
    with server.serving(there, free_port(), quiet=True) as served:
        for level, beneath in OFFICERS.items():
            path = beneath or _one_union(there)
            asking = _Asking(served.port, _officer(there, path))
            first = asking.get("/api/v1/applications")
            pages = {
                "first": "/api/v1/applications",
                "overdue, couriers": "/api/v1/applications?overdue=true&trade=courier",
            }
            if first["next"]:
                pages["second"] = f"/api/v1/applications?cursor={first['next']}"
            for name, address in pages.items():
                found = sorted(asking.timed_ms(address) for _ in range(100))
                p50, p99 = statistics.median(found), found[98]
                missed = "" if p50 <= QUEUE_WANTED_MS else "  MISSED"
                share = p50 / QUEUE_WANTED_MS
                print(f"  {level}, {name}: p50 {p50:.1f} ms ({share:.2f} of the wanted), p99 {p99:.1f} ms{missed}")
            print(f"  {level}: {first['counts']}")
    plan(there)


def plan(there: Installation) -> None:
    """Print how PostgreSQL finds the first page of one union."""
    with _as_app(there) as connection:
        path = _one_union(there)
        accounts.act(connection, None, Scope(paths=(path,)))
        page = queries._page(("waiting",))  # noqa: SLF001 - the very statement is what is shown
        explained = connection.execute(
            text(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) {page.text}"), {"paths": [path], "limit": 51}
        )
        print("\n".join(f"    {line}" for (line,) in explained))


class _Asking:
    """One signed-in client over a kept connection."""

    def __init__(self, port: int, token: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = {
            "Cookie": f"xiejiao={token}",
            "Xiejiao-App": "1",
            "Origin": f"http://127.0.0.1:{port}",
            "Content-Type": "application/json",
        }

    def get(self, path: str) -> dict[str, object]:
        """What is answered; RuntimeError for anything but 200."""
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != http.HTTPStatus.OK or not body:
            message = f"{path}: {answer.status} {answer.headers} {body[:300]!r}"
            raise RuntimeError(message)
        found: dict[str, object] = json.loads(body)
        return found

    def timed_ms(self, path: str) -> float:
        """How long an answer takes."""
        began = time.perf_counter()
        self.get(path)
        return (time.perf_counter() - began) * 1000

    def post(self, path: str, body: object) -> int:
        """The status of the answer to a POST."""
        headers = {**self.headers, "Idempotency-Key": os.urandom(12).hex()}
        self.connection.request("POST", path, json.dumps(body), headers)
        answer = self.connection.getresponse()
        answer.read()
        return answer.status


# ── handing in ──


@dataclass(frozen=True, slots=True)
class Handed:
    """What came of an open load."""

    latencies_ms: Sequence[float]
    refused: int
    took_s: float


def submit(there: Installation, keys: Keys) -> None:
    """Hand in at each rate for a while."""
    print(f"handing in, open load; wanted {SUBMIT_WANTED} a second with p99 under {SUBMIT_WANTED_P99_MS} ms")
    path = _one_union(there)
    with _as_app(there) as connection:
        union = organisations.ids(connection, [path])[path]
    with server.serving(there, free_port(), quiet=True) as served:
        for rate in RATES:
            tokens = _riders(there, keys, rate * SECONDS // 8 + 1)
            begin = int(time.time()) % 4_000_000
            forms = [_body(begin + each, union) for each in range(rate * SECONDS)]
            handed = _open_load(served.port, tokens, forms, rate)
            found = sorted(handed.latencies_ms)
            p50, p99 = statistics.median(found), found[int(len(found) * 0.99)]
            print(
                f"  {rate} a second for {SECONDS} s: p50 {p50:.0f}, p99 {p99:.0f} ms"
                f" ({p99 / SUBMIT_WANTED_P99_MS:.2f} of what is wanted), {handed.refused} refused,"
                f" {len(found) / handed.took_s:.0f} a second done",
                flush=True,
            )


def _body(sequence: int, union: UUID) -> dict[str, object]:
    form = _form(sequence, union)
    return {
        "name": form.name,
        "id_number": form.id_number.text,
        "trade": form.trade,
        "employer": form.employer,
        "workplace": form.workplace,
        "organisation": str(union),
        "site": None,
        "key": None,
        "consent": {"version": "2026-11", "id_number": True},
        "signature": SIGNATURE,
        "more": None,
    }


def _open_load(port: int, tokens: Sequence[str], forms: Sequence[dict[str, object]], rate: int) -> Handed:
    here = threading.local()
    began = time.perf_counter() + 0.5

    def hand_in(number: int) -> tuple[float, bool]:
        due = began + number / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        token = tokens[number % len(tokens)]
        asking = here.__dict__.setdefault("asking", _Asking(port, token))
        asking.headers["Cookie"] = f"xiejiao={token}"
        status = asking.post("/api/v1/applications", forms[number])
        return (time.perf_counter() - due) * 1000, status != http.HTTPStatus.CREATED

    with ThreadPoolExecutor(SENDERS) as pool:
        found = list(pool.map(hand_in, range(len(forms))))
    return Handed([each for each, _ in found], sum(refused for _, refused in found), time.perf_counter() - began)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--applications", type=int, default=1_000_000, help="applications in the database")
    parser.add_argument("part", nargs="*", choices=["queue", "submit", []], help="what to measure; both when not said")
    wanted = parser.parse_args()
    with installation.running(PLACES) as there:
        _forget_officers(there)
        with server.serving(there, free_port(), quiet=True):
            pass  # makes the keys of the installation
        keys = keyring.installation_keys(Config(var=str(there.var)))
        fill(there, keys, wanted.applications)
        print(f"load {' '.join(f'{each:.1f}' for each in os.getloadavg())}", flush=True)
        if "submit" in wanted.part or not wanted.part:
            submit(there, keys)
        if "queue" in wanted.part or not wanted.part:
            queue(there)
        _forget_officers(there)


if __name__ == "__main__":
    main()
