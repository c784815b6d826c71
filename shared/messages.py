"""Message catalogues: every text a person reads, in Chinese (default) and English, found by a stable code.

A catalogue is a TOML file `messages.toml` beside the code that uses it:

    [task-already-closed]
    zh = "任务已办结"
    en = "The task is closed already."
"""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

Language: TypeAlias = Literal["zh", "en"]
DEFAULT_LANGUAGE: Language = "zh"
LANGUAGES: tuple[Language, ...] = get_args(Language)
OF_FILE = "of-file"
"""The parameter that says which file of a set (from 1) a text is about, and the code of what is said before it."""


class Catalogue:
    """Texts by code and language."""

    def __init__(self, *folders: Path, lists: Iterable[Mapping[str, Mapping[Language, str]]] = ()) -> None:
        """Read `messages.toml` of each folder; `lists`: code lists whose codes are told as problems, and have their texts.

        A code that stands twice is a mistake and raises `ValueError`.
        """
        self._texts: dict[str, Mapping[Language, str]] = {}
        for texts in (*(_read(folder / "messages.toml") for folder in (Path(__file__).parent, *folders)), *lists):
            if twice := texts.keys() & self._texts.keys():
                raise ValueError(f"codes stand in two catalogues: {sorted(twice)}")
            self._texts.update(texts)

    def __contains__(self, code: str) -> bool:
        return code in self._texts

    def codes(self) -> Mapping[str, Mapping[Language, str]]:
        """Everything, for the tests that hold catalogues and code against each other."""
        return self._texts

    def text(self, code: str, language: Language, **params: Any) -> str:
        """The text of `code` with `params` filled in; the code itself when no catalogue has it. Names the file, if one is.

        A parameter that is words in both languages, `{"zh": ..., "en": ...}`, is filled in in the one asked for.
        """
        texts = self._texts.get(code)
        if texts is None:
            return code
        said = {name: value[language] if isinstance(value, Mapping) else value for name, value in params.items()}
        text = texts[language].format_map(_Blank(said))
        if OF_FILE in params and code != OF_FILE:
            return self.text(OF_FILE, language, **params) + text
        return text


@cache
def _read(path: Path) -> Mapping[str, Mapping[Language, str]]:
    """Once a process: the shared texts are every service's, and parsing thousands of lines takes its time."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


class _Blank(dict[str, Any]):
    """A message must never fail for a missing parameter."""

    def __missing__(self, key: str) -> str:
        return "…"


def listed(choices: Iterable[object]) -> Mapping[Language, str]:
    """Choices one after another, as each language writes a list."""
    words = [str(one) for one in choices]
    return {"zh": "、".join(words), "en": ", ".join(words)}


def preferred(accept_language: str | None) -> Language:
    """The language of an `Accept-Language` header (RFC 9110 §12.5.4): Chinese unless English is wanted more."""
    best: Language = DEFAULT_LANGUAGE
    best_weight = 0.0
    for part in (accept_language or "").split(","):
        tag, _, parameter = part.strip().partition(";")
        weight = _weight(parameter)
        language = tag.strip().lower().split("-")[0]
        if language in ("zh", "en") and weight > best_weight:
            best, best_weight = "zh" if language == "zh" else "en", weight
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
