"""Code lists (代码表) of a service, from its `codes.toml`: what may be entered, and what is shown for it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from shared.messages import LANGUAGES, Language, listed

_FEW = 20


@dataclass(frozen=True, slots=True)
class CodeList:
    """One list. `accepted` leads from each code and each word for it to the code."""

    name: str
    standard: str  # "GB/T 4761"
    texts: Mapping[str, Mapping[Language, str]]
    accepted: Mapping[str, str]
    route: str  # where all of it is found

    def text(self, code: str, language: Language) -> str:
        """What a person reads for `code`; the code itself when the list does not have it."""
        texts = self.texts.get(code)
        return texts[language] if texts else code

    def read(self, entered: str) -> str:
        """The code for what was entered; raises pydantic's error, for use in schemas."""
        code = self.accepted.get(entered)
        if code is None:
            raise PydanticCustomError("choice-invalid", "not in the code list", {"expected": self.choices})
        return code

    @property
    def choices(self) -> str | Mapping[Language, str]:
        """What may be entered, for messages: the codes of a short list in words, of a long one where it is found."""
        if len(self.texts) <= _FEW:
            return {language: self._listed(language) for language in LANGUAGES}
        return f"GET {self.route}, {self.name} ({self.standard})"

    def _listed(self, language: Language) -> str:
        told = [code if texts[language] == code else f"{code}={texts[language]}" for code, texts in self.texts.items()]
        return listed(told)[language]

    def field(self) -> AfterValidator:
        """For `Annotated[str, LISTS["sex"].field()]`."""
        return AfterValidator(self.read)


def load_lists(path: Path, route: str) -> dict[str, CodeList]:
    """The lists in a file, by name; `route` shows them. Raises `ValueError` where a word stands for two codes."""
    lists: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: _code_list(name, content, route) for name, content in lists.items()}


def _code_list(name: str, content: Mapping[str, Any], route: str) -> CodeList:
    codes: Mapping[str, Mapping[str, Any]] = content["codes"]
    texts: dict[str, Mapping[Language, str]] = {
        code: {"zh": entry["zh"], "en": entry["en"]} for code, entry in codes.items()
    }
    words = [
        (word, code)
        for code, entry in codes.items()
        for word in (code, entry["zh"], entry["en"], *entry.get("words", ()))
    ]
    accepted = dict(words)
    if ambiguous := [word for word, code in words if accepted[word] != code]:
        raise ValueError(f"{name}: words for two codes: {ambiguous}")
    return CodeList(name, content["standard"], texts, accepted, route)
