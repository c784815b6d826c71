"""Every code the directory can answer has its text in both languages, and no text is without a use."""

import importlib
import pkgutil
import re
from pathlib import Path

import services.directory
from shared.errors import DomainError
from shared.messages import Catalogue

ROOT = Path(services.directory.__file__).parent
RAISED_IN_CODE = re.compile(r'(?:PydanticCustomError|Fault)\([^"\n]*(?:"\w+", )?"([a-z]+(?:-[a-z]+)+)"')


def known_codes() -> set[str]:
    for module in pkgutil.walk_packages([str(ROOT)], "services.directory."):
        importlib.import_module(module.name)
    found, left = set(), [DomainError]
    while left:
        left += (error := left.pop()).__subclasses__()
        if error.__module__.startswith("services.directory"):
            found.add(error.code)
    for path in ROOT.rglob("*.py"):
        found |= set(RAISED_IN_CODE.findall(path.read_text(encoding="utf-8")))
    return found


def test_every_code_has_its_text_in_both_languages() -> None:
    catalogue = Catalogue(ROOT)
    assert {code for code in known_codes() if code not in catalogue} == set()
    for code, texts in catalogue.codes().items():
        assert set(texts) == {"zh", "en"}, code


def test_no_text_is_left_over() -> None:
    own = Catalogue(ROOT).codes().keys() - Catalogue().codes().keys()
    assert own - known_codes() == set()
