"""Access tokens for tests, signed with a key of this process as the directory would sign them."""

import json
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from shared.clock import utc_now

KEY_ID = "test"


@cache
def _private_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def token(
    role: str,
    areas: Sequence[str],
    feeds: Sequence[str] = (),
    sub: UUID | None = None,
    lifetime: timedelta = timedelta(minutes=15),
    ahead: timedelta = timedelta(0),
) -> str:
    """A token for an account of that role, area prefixes (`["*"]` is everywhere) and feeds.

    `ahead`: how fast the issuer's clock is.
    """
    now = utc_now() + ahead
    claims = {
        "iss": "shouwang",
        "aud": "shouwang",
        "sub": str(sub or uuid4()),
        "iat": now,
        "exp": now + lifetime,
        "role": str(role),
        "areas": list(areas),
        "feeds": list(feeds),
    }
    return jwt.encode(claims, _private_key(), algorithm="ES256", headers={"kid": KEY_ID})


async def find_key(key_id: str) -> jwt.PyJWK | None:
    """The public half, as a service would find it at the issuer."""
    if key_id != KEY_ID:
        return None
    public = json.loads(ECAlgorithm.to_jwk(_private_key().public_key()))
    return jwt.PyJWK({**public, "kid": KEY_ID, "alg": "ES256", "use": "sig"})
