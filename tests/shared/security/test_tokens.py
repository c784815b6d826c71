"""Tokens where clocks differ, and what those cost whose keys nobody knows."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from jwt.algorithms import ECAlgorithm

from shared.security.principals import Role
from shared.security.tokens import HttpKeys, TokenSettings, TokenVerifier
from tests import signing

URL = "http://issuer/jwks"


class Issuer:
    """Counts how often it is asked; answers after a while, as `answer` says."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self.asked = 0
        self._answer = answer

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        await asyncio.sleep(0.01)
        return self._answer(request)

    def keys(self) -> HttpKeys:
        return HttpKeys(URL, httpx.AsyncClient(transport=httpx.MockTransport(self)))


async def published() -> dict[str, object]:
    key = await signing.find_key(signing.KEY_ID)
    assert key is not None
    return {"keys": [{**json.loads(ECAlgorithm.to_jwk(key.key)), "kid": signing.KEY_ID, "alg": "ES256", "use": "sig"}]}


def away(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


async def test_a_token_of_a_faster_clock_is_taken() -> None:
    token = signing.token("county", ["539921"], ahead=timedelta(seconds=40))
    principal = await TokenVerifier(TokenSettings(), signing.find_key).principal(token)
    assert principal.role is Role.COUNTY


async def test_many_made_up_keys_are_one_question() -> None:
    known = await published()
    issuer = Issuer(lambda _: httpx.Response(200, json=known))
    keys = issuer.keys()
    wanted = [signing.KEY_ID, *(f"made-up-{n}" for n in range(50)), signing.KEY_ID]
    found = await asyncio.gather(*map(keys.find, wanted))
    assert [one is not None for one in found] == [name == signing.KEY_ID for name in wanted]
    assert await keys.find("another") is None
    assert issuer.asked == 1


@pytest.mark.parametrize("answer", [away, lambda _: httpx.Response(503)])
async def test_an_issuer_that_is_away_is_asked_once_in_a_while(answer: Callable[..., httpx.Response]) -> None:
    issuer = Issuer(answer)
    keys = issuer.keys()
    found = await asyncio.gather(*(keys.find(f"made-up-{n}") for n in range(50)), return_exceptions=True)
    assert {type(one) for one in found} == {ConnectionError}
    assert issuer.asked == 1
