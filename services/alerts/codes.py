"""The code lists of `codes.toml`."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

_LISTS = tomllib.loads(Path(__file__).with_name("codes.toml").read_text(encoding="utf-8"))

RISK_FAMILIES: frozenset[str] = frozenset(_LISTS["risk_family"]["codes"])
"""Codes of the risk families (风险类型)."""

FAMILY_OF_TOPIC: Mapping[str, str] = _LISTS["topic"]["families"]
"""By topic (申报事项) of a household's, a patrol's or a hotline's report: its risk family."""

TOPIC_OF_FAMILY: Mapping[str, str] = {family: topic for topic, family in FAMILY_OF_TOPIC.items()}
"""The other way round; families without a topic of their own are "other" there."""

REQUEST_KIND: str = _LISTS["request"]["kind"]
REQUEST_CHANNELS: Mapping[str, str] = _LISTS["request"]["channels"]
"""By source of a self-report: what its evidence calls the road by which it came."""

FOUND_IN: Mapping[str, str] = _LISTS["found_in"]["words"]
"""By what the jobs service calls the place where it found something: the word in the evidence."""
