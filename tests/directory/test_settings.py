"""Settings come from the environment, and what is kept in memory stays small."""

import pytest

from services.directory.rules.sign_in import SignInThrottled
from services.directory.settings import DirectorySettings
from services.directory.throttle import Throttle
from shared.security.vault import new_key


def test_the_environment_fills_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {
        "DATABASE_URL": "postgresql+asyncpg://directory@db/shouwang",
        "VAULT_KEYS": f'{{"1": "{new_key()}"}}',
        "VAULT_ACTIVE": "1",
        "VAULT_INDEX_KEY": new_key(),
        "LOGIN_LOCK_MINUTES": "30",
        "ARGON2_MEMORY_COST": "131072",
        "SESSION_ACCESS_MINUTES": "5",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = DirectorySettings()  # type: ignore[call-arg]
    assert settings.login.limits.span.total_seconds() == 1800
    assert settings.argon2.memory_cost == 131_072
    assert settings.session.access.total_seconds() == 300


def test_an_address_is_let_in_again_when_its_span_is_over() -> None:
    now = 0.0
    throttle = Throttle(2, 60, lambda: now)
    for _ in range(2):
        throttle.require_room("a")
        throttle.count("a")
    with pytest.raises(SignInThrottled) as refused:
        throttle.require_room("a")
    assert refused.value.params == {"retry_after": 60}
    throttle.require_room("b")
    now = 60.0
    throttle.require_room("a")
    throttle.count("a")
    throttle.require_room("a")


def test_a_flood_of_addresses_is_forgotten_oldest_first() -> None:
    throttle = Throttle(1, 60, lambda: 0.0)
    for number in range(5000):
        throttle.count(str(number))
    throttle.require_room("0")
    with pytest.raises(SignInThrottled):
        throttle.require_room("4999")
