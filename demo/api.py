"""The public API, as whoever loads the demo county calls it."""

import asyncio
import base64
import hmac
from typing import Any

import httpx

PATIENCE_SECONDS = 60


class LoadFailed(RuntimeError):
    """A request was refused; the text names the route, status and code, never the body sent."""


class Api:
    """The system as a client sees it."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._credentials = ("", "")

    async def sign_in(self, username: str, password: str) -> None:
        """Sign in; the token then goes with every request, and is renewed when it has expired."""
        self._credentials = (username, password)
        form = {"grant_type": "password", "username": username, "password": password}
        answer = await self._client.post("/directory/v1/tokens", data=form)
        _check(answer)
        self._client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def password_of(self, username: str) -> str:
        """A demo account's password: the same again when an interrupted load is repeated, guessable by nobody."""
        digest = hmac.digest(self._credentials[1].encode(), username.encode(), "sha256")
        return base64.urlsafe_b64encode(digest).decode()[:16]

    async def post(self, path: str, done_before: str = "", **request: Any) -> Any:
        """POST; a refusal for the mistake `done_before` alone means that an interrupted load came this far."""
        answer = await self._client.post(path, **request)
        if answer.status_code == 401:
            await self.sign_in(*self._credentials)
            answer = await self._client.post(path, **request)
        if not (done_before and _mistakes(answer) == {done_before}):
            _check(answer)
        return answer.json() if answer.content else None

    async def put(self, path: str, **request: Any) -> Any:
        """PUT that must succeed."""
        answer = await self._client.put(path, **request)
        _check(answer)
        return answer.json()

    async def get(self, path: str, **request: Any) -> Any:
        """GET that must succeed."""
        answer = await self._client.get(path, **request)
        _check(answer)
        return answer.json()

    async def until(self, place: str, state: str) -> Any:
        """Wait till what is worked on beside the requests has come so far."""
        for _ in range(4 * PATIENCE_SECONDS):
            found = await self.get(place)
            if found["state"] == state:
                return found
            if found["state"] == "failed":
                break
            await asyncio.sleep(0.25)
        raise LoadFailed(f"{place}: {found['state']}")


def _check(answer: httpx.Response) -> None:
    if answer.is_error:
        raise LoadFailed(f"{answer.request.url.path}: {answer.status_code} {sorted(_mistakes(answer))}")


def _mistakes(answer: httpx.Response) -> set[str]:
    """The codes of what was wrong."""
    if "problem" not in answer.headers.get("content-type", ""):
        return set()
    problem = answer.json()
    return {error["code"] for error in problem.get("errors") or []} or {problem["code"]}
