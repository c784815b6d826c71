"""Signing in and out, and the keys tokens are checked with."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.responses import Response

from services.directory.api.context import TheDoor, TheIssuer
from services.directory.api.permits import ReadMe, RotateSigningKey
from services.directory.queries.accounts import find_account
from services.directory.rules.sign_in import RefreshTokenInvalid
from services.directory.schemas.tokens import Keys, Me, RevocationRequest, SigningKeyMade, TokenRequest, Tokens
from services.directory.usecases import signing_keys, tokens
from shared.areas import Scope
from shared.clock import utc_now
from shared.http.answers import json_answer
from shared.http.client_address import ClientAddress
from shared.http.context import Db, Seals
from shared.security.permits import Public

router = APIRouter(prefix="/v1", tags=["Signing in · 登录"])

_UNSTORED = {"Cache-Control": "no-store"}
_SIGN_IN = Depends(Public("whoever signs in has no token yet"))
_SIGN_OUT = Depends(Public("the refresh token itself is the credential"))
_CHECK = Depends(Public("public halves of keys; every service checks tokens with them"))


@router.post("/tokens", summary="Sign in, or renew · 登录或续期", response_model=Tokens, dependencies=[_SIGN_IN])
async def issue_tokens(
    form: Annotated[TokenRequest, Form()], db: Db, door: TheDoor, issuer: TheIssuer, address: ClientAddress
) -> Response:
    """OAuth2: password grant, and refresh with rotation. A refresh token used twice ends its whole family.

    After five wrong passwords a username is locked for 15 minutes (429 with `Retry-After`), known or not.
    """
    if form.grant_type == "password":
        assert form.username is not None
        assert form.password is not None
        proved = await door.prove(form.username, form.password.get_secret_value(), address)
        async with db.write(Scope.nowhere()) as session:
            granted = await tokens.open_session(session, proved, issuer, utc_now())
    else:
        assert form.refresh_token is not None
        secret = form.refresh_token.get_secret_value()
        async with db.write(Scope.nowhere()) as session:
            renewed = await tokens.renew_session(session, secret, issuer, utc_now())
        if renewed is None:
            raise RefreshTokenInvalid
        granted = renewed
    body = Tokens(access_token=granted.access_token, expires_in=granted.expires_in, refresh_token=granted.refresh_token)
    return json_answer(body, headers=_UNSTORED)


@router.post("/tokens/revocation", status_code=204, summary="Sign out · 退出登录", dependencies=[_SIGN_OUT])
async def revoke_tokens(form: Annotated[RevocationRequest, Form()], db: Db) -> None:
    """End the family of a refresh token (RFC 7009). An unknown token is no error.

    Access tokens that were issued go on until they expire, 15 minutes at most.
    """
    async with db.write(Scope.nowhere()) as session:
        await tokens.end_session(session, form.token.get_secret_value(), utc_now())


@router.get("/jwks", summary="Keys to check tokens with · 令牌公钥", dependencies=[_CHECK])
async def list_keys(db: Db, vault: Seals) -> Keys:
    """The published public keys (RFC 7517). The first one is made when somebody first asks."""
    async with db.read(Scope.nowhere()) as session:
        keys = await signing_keys.list_public_keys(session, utc_now())
    if not keys:
        async with db.write(Scope.nowhere()) as writing:
            await signing_keys.take_signer(writing, vault, utc_now())
            keys = await signing_keys.list_public_keys(writing, utc_now())
    return Keys(keys=list(keys))


@router.post("/signing-keys", status_code=201, summary="New signing key · 更换签名密钥")
async def rotate_signing_key(who: RotateSigningKey, db: Db, vault: Seals, issuer: TheIssuer) -> SigningKeyMade:
    """A new key signs from now on; the old one stays published until its last token has expired."""
    async with db.write(who.scope) as session:
        key = await signing_keys.rotate_signing_key(session, who, vault, issuer.access, utc_now())
        return SigningKeyMade(kid=key.kid)


@router.get("/me", summary="Who am I · 我的账号")
async def read_me(who: ReadMe, db: Db) -> Me:
    """The asker, as the token or API key says, with the account's names if the directory has it."""
    async with db.read(who.scope) as session:
        account = await find_account(session, who.id)
    me = Me(id=who.id, role=who.role, areas=who.scope.serialise(), feeds=sorted(who.feeds))
    if account is None:
        return me
    names = {name: getattr(account, name) for name in ("username", "display_name", "organisation")}
    return me.model_copy(update=names)
