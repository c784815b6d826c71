"""Wires the directory: settings → database → door, issuer and gate → routes → background. Listens to nobody."""

from pathlib import Path

from fastapi import FastAPI

from services.directory.api import ROUTERS
from services.directory.background import make_background
from services.directory.keys import OwnKeys
from services.directory.passwords import Passwords
from services.directory.settings import DirectorySettings
from services.directory.sign_in import Door
from services.directory.throttle import Throttle
from services.directory.usecases.tokens import Issuer
from shared.bus.port import Bus
from shared.db.engine import Database
from shared.http.app import Parts, service_app
from shared.http.documents import read_problems
from shared.messages import Catalogue
from shared.projections.api_keys import finder
from shared.security.gate import ServiceGate
from shared.security.tokens import FindKey, TokenVerifier
from shared.security.vault import Vault

NAME = "directory"


def create_app(settings: DirectorySettings, bus: Bus, find_key: FindKey | None = None) -> FastAPI:
    """The directory's app. `find_key`: of an outside issuer, or of tests; else its own table of keys."""
    database = Database(settings.database, NAME)
    vault = Vault(settings.vault)
    tokens = TokenVerifier(settings.token, find_key or OwnKeys(database).find)
    return service_app(
        Parts(
            name=NAME,
            title="Directory · 目录",
            description="Areas, organisations, accounts, API keys and policies. · 行政区划、单位、账号、接口密钥与政策参数",
            routers=ROUTERS,
            database=database,
            bus=bus,
            # The table of keys has the columns of the other services' copies, and more: one look-up serves all.
            gate=ServiceGate(tokens, finder(database)),
            catalogue=Catalogue(Path(__file__).parent),
            vault=vault,
            problems=read_problems(Path(__file__).parent),
            background=make_background(database),
            state={"door": _door(settings, database, vault), "issuer": _issuer(settings, vault)},
        )
    )


def _door(settings: DirectorySettings, database: Database, vault: Vault) -> Door:
    login = settings.login
    throttle = Throttle(login.address_failures, login.address_minutes * 60)
    return Door(database, vault, Passwords(settings.argon2), throttle, login.limits)


def _issuer(settings: DirectorySettings, vault: Vault) -> Issuer:
    session = settings.session
    return Issuer(vault, settings.token, session.access, session.idle, session.whole)
