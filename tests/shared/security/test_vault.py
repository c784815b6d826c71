"""The vault: what is sealed opens, under old keys too; what is touched does not; nothing secret is said."""

import base64
import re
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from shared.idnumber import complete
from shared.security.vault import CannotOpen, InvalidVaultKey, Vault, VaultSettings, new_key

SETTINGS = VaultSettings.generate()
VAULT = Vault(SETTINGS)
PERSON = complete("53992119900101001")


def rotated(settings: VaultSettings = SETTINGS, key_id: int = 2) -> VaultSettings:
    keys = {**settings.keys, key_id: SecretStr(new_key())}
    return VaultSettings(keys=keys, active=key_id, index_key=settings.index_key)


@given(st.binary(max_size=300), st.text())
def test_what_is_sealed_opens_for_its_purpose(plain: bytes, purpose: str) -> None:
    assert VAULT.open(VAULT.seal(plain, purpose), purpose) == plain


def test_the_layout_is_version_key_id_nonce_ciphertext_tag() -> None:
    sealed = VAULT.seal(PERSON.encode(), "person")

    assert sealed[:2] == bytes((1, 1))
    assert len(sealed) == 2 + 12 + 18 + 16
    assert PERSON.encode() not in sealed


def test_no_two_seals_share_a_nonce() -> None:
    sealed = [VAULT.seal(b"same", "person") for _ in range(2000)]

    assert len({each[2:14] for each in sealed}) == 2000


def test_many_are_sealed_as_one_is() -> None:
    plains = [str(number).encode() for number in range(2000)]
    sealed = VAULT.seal_many(plains, "person")

    assert [VAULT.open(each, "person") for each in sealed] == plains
    assert len({each[2:14] for each in sealed}) == len(plains)
    assert VAULT.seal_many([], "person") == []


def test_another_purpose_does_not_open() -> None:
    with pytest.raises(CannotOpen):
        VAULT.open(VAULT.seal(b"text", "alert"), "person")


def test_it_opens_into_its_place() -> None:
    place = bytearray(b"(    )")
    sealed = memoryview(VAULT.seal(b"text", "person"))
    VAULT.open_into(sealed, "person", memoryview(place)[1:5])
    assert place == b"(text)"
    for touched, purpose in ((sealed, "alert"), (sealed[:-1], "person"), (memoryview(b"\1\2" + sealed[2:]), "person")):
        with pytest.raises(CannotOpen):
            VAULT.open_into(touched, purpose, memoryview(bytearray(len(touched) - 30)))


@given(st.integers(min_value=0), st.integers(1, 255))
def test_one_changed_byte_anywhere_is_noticed(at: int, change: int) -> None:
    sealed = bytearray(VAULT.seal(PERSON.encode(), "person"))
    sealed[at % len(sealed)] ^= change

    with pytest.raises(CannotOpen):
        VAULT.open(bytes(sealed), "person")


@given(st.binary(max_size=60))
def test_what_was_never_sealed_does_not_open(junk: bytes) -> None:
    with pytest.raises(CannotOpen):
        VAULT.open(junk, "person")


def test_a_cut_value_does_not_open() -> None:
    sealed = VAULT.seal(b"text", "person")
    for length in range(len(sealed)):
        with pytest.raises(CannotOpen):
            VAULT.open(sealed[:length], "person")


def test_after_a_rotation_old_values_open_and_new_ones_use_the_new_key() -> None:
    new = Vault(rotated())
    old_value, new_value = VAULT.seal(b"text", "person"), new.seal(b"text", "person")

    assert new.open(old_value, "person") == b"text"
    assert new_value[1] == 2
    assert (new.needs_reseal(old_value), new.needs_reseal(new_value)) == (True, False)
    assert not new.needs_reseal(new.seal(new.open(old_value, "person"), "person"))
    with pytest.raises(CannotOpen):
        VAULT.open(new_value, "person")
    with pytest.raises(CannotOpen):
        new.needs_reseal(b"never sealed")


def test_a_rotation_changes_no_index() -> None:
    new = Vault(rotated())

    assert new.person_key(PERSON) == VAULT.person_key(PERSON)
    assert new.index("15400000017", "phone") == VAULT.index("15400000017", "phone")


def test_a_persons_key_is_stable_short_url_safe_and_another_in_each_county() -> None:
    key = VAULT.person_key(PERSON)

    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", key)
    assert key == Vault(SETTINGS).person_key(PERSON)
    assert key != Vault(VaultSettings.generate()).person_key(PERSON)
    assert PERSON[:6] not in key


def test_indexes_of_different_purposes_do_not_match() -> None:
    keys = {VAULT.index("text", "phone"), VAULT.index("text", "household"), VAULT.index("etext", "phon")}

    assert len(keys) == 3


def test_a_record_is_sealed_whole() -> None:
    person = {"id_number": PERSON, "name": "守望", "phone": None}
    sealed = VAULT.seal_json(person, "person")

    assert VAULT.open_json(sealed, "person") == person


@pytest.mark.parametrize("plain", [b"secret 5399", b"[1]", b'"5399"', b"\xff5399"])
def test_what_is_no_record_does_not_open_as_one_and_is_not_shown(plain: bytes) -> None:
    sealed = VAULT.seal(plain, "person")

    with pytest.raises(CannotOpen) as caught:
        VAULT.open_json(sealed, "person")
    assert caught.value.__context__ is None
    assert "5399" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("keys", "active", "index_key", "says"),
    [
        ({}, 1, new_key(), "active vault key 1"),
        ({1: new_key()}, 2, new_key(), "active vault key 2"),
        ({1: "c2hvcnQ="}, 1, new_key(), "vault key 1 is not 32 bytes"),
        ({1: new_key(), 7: "no base64 !"}, 1, new_key(), "vault key 7 is not 32 bytes"),
        ({1: "密钥"}, 1, new_key(), "vault key 1 is not 32 bytes"),
        ({1: new_key()}, 1, "", "index key is not 32 bytes"),
        ({256: new_key()}, 256, new_key(), "from 1 to 255"),
        ({0: new_key()}, 0, new_key(), "from 1 to 255"),
        ({1: "A" * 43 + "=", 2: "A" * 43 + "="}, 1, new_key(), "must all differ"),
        ({1: "A" * 43 + "="}, 1, "A" * 43 + "=", "must all differ"),
    ],
    ids=range(10),  # by their place: random keys in the names would differ between the workers
)
def test_unusable_keys_are_refused_by_id_not_by_value(
    keys: dict[int, str], active: int, index_key: str, says: str
) -> None:
    settings = VaultSettings.model_validate({"keys": keys, "active": active, "index_key": index_key})

    with pytest.raises(InvalidVaultKey, match=says) as caught:
        Vault(settings)
    told = "".join(traceback.format_exception(caught.value))
    assert not any(value and value in told for value in (*keys.values(), index_key))


def test_nothing_secret_is_in_repr_str_or_errors() -> None:
    secrets = [key.get_secret_value() for key in (*SETTINGS.keys.values(), SETTINGS.index_key)]
    said = [repr(VAULT), str(VAULT), repr(SETTINGS), str(SETTINGS), SETTINGS.model_dump_json()]
    with pytest.raises(ValidationError) as caught:
        VaultSettings.model_validate({"keys": {1: secrets[0]}, "active": "?", "index_key": [secrets[1]]})
    said.append(str(caught.value))

    assert repr(VAULT) == "Vault(active=1, keys=[1])"
    assert not any(secret in text for secret in secrets for text in said)
    assert not any(base64.b64decode(secret).hex() in text for secret in secrets for text in said)


def test_settings_come_from_json_too() -> None:
    key = new_key()
    text = f'{{"keys": {{"3": "{key}"}}, "active": 3, "index_key": "{new_key()}"}}'

    assert Vault(VaultSettings.model_validate_json(text)).seal(b"x", "person")[1] == 3
