"""The policies that the directory ships, by kind: the national defaults, all in force."""

import tomllib
from pathlib import Path
from typing import Any

import services.directory

_FILE = Path(services.directory.__file__).with_name("defaults.toml")
DEFAULTS: dict[str, Any] = {
    policy["kind"]: policy["body"] for policy in tomllib.loads(_FILE.read_text(encoding="utf-8"))["policy"]
}
