"""Permits: each route names what it lets do (`task:assign`) and the roles that may."""

from typing import Protocol

from fastapi import Request

from shared.errors import Forbidden, Unauthenticated
from shared.http.parameters import refuse_unknown
from shared.security.principals import Principal, Role


class NotAuthenticated(Unauthenticated):
    """No token, or one that is not ours or not valid."""

    code = "unauthenticated"


class RoleNotPermitted(Forbidden):
    """The asker's role may not do this."""

    code = "role-not-permitted"


class Gate(Protocol):
    """Turns credentials into a principal; each raises `Unauthenticated`. On `app.state.gate`."""

    async def by_token(self, token: str) -> Principal:
        """The account behind a bearer token."""
        ...

    async def by_api_key(self, key: str) -> Principal:
        """The department system behind an API key."""
        ...


class Permit:
    """A dependency that yields the principal, or refuses. Tests list every route's permit by this class.

    `api_key`: department systems with an API key may as well. As each request passes it or `Public`, what its query
    must not say is refused here too, once it is known who asks.
    """

    def __init__(self, name: str, *roles: Role, api_key: bool = False) -> None:
        self.name = name
        self.roles = frozenset(roles)
        self.api_key = api_key

    async def __call__(self, request: Request) -> Principal:
        """Authenticate and authorise. Leaves the principal on `request.state.principal` for the access log."""
        principal = await self._authenticate(request)
        request.state.principal = principal
        if principal.kind == "api_key":
            if not self.api_key:
                raise RoleNotPermitted(permit=self.name)
        elif principal.role not in self.roles:
            raise RoleNotPermitted(permit=self.name)
        refuse_unknown(request)
        return principal

    async def _authenticate(self, request: Request) -> Principal:
        gate: Gate = request.app.state.gate
        if key := request.headers.get("x-api-key"):
            return await gate.by_api_key(key)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotAuthenticated
        return await gate.by_token(token)


class Public:
    """A dependency that marks a route as open to all, so that none is open by oversight."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    async def __call__(self, request: Request) -> None:
        """Let everybody in."""
        refuse_unknown(request)
