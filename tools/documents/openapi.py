"""The services' apps, made without a database or a broker, for what they say of themselves."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import jwt
from fastapi import FastAPI
from pydantic import SecretStr

from services import SERVICES
from services.assembly import CREATE_APP, SETTINGS
from services.gateway import Gateway
from shared.bus.local import LocalBus
from shared.contracts import ALL_EVENTS
from shared.db.engine import DatabaseSettings
from shared.security.vault import VaultSettings


@cache
def make_apps() -> Mapping[str, FastAPI]:
    """Apps that answer nothing: their engines connect to nowhere, and lazily at that. Made and described once."""
    bus, vault = LocalBus(), VaultSettings.generate()
    nowhere = DatabaseSettings(url=SecretStr("postgresql+asyncpg://nobody@nowhere.invalid/none"))
    return {
        service: CREATE_APP[service](SETTINGS[service](database=nowhere, vault=vault, kafka=None), bus, _no_key)
        for service in SERVICES
    }


def openapi(apps: Mapping[str, FastAPI]) -> dict[str, Any]:
    """The merged document, as the gateway serves it."""
    return Gateway(apps).openapi()


def receivers(apps: Mapping[str, FastAPI]) -> dict[str, list[str]]:
    """By event type: the services that handle it."""
    inboxes = {service: app.state.inbox for service, app in apps.items() if app.state.inbox is not None}
    return {
        event.type: [service for service, inbox in inboxes.items() if event.type in inbox.types] for event in ALL_EVENTS
    }


async def _no_key(_key_id: str) -> jwt.PyJWK | None:
    return None
