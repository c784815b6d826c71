"""The gateway's settings: every service behind it, nothing of the inside, and no personal data in a log or on a disk."""

import re
from collections.abc import Iterator

import pytest
from fastapi.routing import iter_route_contexts

from services import SERVICES
from shared.http.app import MAX_BODY
from shared.messages import Catalogue
from shared.telemetry import ours_of
from tests.deploy.conftest import ROOT
from tools.documents.openapi import make_apps


def location(nginx_conf: str, path: str) -> str:
    found = re.search(rf"location {re.escape(path)} \{{(.*?[;}}])\s*\}}", nginx_conf, re.DOTALL)
    assert found is not None, path
    return found[1]


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_its_place(service: str, nginx_conf: str) -> None:
    assert f"set ${service} {service}:8000;" in nginx_conf
    # Without a path behind the name: the request goes on as it came.
    assert location(nginx_conf, f"/{service}/").strip() == f"proxy_pass http://${service};"


def test_no_place_for_what_is_no_service(nginx_conf: str) -> None:
    places = set(re.findall(r"location (/[a-z]+)/ ", nginx_conf))
    assert places == {f"/{service}" for service in SERVICES}


@pytest.mark.parametrize("path", ["/ready", "/metrics"])
def test_what_is_for_operators_is_not_public(path: str, nginx_conf: str) -> None:
    assert f"= {path}" not in nginx_conf
    assert "return 404" in location(nginx_conf, "/")


def test_body_limits_are_those_of_the_services(nginx_conf: str) -> None:
    """The gateway knows each route that takes more than the rest, and refuses what the service would refuse."""
    assert f"client_max_body_size {MAX_BODY};" in nginx_conf
    larger = dict(larger_bodies())
    assert "/alerts/v1/batches" in larger
    for path, size in larger.items():
        assert f"client_max_body_size {size};" in location(nginx_conf, f"= {path}")
    assert nginx_conf.count("client_max_body_size") == 1 + len(larger)


def larger_bodies() -> Iterator[tuple[str, int]]:
    for app in make_apps().values():
        for context in iter_route_contexts(app.routes):
            size = getattr(context.original_route, "max_body_size", None)
            if size and size > MAX_BODY:
                yield str(context.path), size


def test_bodies_and_answers_go_through_as_streams(nginx_conf: str) -> None:
    assert "proxy_request_buffering off;" in nginx_conf
    assert "proxy_max_temp_file_size 0;" in nginx_conf


def test_logs_hold_no_query(nginx_conf: str) -> None:
    written = nginx_conf[nginx_conf.index("log_format") : nginx_conf.index("access_log")]
    assert '"path":"$path"' in written
    assert not re.search(r"\$(request|request_uri|uri|args|query_string|is_args|http_\w+)\b", written)
    # nginx quotes the request line, query and all, in every message below this level.
    assert "error_log /dev/stderr crit;" in nginx_conf


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/docs",
        "/alerts/v1/alerts/01a21f33-8dfe-77e9-aab4-f81cea7ffd5c/evidences",
        "/directory/v1/areas/539921100200",
        "/jobs/v1/subsidies/unclaimed.xlsx",
        "/jobs/v1/ledger/months/2026-10",
        "/households/v1/members/539921198909084955",
        "/households/v1/members/张三",
        "/households/v1/members/15400000017",
        "/households/v1/members/Zhang San",
    ],
)
def test_logs_hold_of_a_path_what_is_ours(path: str, nginx_conf: str) -> None:
    ours = re.search(r'map \$uri \$path \{\s+"~([^"]+)" \$uri;\s+default "\?";', nginx_conf)
    assert ours is not None
    assert bool(re.search(ours[1], path)) == (ours_of(path) == path)


def test_client_cannot_choose_its_address(nginx_conf: str) -> None:
    assert "X-Forwarded-For $remote_addr;" in nginx_conf
    assert "$proxy_add_x_forwarded_for" not in nginx_conf


def test_own_problems_have_the_texts_of_the_catalogue(nginx_conf: str) -> None:
    catalogue = Catalogue()
    problems = re.findall(
        r"return (\d+) '\{\"type\":\"urn:shouwang:problem:([a-z-]+)\",\"title\":\"([^\"]+)\"", nginx_conf
    )
    assert [(status, code) for status, code, _ in problems] == [
        ("404", "not-found"),
        ("413", "body-too-large"),
        ("503", "unavailable"),
    ]
    for _, code, title in problems:
        assert title == catalogue.text(code, "zh")


def test_document_page_needs_no_internet() -> None:
    page = (ROOT / "deploy/gateway/docs.html").read_text()
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert loaded
    assert all(address.startswith("/directory/static/") for address in loaded)
