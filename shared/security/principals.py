"""Who asks: an account, a department system's API key, or the system itself."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from uuid import UUID

from shared.areas import Scope
from shared.errors import Forbidden, NotFound


class Role(StrEnum):
    """What an account is for."""

    BUREAU = "bureau"  # 部门
    VILLAGE = "village"  # 村
    TOWNSHIP = "township"  # 乡镇
    COUNTY = "county"  # 县中心
    SUPERVISOR = "supervisor"  # 督查，只读
    ADMIN = "admin"  # 系统管理员


FIELD = (Role.VILLAGE, Role.TOWNSHIP, Role.COUNTY)
"""Those who work with households."""


class FeedNotPermitted(Forbidden):
    """The asker's bureau does not own that feed."""

    code = "feed-not-permitted"


class AreaNotPermitted(NotFound):
    """Outside the asker's scope. 404, so that asking tells nothing about what is there."""

    code = "area-not-permitted"


@dataclass(frozen=True, slots=True)
class Principal:
    """The asker, as every use case gets it (`who`)."""

    id: UUID
    kind: Literal["account", "api_key", "system"]
    role: Role
    scope: Scope
    feeds: frozenset[str] = frozenset()

    @property
    def works_with_people(self) -> bool:
        """Whether names and free texts are for the asker."""
        return self.role in FIELD

    def require_feed(self, feed: str) -> None:
        """Raise unless the asker may use `feed`; `*` stands for all."""
        if feed not in self.feeds and "*" not in self.feeds:
            raise FeedNotPermitted(field="feed", feed=feed)

    def require_area(self, area_code: str) -> None:
        """Raise unless `area_code` lies within the asker's scope."""
        if not self.scope.covers(area_code):
            raise AreaNotPermitted(field="area_code", area=area_code)


SYSTEM = Principal(UUID(int=0), "system", Role.ADMIN, Scope.everywhere(), frozenset({"*"}))
"""Jobs and consumers act as this."""
