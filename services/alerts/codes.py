"""The code lists of `codes.toml`."""

import tomllib
from pathlib import Path

_LISTS = tomllib.loads(Path(__file__).with_name("codes.toml").read_text(encoding="utf-8"))

RISK_FAMILIES: frozenset[str] = frozenset(_LISTS["risk_family"]["codes"])
"""Codes of the risk families (风险类型)."""
