"""What `/docs` proposes for jobs is not only read but taken: examples as they stand, with ids of what is there."""

from typing import Any

from services.jobs.schemas.ledger import QuickDraft, RowDraft
from services.jobs.schemas.posts import PostDraft, TermsDraft
from services.jobs.schemas.training import CourseDraft
from tests.contracts.test_examples import proposed
from tests.contracts.test_openapi import DOCUMENT
from tests.jobs.conftest import PINE, Jobs
from tests.jobs.posts import employer
from tests.jobs.test_ledger import THIS


def examples(model: type[Any]) -> list[dict[str, Any]]:
    """Whole bodies, as the document has them."""
    schema = DOCUMENT["components"]["schemas"][model.__name__]
    return schema.get("examples") or [proposed(schema)]


async def taken(service: Jobs, method: str, path: str, body: dict[str, Any], *who: str) -> dict[str, Any]:
    answer = await service.call(method, path, *who, json=body, headers={"If-Match": "*"})
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_rows_of_the_ledger(service: Jobs) -> None:
    people = await service.people(1, 2)
    for person, row in zip(people, examples(RowDraft), strict=True):
        place = f"/ledger/months/{THIS}/people/{person}"
        answer = await service.call("PUT", place, "village", PINE, json=row)
        assert answer.is_success, answer.text
    [quick] = examples(QuickDraft)
    await taken(service, "PATCH", f"/ledger/months/{THIS}/people/{people[0]}", quick, "village", PINE)


async def test_posts_and_courses(service: Jobs) -> None:
    [draft], [terms] = examples(PostDraft), examples(TermsDraft)
    made = await taken(service, "POST", "/posts", {**draft, "employer_id": str(await employer(service))})
    await taken(service, "PUT", f"/posts/{made['id']}/terms", terms)
    [course] = examples(CourseDraft)
    ids = {"employer_id": made["employer"]["id"], "post_id": made["id"]}
    assert (await taken(service, "POST", "/courses", {**course, **ids}))["state"] == "open"
