"""Looking up and listing in the register of a whole county, over HTTP: 420,000 households, 1,750,000 people.

Each kind of question is asked by two connections that ask again as soon as they are answered, by the county's account
(which row-level security lets see all), with durable commits where the question is put on record. The bar is a time:
p95 of 50 ms. Floor, for the machine's mood: p95 of one household with its people by bare asyncpg, on as many connections.
"""

import asyncio
import json
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from benchmarks import load
from benchmarks.apps import KEY_ID
from benchmarks.harness import Case, Figure
from benchmarks.serving import app, serving
from benchmarks.whole_register import id_number, known_numbers, phone, registered
from benchmarks.world import World
from demo.places import COUNTY, villages
from shared.clock import utc_now
from shared.http.pages import encode_cursor
from shared.ids import new_id

CONNECTIONS = 2
SECONDS = 3.0
TARGET = 50.0  # milliseconds, p95
_LIST = "/households/v1/households"
_FLOOR = """
SELECT * FROM households.household h JOIN households.member m ON m.household_id = h.id WHERE h.id = $1
"""


@asynccontextmanager
async def open_case(world: World) -> AsyncIterator[Case]:
    """One server on one database for all rounds: nothing that is asked changes the register."""
    database = await world.clone(await registered(world))
    private = ec.generate_private_key(ec.SECP256R1())
    environment = world.environment("households", database) | {"BENCH_KEY": public_key(private)}
    ids = await _ids(world, database)
    kinds = _questions(token(private), ids)
    figures = [
        Figure(f"register_{kind}_p95", "ms", target=TARGET, target_of="ours", lower_is_better=True) for kind in kinds
    ]
    async with serving(app("households"), world.folder / "households.log", environment) as port:

        async def ask() -> list[float]:
            return [
                (await load.run(load.Order(port, requests, CONNECTIONS, warm_up=1.0, seconds=SECONDS))).p95
                for requests in kinds.values()
            ]

        async def read() -> list[float]:
            return [await _floor(world, database, ids)] * len(kinds)

        yield Case(figures, ask, read)
    await world.drop(database)


def _questions(token: str, ids: Sequence[Any]) -> dict[str, list[str]]:
    """Whole requests by kind."""
    headers = f"Authorization: Bearer {token}\r\n"
    numbers = known_numbers()

    def search(bodies: Sequence[dict[str, Any]]) -> list[str]:
        texts = [json.dumps(body, ensure_ascii=False) for body in bodies]
        return [load.request(f"{_LIST}/search", text, headers) for text in texts]

    def pages(*queries: str) -> list[str]:
        return [load.get(f"{_LIST}{query}", headers) for query in queries]

    codes = [village.code for village in villages()]
    deep = [encode_cursor(code, new_id()) for code in codes[130:260:10]]
    return {
        "search_id_number": search([{"id_number": str(id_number(number))} for number in numbers]),
        "search_phone": search([{"phone": phone(number)} for number in numbers]),
        "search_code": search([{"national_code": _code(codes, number)} for number in numbers]),
        "search_name": search([{"name": name} for name in _FULL_NAMES]),
        "search_part_of_name": search([{"name": name} for name in _PARTS]),
        "household": pages(*(f"/{one}" for one in ids)),
        "list": pages("", *(f"?after={cursor}" for cursor in deep)),
        "list_village": pages(*(f"?area={code}" for code in codes)),
        "list_class": pages("?class=monitored", "?class=lifted_out", f"?class=monitored&area={codes[200]}"),
        "list_grade": pages("?grade=red", "?grade=yellow", f"?grade=red&area={codes[100][:9]}"),
        "list_risk": pages("?risk=01", "?risk=0206", f"?risk=09&area={codes[100][:9]}", "?risk=03"),
        "list_state": pages("?monitoring_state=monitored", "?monitoring_state=eliminated&grade=yellow"),
    }


_FULL_NAMES = ("王伟杰", "李雪婷", "张建军", "欧阳涛鹏", "陈静", "禄文超", "刘丹丽", "杨浩凯")
_PARTS = ("文晓", "伟杰", "小雨", "王伟", "李静", "欧阳")


def _code(codes: Sequence[str], number: int) -> str:
    return f"{codes[number % len(codes)]}{number:08}"


async def _ids(world: World, database: str) -> list[Any]:
    connection = await world.connect(database)
    rows = await connection.fetch("SELECT id FROM households.household TABLESAMPLE SYSTEM (0.3) REPEATABLE (1)")
    await connection.close()
    return [row["id"] for row in rows]


async def _floor(world: World, database: str, ids: Sequence[Any]) -> float:
    times: list[float] = []

    async def client(start: int) -> None:
        connection: asyncpg.Connection[Any] = await world.connect(database)
        for one in ids[start::CONNECTIONS]:
            began = time.perf_counter()
            await connection.fetch(_FLOOR, one)
            times.append((time.perf_counter() - began) * 1000)
        await connection.close()

    await asyncio.gather(*(client(start) for start in range(CONNECTIONS)))
    return statistics.quantiles(times, n=100)[94]


def public_key(private: ec.EllipticCurvePrivateKey) -> str:
    """What the service checks tokens by, for `BENCH_KEY`."""
    return json.dumps(json.loads(ECAlgorithm.to_jwk(private.public_key())) | {"kid": KEY_ID, "alg": "ES256"})


def token(private: ec.EllipticCurvePrivateKey) -> str:
    """The county's, for two hours."""
    now = utc_now()
    claims = {
        "iss": "shouwang",
        "aud": "shouwang",
        "sub": str(new_id()),
        "iat": now,
        "exp": now + timedelta(hours=2),
        "role": "county",
        "areas": [COUNTY[:6]],
        "feeds": [],
    }
    return jwt.encode(claims, private, algorithm="ES256", headers={"kid": KEY_ID})
