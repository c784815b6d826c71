"""The code lists of `codes.toml`."""

from pathlib import Path

from shared.codes import load_lists

LISTS = load_lists(Path(__file__).with_name("codes.toml"), "/households/v1/codes")
