"""Posts and training: every code that may be answered has its texts in both languages."""

import re
import tomllib
from pathlib import Path

import services.jobs
from services.jobs.codes import LISTS
from services.jobs.rules import post_refusals
from shared.errors import DomainError
from shared.messages import Catalogue

FOLDER = Path(services.jobs.__file__).parent
CATALOGUE = Catalogue(FOLDER)
SOURCES = [
    *FOLDER.glob("rules/post*.py"),
    *FOLDER.glob("rules/credit_codes.py"),
    *FOLDER.glob("rules/places.py"),
    *FOLDER.glob("schemas/posts.py"),
    *FOLDER.glob("schemas/training.py"),
    *FOLDER.glob("usecases/post_imports.py"),
]
CODE = re.compile(r'(?:PydanticCustomError\(|Fault\([^,()]*, |Invalid[A-Z][A-Za-z]+\()"([a-z-]+)"')


def test_every_refusal_has_its_texts() -> None:
    refusals = [one for one in vars(post_refusals).values() if isinstance(one, type) and issubclass(one, DomainError)]
    codes = [one.code for one in refusals if one.__module__ == post_refusals.__name__]
    assert len(codes) > 25
    assert [code for code in codes if code not in CATALOGUE] == []


def test_every_fault_has_its_texts() -> None:
    codes = {code for path in SOURCES for code in CODE.findall(path.read_text(encoding="utf-8"))}
    assert {"sex-bar-unlawful", "pay-order", "credit-code-checksum", "place-to-county", "post-row-twice"} <= codes
    assert {code for code in codes if code not in CATALOGUE} == set()


def test_headings_and_words_of_a_file_mean_one_thing() -> None:
    file = tomllib.loads((FOLDER / "post_columns.toml").read_text(encoding="utf-8"))
    headings = [heading for some in file["columns"].values() for heading in some]
    assert len(headings) == len(set(headings))
    assert not set(file["words"]["anybody"]) & set(LISTS["sex"].accepted)
