"""Keys that sign access tokens (签名密钥): made at first need, rotated, published while their tokens live."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from services.directory.models import SigningKey
from services.directory.queries import tokens as queries
from shared.db.engine import ReadSession, WriteSession
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

ALGORITHM = "ES256"
PURPOSE = "signing-key"
_MARGIN = timedelta(minutes=1)  # clocks differ


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """The opened key."""

    kid: str
    private: ec.EllipticCurvePrivateKey


async def take_signer(session: WriteSession, vault: Vault, now: datetime) -> Signer:
    """The current key, made when there is none."""
    key = await queries.find_current_key(session)
    if key is None:
        await queries.lock_signing_keys(session)
        key = await queries.find_current_key(session) or await _make(session, vault, now)
    private = serialization.load_pem_private_key(vault.open(key.sealed_pem, PURPOSE), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    return Signer(key.kid, private)


async def rotate_signing_key(
    session: WriteSession, who: Principal, vault: Vault, access: timedelta, now: datetime
) -> SigningKey:
    """A new key signs from now on; the old one stays published until its last token, `access` long, has expired.

    The old key is not opened: a rotation also helps when it cannot be.
    """
    await queries.lock_signing_keys(session)
    old = await queries.find_current_key(session)
    if old is not None:
        old.retires_at = now + access + _MARGIN
        await session.flush()
    new = await _make(session, vault, now)
    await audit.record(session, who, "signing-key:rotate", new.kid)
    return new


async def list_public_keys(session: ReadSession, now: datetime) -> Sequence[dict[str, Any]]:
    """The published keys as JWKs (RFC 7517)."""
    return [key.public_jwk for key in await queries.list_published_keys(session, now)]


async def _make(session: WriteSession, vault: Vault, now: datetime) -> SigningKey:
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    kid = str(new_id())
    jwk = json.loads(ECAlgorithm.to_jwk(private.public_key()))
    key = SigningKey(
        kid=kid,
        sealed_pem=vault.seal(pem, PURPOSE),
        public_jwk={**jwk, "kid": kid, "use": "sig", "alg": ALGORITHM},
        created_at=now,
    )
    session.add(key)
    await session.flush()
    return key
