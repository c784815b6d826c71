"""The document names every status that an operation answers."""

from tests.households.conftest import Households


async def test_statuses_of_versions_types_and_states_are_documented(service: Households) -> None:
    paths = service.app.openapi()["paths"]

    def statuses(method: str, path: str) -> set[str]:
        return set(paths[f"/households/v1{path}"][method]["responses"])

    assert {"412", "428"} <= statuses("patch", "/households/{household_id}")
    assert not {"412", "428"} & statuses("post", "/households")
    assert "415" in statuses("post", "/households/imports")
    assert "415" in statuses("post", "/households"), "a body that is not said to be JSON"
    assert "415" not in statuses("get", "/households")
    assert "409" in statuses("post", "/tasks/{task_id}/acceptance"), "a task without a body has a state as well"
    assert {"200", "201"} <= statuses("post", "/tasks/{task_id}/visits")
