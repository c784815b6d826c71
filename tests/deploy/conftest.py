"""What is deployed, as the tests read it: the compose file with a fresh `.env` filled in, and the gateway's settings."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


@pytest.fixture(scope="session")
def env_text() -> str:
    """The `.env` that `deploy/new_env.py` makes."""
    spec = importlib.util.spec_from_file_location("new_env", ROOT / "deploy/new_env.py")
    assert spec is not None
    assert spec.loader is not None
    new_env = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(new_env)
    text: str = new_env.fill((ROOT / ".env.example").read_text(encoding="utf-8"))
    return text


@pytest.fixture(scope="session")
def env(env_text: str) -> dict[str, str]:
    """Its variables."""
    lines = (line.partition("=") for line in env_text.splitlines() if line and not line.startswith("#"))
    return {name: value.strip("'") for name, _, value in lines}


@pytest.fixture(scope="session")
def compose(env: dict[str, str]) -> dict[str, Any]:
    """`docker-compose.yml` as `docker compose` reads it with that `.env`."""

    def value_of(found: re.Match[str]) -> str:
        name, kind, text = found.groups()
        value = env.get(name, "")
        if not value and kind == "?":
            raise KeyError(f"{name}: {text}")
        return value or (text if kind == "-" else "")

    def fill(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: fill(value) for key, value in node.items()}
        if isinstance(node, list):
            return [fill(item) for item in node]
        return _VARIABLE.sub(value_of, node) if isinstance(node, str) else node

    read: dict[str, Any] = fill(yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8")))
    return read


@pytest.fixture(scope="session")
def nginx_conf() -> str:
    """The gateway's settings without their comments."""
    text = (ROOT / "deploy/gateway/nginx.conf").read_text(encoding="utf-8")
    return re.sub(r"(?m)\s*#.*$", "", text)
