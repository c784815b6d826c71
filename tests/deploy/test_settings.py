"""Every variable that `docs/run-in-production.md` names does what its table says."""

import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel, SecretStr

from services.assembly import SETTINGS
from shared.security.vault import VaultSettings
from tests.deploy.conftest import ROOT

# Variable: service that reads it, a value, the field, what the field then is.
VARIABLES: dict[str, tuple[str, str, str, Any]] = {
    "DATABASE_URL": ("alerts", "postgresql+asyncpg://a:b@c/d", "database.url", "postgresql+asyncpg://a:b@c/d"),
    "DATABASE_POOL_SIZE": ("alerts", "7", "database.pool_size", 7),
    "KAFKA_BOOTSTRAP_SERVERS": ("alerts", "k:1", "kafka.bootstrap_servers", "k:1"),
    "KAFKA_REPLICATION_FACTOR": ("alerts", "3", "kafka.replication_factor", 3),
    "KAFKA_PARTITIONS": ("alerts", "12", "kafka.partitions", 12),
    "KAFKA_RETENTION_DAYS": ("alerts", "20", "kafka.retention_days", 20),
    "KAFKA_SECURITY_PROTOCOL": ("alerts", "SSL", "kafka.security_protocol", "SSL"),
    "KAFKA_SSL_CA_FILE": ("alerts", "/ca.pem", "kafka.ssl_ca_file", "/ca.pem"),
    "VAULT_ACTIVE": ("alerts", "1", "vault.active", 1),
    "INBOX_ATTEMPTS": ("households", "9", "inbox_attempts", 9),
    "STEP_SECONDS": ("jobs", "60", "step_seconds", 60.0),
    "BATCH_PROCESSES": ("alerts", "0", "batch_processes", 0),
    "LIST_PROCESS": ("households", "false", "list_process", False),
    "COUNT_SECONDS": ("jobs", "5", "count_seconds", 5.0),
    "LOGIN_ADDRESS_FAILURES": ("directory", "9", "login.address_failures", 9),
    "LOGIN_ADDRESS_MINUTES": ("directory", "9", "login.address_minutes", 9.0),
    "LIVE_ROWS": ("alerts", "20", "live_rows", 20),
    "FILES_URL": ("alerts", "s3://bucket/county", "files.url", "s3://bucket/county"),
    "FILES_MAX_BYTES": ("alerts", "1000", "files.max_bytes", 1000),
    "FILES_KEPT_DAYS": ("alerts", "7", "files.kept_days", 7),
    "FILES_UNMATCHED_DAYS": ("alerts", "60", "files.unmatched_days", 60),
    "PHOTOS_URL": ("households", "s3://bucket/photos", "photos.url", "s3://bucket/photos"),
    "PHOTOS_MAX_BYTES": ("households", "1000", "photos.max_bytes", 1000),
    "PHOTOS_MAX_PIXELS": ("households", "1000", "photos.max_pixels", 1000),
    "PHOTOS_MAX_SIDE": ("households", "800", "photos.max_side", 800),
    "PHOTOS_KEPT_DAYS": ("households", "7", "photos.kept_days", 7),
    "WEBHOOKS_TIMEOUT": ("alerts", "5", "webhooks.timeout", 5.0),
    "WEBHOOKS_LOCAL": ("alerts", "true", "webhooks.local", True),
    "SWEEP_SECONDS": ("households", "5", "sweep_seconds", 5.0),
    "INCOME_SWEEP_SECONDS": ("households", "7", "income_sweep_seconds", 7.0),
    "GRADE_SECONDS": ("households", "9", "grade_seconds", 9.0),
    "QUALITY_HOUR": ("households", "3", "quality_hour", 3),
    "MATCHING_DAYS": ("jobs", "30", "matching_days", 30),
    "FILE_PROCESS": ("jobs", "false", "file_process", False),
    "LOGIN_FAILURES": ("directory", "4", "login.failures", 4),
    "LOGIN_LOCK_MINUTES": ("directory", "30", "login.lock_minutes", 30.0),
    "SESSION_ACCESS_MINUTES": ("directory", "5", "session.access_minutes", 5.0),
    "TELEMETRY_OTLP_ENDPOINT": ("alerts", "http://c:4318", "telemetry.otlp_endpoint", "http://c:4318"),
    "TELEMETRY_SAMPLE_RATIO": ("alerts", "0.5", "telemetry.sample_ratio", 0.5),
    "TELEMETRY_LOG_LEVEL": ("alerts", "WARNING", "telemetry.log_level", "WARNING"),
    "TOKEN_ROLE_CLAIM": ("directory", "rolle", "token.role_claim", "rolle"),
    "TOKEN_AREAS_CLAIM": ("directory", "gebiete", "token.areas_claim", "gebiete"),
    "TOKEN_FEEDS_CLAIM": ("directory", "quellen", "token.feeds_claim", "quellen"),
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """What a service cannot do without."""
    vault = VaultSettings.generate()
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://x@y/z")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092")
    monkeypatch.setenv("VAULT_KEYS", f'{{"1": "{vault.keys[1].get_secret_value()}"}}')
    monkeypatch.setenv("VAULT_ACTIVE", "1")
    monkeypatch.setenv("VAULT_INDEX_KEY", vault.index_key.get_secret_value())
    return monkeypatch


@pytest.mark.parametrize("name", VARIABLES)
def test_variable_fills_its_field(name: str, environment: pytest.MonkeyPatch) -> None:
    service, value, field, expected = VARIABLES[name]
    environment.setenv(name, value)

    found: Any = SETTINGS[service]()
    for part in field.split("."):
        found = getattr(found, part)

    shown = found.get_secret_value() if isinstance(found, SecretStr) else found
    assert (str(shown) if isinstance(expected, str) else shown) == expected


def test_page_names_no_variable_that_is_not_tried() -> None:
    page = (ROOT / "docs/run-in-production.md").read_text(encoding="utf-8")
    table = page[page.index("## Settings") : page.index("## Topics")]
    first_cells = re.findall(r"(?m)^\| (`[^|]+`) \|", table)
    named = {name for cell in first_cells for name in re.findall(r"`([A-Z_]+)`", cell)}
    assert named
    assert named <= VARIABLES.keys() | {"VAULT_KEYS", "VAULT_INDEX_KEY"}  # these with docker-compose.yml


@pytest.mark.parametrize("service", SETTINGS)
def test_page_names_every_variable_of_a_service(service: str) -> None:
    """`NAME`, or a group of them: `TOKEN_*`."""
    page = (ROOT / "docs/run-in-production.md").read_text(encoding="utf-8")
    named = {re.escape(name).replace(r"\*", ".*") for name in re.findall(r"`([A-Z][A-Z0-9_]*\*?)`", page)}
    missing = [name for name in variables(SETTINGS[service]) if not re.fullmatch("|".join(named), name)]
    assert missing == []


def variables(settings: type[BaseModel], group: str = "") -> Iterator[str]:
    for name, field in settings.model_fields.items():
        kinds = (field.annotation, *get_args(field.annotation))
        inner = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if inner:
            yield from variables(inner[0], f"{name}_".upper())
        else:
            yield group + name.upper()


def test_old_vault_keys_stay_usable_beside_the_new_one(environment: pytest.MonkeyPatch) -> None:
    """The page's two steps of a rotation, in the form in which it shows the variable."""
    from shared.security.vault import Vault, new_key

    before = Vault(SETTINGS["alerts"]().vault)
    sealed = before.seal(b"old", "test")
    old = SETTINGS["alerts"]().vault.keys[1].get_secret_value()
    environment.setenv("VAULT_KEYS", f'{{"1": "{old}", "2": "{new_key()}"}}')
    environment.setenv("VAULT_ACTIVE", "2")

    after = Vault(SETTINGS["alerts"]().vault)

    assert after.open(sealed, "test") == b"old"
    assert after.needs_reseal(sealed)
    assert not after.needs_reseal(after.seal(b"new", "test"))


def test_kafka_must_forget_an_event_before_the_inbox_forgets_its_id(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("KAFKA_RETENTION_DAYS", "28")
    SETTINGS["households"]()
    environment.setenv("KAFKA_RETENTION_DAYS", "29")
    with pytest.raises(ValueError, match="KAFKA_RETENTION_DAYS must stay below 29") as refused:
        SETTINGS["households"]()
    assert "VAULT" not in str(refused.value).upper()
