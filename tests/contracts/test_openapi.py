"""`docs/openapi.json`: one document of all services, whole and usable by somebody who knows nothing else."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from services import SERVICES
from tools.documents.openapi import make_apps
from tools.documents.schemas import ROOT

DOCUMENT = json.loads((ROOT / "docs/openapi.json").read_text(encoding="utf-8"))
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
}

CATALOGUES = {name: app.state.catalogue for name, app in make_apps().items()}

each_operation = pytest.mark.parametrize("name", OPERATIONS)


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)


def test_it_says_that_a_listed_code_may_never_come() -> None:
    """They are worked out from all that a route calls: `report_alert` names alert-not-found, and never answers it."""
    told = DOCUMENT["components"]["schemas"]["Problem"]["properties"]["code"]["description"]
    assert "may never come" in told
    assert "不会出现" in told


def test_every_reference_leads_somewhere() -> None:
    known = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert set(references(DOCUMENT)) <= known


def test_no_schema_is_named_by_a_module_of_ours() -> None:
    """Two models of one name in a service get their modules' paths for names, and `_1`, `_2` where they are in a page."""
    assert [name for name in DOCUMENT["components"]["schemas"] if "__" in name] == []


def test_every_service_is_in_it_and_every_operation_has_its_own_name() -> None:
    assert {path.split("/")[1] for path in DOCUMENT["paths"]} == set(SERVICES)
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(names) == len(set(names))


@each_operation
def test_operation_says_what_it_does_in_both_languages(name: str) -> None:
    operation = OPERATIONS[name]
    english, separator, chinese = operation["summary"].partition(" · ")
    assert separator
    assert english.isascii()
    assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert operation["description"]


@each_operation
def test_operation_names_who_may_call_it_and_its_errors(name: str) -> None:
    operation = OPERATIONS[name]
    if "security" in operation:
        assert operation["x-roles"]
        assert operation["x-permit"] in operation["description"]
        assert {"401", "403"} <= operation["responses"].keys()
    for status, answer in operation["responses"].items():
        if status.startswith(("4", "5")):
            assert "application/problem+json" in answer["content"], status


@each_operation
def test_every_problem_is_named_by_a_code_that_has_a_text(name: str) -> None:
    """Which they are is worked out from the code (`tools.documents.problems`); every test watches (`tests.conftest`)."""
    service = name.split("/")[1]
    codes = {
        code
        for status, answer in OPERATIONS[name]["responses"].items()
        if status.startswith(("4", "5"))
        for code in re.findall("`(.+?)`", answer["description"])
    }
    assert {"invalid-input", "unavailable"} <= codes
    assert codes <= CATALOGUES[service].codes().keys()


def test_what_is_worked_out_and_kept_for_a_while_may_not_be_there_yet_or_no_more() -> None:
    answers = OPERATIONS["GET /jobs/v1/reconciliations/{run_id}/rows"]["responses"]
    assert answers["409"]["description"].endswith(": `reconciliation-not-done`")
    assert answers["410"]["description"].endswith(": `reconciliation-gone`")


@each_operation
def test_successful_answer_has_a_shape(name: str) -> None:
    answers = [answer for status, answer in OPERATIONS[name]["responses"].items() if status.startswith("2")]
    assert answers
    for answer in answers:
        for media in answer.get("content", {}).values():
            assert media.get("schema") or media["itemSchema"], "any JSON at all"
