"""Signing in (RFC 6749 §4.3 and §6), and the keys tokens are checked with (RFC 7517)."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, SecretStr, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.directory.schemas.fields import Lowered
from shared.http.fields import Answer, Draft
from shared.security.principals import Role


class TokenRequest(Draft):
    """A form: `grant_type=password` with `username` and `password`, or `refresh_token` with the token."""

    grant_type: Literal["password", "refresh_token"] = Field(examples=["password"])
    username: Annotated[str, Lowered, StringConstraints(max_length=200)] | None = Field(
        None, description="Upper and lower case are one · 用户名，不分大小写", examples=["v539921101200a"]
    )
    password: SecretStr | None = Field(None, max_length=200, description="Password · 密码")
    refresh_token: SecretStr | None = Field(None, max_length=200, description="The newest one · 最新的刷新令牌")
    scope: str | None = Field(None, max_length=200, description="Taken and left unused, for OAuth2 clients")
    client_id: str | None = Field(None, max_length=200, description="Taken and left unused, for OAuth2 clients")
    client_secret: SecretStr | None = Field(None, max_length=200, description="Taken and left unused")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        given = (self.username and self.password) if self.grant_type == "password" else self.refresh_token
        if not given:
            raise PydanticCustomError("credentials-missing", "credentials")
        return self


class RevocationRequest(Draft):
    """A form with the refresh token to end (RFC 7009)."""

    token: SecretStr = Field(max_length=200, description="The refresh token · 刷新令牌")
    token_type_hint: str | None = Field(None, max_length=40)


class Tokens(Answer):
    """A short access token (JWT) and a refresh token that works once."""

    access_token: str = Field(description="Give it as `Authorization: Bearer ...` · 访问令牌")
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105
    expires_in: int = Field(description="Seconds · 秒", examples=[900])
    refresh_token: str = Field(description="For new tokens; each works once · 刷新令牌，仅可用一次")


class Keys(Answer):
    """A JWK set."""

    keys: list[dict[str, Any]] = Field(
        examples=[[{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "0198…", "x": "…", "y": "…"}]]
    )


class SigningKeyMade(Answer):
    """The key that signs from now on."""

    kid: str


class Me(Answer):
    """Who asks. Of an outside issuer's user the directory knows only what the token says."""

    id: UUID
    username: str | None = Field(None, examples=["v539921101200a"])
    display_name: str | None = None
    role: Role
    areas: list[str] = Field(examples=[["539921101200"]])
    feeds: list[str]
    organisation: str | None = None
