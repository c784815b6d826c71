"""Texts are found in the wanted language, and no catalogue is half full."""

import ast
import re
import tomllib
from pathlib import Path
from typing import Literal, get_args

import pytest
from pydantic import BaseModel, ValidationError

from services import SERVICES
from shared.faults import faults_of
from shared.messages import Catalogue, preferred
from shared.tables import Kind

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh"),
        ("", "zh"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("fr,en;q=0.4,zh;q=0.3", "en"),
        ("en;q=x", "zh"),
        ("de", "zh"),
    ],
)
def test_the_language_follows_the_header(header: str | None, language: str) -> None:
    assert preferred(header) == language


class _Chosen(BaseModel):
    how: Literal["suspected", "dropped_out", "gone"]


def test_choices_are_listed_as_each_language_does() -> None:
    with pytest.raises(ValidationError) as refused:
        _Chosen.model_validate({"how": "x"})
    [fault] = faults_of(refused.value.errors())
    catalogue = Catalogue()
    assert catalogue.text(fault.code, "zh", **fault.params) == "不在可选值之内：suspected、dropped_out、gone"
    assert catalogue.text(fault.code, "en", **fault.params) == "Must be one of: suspected, dropped_out, gone."


def test_a_missing_parameter_or_code_breaks_nothing() -> None:
    catalogue = Catalogue()
    assert "…" in catalogue.text("role-not-permitted", "zh")
    assert catalogue.text("no-such-code", "en") == "no-such-code"


@pytest.mark.parametrize("service", SERVICES)
def test_every_text_has_both_languages_and_the_same_parameters(service: str) -> None:
    import string

    for code, texts in Catalogue(ROOT / "services" / service).codes().items():
        assert texts.keys() == {"zh", "en"}, code
        fields = [{f for _, f, _, _ in string.Formatter().parse(texts[lang]) if f} for lang in ("zh", "en")]
        assert fields[0] == fields[1], code


@pytest.mark.parametrize("service", SERVICES)
def test_every_error_code_has_a_text(service: str) -> None:
    catalogue = Catalogue(ROOT / "services" / service)
    for folder in (ROOT / "services" / service, ROOT / "shared"):
        for path in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    for code in _codes(node):
                        assert code in catalogue, f"{path}: {code}"


_BUILT = re.compile(r"""(?:f|startswith\()["']((?:[a-z0-9]+-)+)(?:\{|["'])""")
_SAID = re.compile(r"""["'`]([a-z0-9.-]+)["'`]""")


def test_every_text_is_said_somewhere() -> None:
    """Its code stands in code or data as it is, or begins with what a code is put together from: `f"finding-{...}"`."""
    folders = [ROOT / name for name in ("services", "shared", "demo")]
    files = [path for folder in folders for path in (*folder.rglob("*.py"), *folder.rglob("*.toml"))]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files if path.name != "messages.toml")
    said = set(_SAID.findall(text)) | {f"{kind}-invalid" for kind in get_args(Kind)}
    built = tuple(set(_BUILT.findall(text)))
    catalogues = [path for path in files if path.name == "messages.toml"]
    codes = [code for path in catalogues for code in tomllib.loads(path.read_text(encoding="utf-8"))]
    assert len(codes) > 1000
    assert [code for code in codes if code not in said and not code.startswith(built)] == []


def _codes(node: ast.ClassDef) -> list[str]:
    """The literal `code = "..."` of an error class."""
    found = []
    for statement in node.body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        value = getattr(statement, "value", None)
        if isinstance(target, ast.Name) and target.id == "code" and isinstance(value, ast.Constant) and value.value:
            found.append(str(value.value))
    return found
