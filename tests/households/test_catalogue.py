"""Codes and texts against each other: every code has its texts, every word of the code lists means one thing."""

import importlib
import pkgutil
import re
from pathlib import Path
from typing import get_args

import services.households
from services.households.codes import LISTS
from services.households.schemas.register import HouseholdChange, MemberChange
from shared.contracts.households import Verdict
from shared.errors import DomainError
from shared.messages import Catalogue

FOLDER = Path(services.households.__file__).parent
CATALOGUE = Catalogue(FOLDER)
SOURCES = {path: path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.py")}


def subclasses(of: type[DomainError]) -> set[type[DomainError]]:
    """All below."""
    return {below for one in of.__subclasses__() for below in ({one} | subclasses(one))}


def test_every_error_has_its_texts() -> None:
    for module in pkgutil.walk_packages([str(FOLDER)], "services.households."):
        importlib.import_module(module.name)
    ours = [one for one in subclasses(DomainError) if one.__module__.startswith("services.households.")]
    assert len(ours) > 15
    assert [one for one in ours if one.code not in CATALOGUE] == []


def test_every_code_in_the_source_has_its_texts() -> None:
    raised = {
        code
        for text in SOURCES.values()
        for code in re.findall(r'(?:PydanticCustomError\(|Fault\([^,()]*, |\.say\()"([a-z-]+)"', text)
    }
    assert len(raised) > 10
    assert {code for code in raised if code not in CATALOGUE} == set()


def test_every_line_of_a_history_has_its_texts() -> None:
    written = {
        what
        for text in SOURCES.values()
        for what in re.findall(r'(?:note\(session, task, |_(?:keep|join)\(one, case, )"([a-z-]+)"', text)
    }
    assert written == {
        "opened",
        "evidence-added",
        "worsened",
        "accepted",
        "assigned",
        "overdue",
        "escalated",
        "done",
        "cancelled",
        "stay-planned",
        "stay-answered",
    }
    assert {what for what in written if f"task-event-{what}" not in CATALOGUE} == set()


def test_every_field_of_the_register_has_a_name() -> None:
    """As far as its history can name it."""
    acts = ("members", "household_id", "left_on", "left_reason", "joined_reason", "dissolved_on", "dissolved_reason")
    regrouped = ("merged_into", "merged_from", "split_from", "split_into")
    named = {
        "household": {*HouseholdChange.model_fields, *acts, *regrouped} - {"why"},
        "member": {*MemberChange.model_fields, *acts} - {"why"},
    }
    names = Catalogue(FOLDER, FOLDER / "rules" / "quality").codes().keys()
    for of, fields in named.items():
        nameless = {one for one in fields if not {f"register-field-{one}", f"quality-field-{of}.{one}"} & names}
        assert not nameless, of


def test_what_may_be_entered_is_told_in_words() -> None:
    told = LISTS["household_class"].choices
    assert isinstance(told, dict)
    assert told["zh"] == "ordinary=一般农户、lifted_out=脱贫户、monitored=监测对象"
    assert told["en"] == "ordinary, lifted_out=lifted out of poverty, monitored"
    assert LISTS["relation"].choices == "GET /households/v1/codes, relation (GB/T 4761)"


def test_texts_of_both_languages_ask_for_the_same() -> None:
    for code, texts in CATALOGUE.codes().items():
        assert texts.keys() == {"zh", "en"}, code
        zh, en = (sorted(re.findall(r"{\w+}", texts[language])) for language in ("zh", "en"))
        assert zh == en, code


def test_code_lists() -> None:
    assert set(LISTS["verdict"].texts) == set(get_args(Verdict))
    assert LISTS["relation"].accepted["之子"] == LISTS["relation"].accepted["20"] == "20"
    assert {"02", "99"} <= LISTS["relation"].texts.keys()
    for one in LISTS.values():
        assert all(texts.keys() == {"zh", "en"} and all(texts.values()) for texts in one.texts.values()), one.name


def test_what_may_be_entered_is_told_in_words_or_where_they_are_found() -> None:
    assert LISTS["measure_tag"].choices == {
        "zh": "raise=增收入、reduce=降支出、fill=补短板",
        "en": "raise=raise income, reduce=reduce spending, fill=fill a gap",
    }
    assert LISTS["relation"].choices == "GET /households/v1/codes, relation (GB/T 4761)"
