"""The code lists of `codes.toml`, and the headers of `columns.toml`."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.codes import load_lists

LISTS = load_lists(Path(__file__).with_name("codes.toml"), "/households/v1/codes")
COLUMNS: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("columns.toml").read_text(encoding="utf-8"))
"""What the columns of files from people are called (`household`, `member`, `income`), and what stands in them for yes, no
and nothing."""
