"""The vault: personal data is sealed before it is stored or sent, and looked up by keyed hashes.

A sealed value is AES-256-GCM: 1 byte version, 1 byte key id, 12 bytes nonce, then ciphertext and 16 bytes
tag, so 30 bytes more than the plain value. The purpose ("alert", "person", ...) is authenticated with it: a
value sealed for one purpose cannot be passed off as another. Keys have ids, so they are rotated by adding one
and making it active; old values open until `shared.security.reseal` has sealed them anew. Rotate
well before a key has sealed 2**32 values, for the nonces are random.

The blind indexes have a key of their own. There are few enough ID numbers to try them all, so what they tell
is safe only while that key is. It is not rotated: who changes it must recompute every stored index.
"""

import base64
import binascii
import os
from collections.abc import Mapping, Sequence
from typing import Any, Self

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from shared.idnumber import IdNumber

KEY_BYTES = 32
_VERSION = 1
_HEADER = 2
_NONCE = 12
_TAG = 16
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class CannotOpen(Exception):
    """A sealed value is damaged, was sealed for another purpose, or its key is not in the ring."""

    def __init__(self) -> None:
        super().__init__("a sealed value cannot be opened")

    def __reduce__(self) -> tuple[Any, ...]:
        return CannotOpen, ()


class InvalidVaultKey(ValueError):
    """A key in the settings is unusable. Says which one, never its value."""


class VaultSettings(BaseModel):
    """Keys of the vault, each 32 random bytes in base64 (`openssl rand -base64 32`).

    The keys are checked by `Vault`, not here: a validation error would carry them as its input.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    keys: dict[int, SecretStr] = Field(description="AES-256 keys by id, 1-255; keep old ones until all is resealed")
    active: int = Field(description="id of the key that seals")
    index_key: SecretStr = Field(description="key of the blind indexes; changing it orphans every stored index")

    @classmethod
    def generate(cls) -> Self:
        """Fresh keys, for a first start and for tests."""
        return cls(keys={1: SecretStr(new_key())}, active=1, index_key=SecretStr(new_key()))


def new_key() -> str:
    """32 random bytes in base64."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


class Vault:
    """Seals, opens and indexes with the keys of its settings. Its repr names key ids only; threads may share it."""

    def __init__(self, settings: VaultSettings) -> None:
        if settings.active not in settings.keys:
            raise InvalidVaultKey(f"the active vault key {settings.active} is not among the keys")
        raw = {key_id: _decode(key, f"vault key {key_id}") for key_id, key in settings.keys.items()}
        if not all(0 < key_id < 256 for key_id in raw):
            raise InvalidVaultKey("vault key ids go from 1 to 255")
        index_key = _decode(settings.index_key, "the vault's index key")
        if index_key in raw.values() or len(set(raw.values())) < len(raw):
            raise InvalidVaultKey("the vault's keys must all differ")
        self._ciphers = {key_id: AESGCM(key) for key_id, key in raw.items()}
        self._header = bytes((_VERSION, settings.active))
        self._active = settings.active
        self._settings = settings
        self._index = HMAC(index_key, SHA256())

    def __reduce__(self) -> tuple[Any, ...]:
        """To a process of ours (`shared.side_processes`) it goes as its settings."""
        return Vault, (self._settings,)

    def __repr__(self) -> str:
        return f"Vault(active={self._active}, keys={sorted(self._ciphers)})"

    @property
    def active(self) -> int:
        """Id of the key that seals; it stands in the second byte of what is sealed."""
        return self._active

    def seal(self, plain: bytes, purpose: str) -> bytes:
        """Encrypt with the active key and a fresh nonce."""
        nonce = os.urandom(_NONCE)
        return self._header + nonce + self._ciphers[self._active].encrypt(nonce, plain, purpose.encode())

    def seal_many(self, plains: Sequence[bytes], purpose: str) -> list[bytes]:
        """`seal` of each, at half the price: all nonces are drawn at once."""
        header, encrypt, bound = self._header, self._ciphers[self._active].encrypt, purpose.encode()
        drawn = os.urandom(_NONCE * len(plains))
        nonces = [drawn[at : at + _NONCE] for at in range(0, len(drawn), _NONCE)]
        return [header + nonce + encrypt(nonce, plain, bound) for nonce, plain in zip(nonces, plains, strict=True)]

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Decrypt what was sealed for the same purpose, with whichever key sealed it. Raises `CannotOpen`."""
        cipher = self._ciphers.get(_key_id(sealed))
        if cipher is None:
            raise CannotOpen
        body = _HEADER + _NONCE
        try:
            return cipher.decrypt(sealed[_HEADER:body], sealed[body:], purpose.encode())
        except InvalidTag:
            raise CannotOpen from None

    def open_into(self, sealed: memoryview, purpose: str, place: memoryview) -> None:
        """`open` of something long straight into the `place` where it is wanted, which is just as long."""
        head = _HEADER + _NONCE
        cipher = self._ciphers.get(_key_id(sealed))
        if cipher is None:
            raise CannotOpen
        try:
            cipher.decrypt_into(sealed[_HEADER:head], sealed[head:], purpose.encode(), place)
        except InvalidTag:
            raise CannotOpen from None

    def seal_json(self, value: Mapping[str, Any], purpose: str) -> bytes:
        """Seal a record, such as a person's `{id_number, name, phone}`."""
        return self.seal(orjson.dumps(value), purpose)

    def open_json(self, sealed: bytes, purpose: str) -> dict[str, Any]:
        """Open a record that `seal_json` sealed. Raises `CannotOpen`."""
        plain = self.open(sealed, purpose)
        try:
            value = orjson.loads(plain)
        except orjson.JSONDecodeError:
            value = None  # raised below, outside this block: the parser's error carries the clear text
        if not isinstance(value, dict):
            raise CannotOpen
        return value

    def needs_reseal(self, sealed: bytes) -> bool:
        """Whether another key than the active one sealed it. Raises `CannotOpen` for what nothing sealed."""
        return _key_id(sealed) != self._active

    def person_key(self, id_number: IdNumber) -> str:
        """The key under which a person is found and named in events: 43 characters that tell nothing."""
        return self.index(id_number, "person")

    def household_key(self, national_code: str) -> str:
        """The key under which a household is found by its national code (户编号)."""
        return self.index(national_code, "household")

    def index(self, text: str, purpose: str) -> str:
        """Blind index (HMAC-SHA256, url-safe base64) of a text in its normal form; tells equality only."""
        told = binascii.b2a_base64(self.fingerprint(text.encode(), purpose), newline=False)
        return told[:43].translate(_URL_SAFE).decode()

    def fingerprint(self, plain: bytes, purpose: str) -> bytes:
        """`index` of any bytes, as 32 bytes: tells whether a record was seen before, and nothing of it."""
        mac = self._index.copy()  # a third quicker than beginning with the key each time
        mac.update(purpose.encode() + b"\0" + plain)
        return mac.finalize()


def _key_id(sealed: bytes | memoryview) -> int:
    if len(sealed) < _HEADER + _NONCE + _TAG or sealed[0] != _VERSION:
        raise CannotOpen
    return sealed[1]


def _decode(key: SecretStr, called: str) -> bytes:
    try:
        raw = base64.b64decode(key.get_secret_value(), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != KEY_BYTES:
        raise InvalidVaultKey(f"{called} is not {KEY_BYTES} bytes in base64")
    return raw
