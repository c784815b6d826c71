"""Employers and posts for tests."""

from typing import Any
from uuid import UUID

from tests.jobs.conftest import Jobs

CODE = "91539921MA6K000019"
OTHER_CODE = "92539921MA6K000029"
EMPLOYER = {"name": "东莞市示例五金有限公司", "kind": "company", "credit_code": CODE, "area_code": "441900000000"}
POST: dict[str, Any] = {
    "trade": "61804",
    "title": "冲压工",
    "place": "441900",
    "openings": 2,
    "pay_low": "4500",
    "pay_high": "6000",
    "lodging": True,
}


async def employer(service: Jobs, **facts: Any) -> UUID:
    """A registered employer."""
    answer = await service.post("/employers", {**EMPLOYER, **facts})
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


async def post(service: Jobs, employer_id: UUID, role: str = "county", area: str = "539921", **terms: Any) -> Any:
    """A post of that employer, as answered."""
    answer = await service.post("/posts", {**POST, "employer_id": str(employer_id), **terms}, role, area)
    assert answer.status_code == 201, answer.text
    return answer.json()


def codes(answer: Any) -> list[str]:
    """What was wrong with a request, by code."""
    problem = answer.json()
    return [one["code"] for one in problem.get("errors", [])] or [problem["code"]]
