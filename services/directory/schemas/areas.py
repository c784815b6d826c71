"""Areas (行政区划) in requests and answers."""

from pydantic import Field

from services.directory.models import Area
from services.directory.rules.areas import Node
from services.directory.schemas.fields import Name
from shared.areas import Level
from shared.http.fields import Answer, Draft


class AreaOut(Answer):
    """One area. Codes: GB/T 2260 + GB/T 10114 + village, 12 digits."""

    code: str = Field(examples=["539921101000"])
    name: str = Field(examples=["云峰镇"])
    level: Level
    parent: str | None = Field(examples=["539921000000"])
    active: bool = Field(description="False: the code was closed · 是否启用")

    @classmethod
    def of(cls, area: Area) -> "AreaOut":
        """From its row."""
        return cls(code=area.code, name=area.name, level=Level(area.level), parent=area.parent_code, active=area.active)


class AreaTree(Answer):
    """An area with those below it."""

    code: str = Field(examples=["539921101000"])
    name: str
    level: Level
    active: bool
    children: list["AreaTree"]

    @classmethod
    def of(cls, node: Node) -> "AreaTree":
        """From a node of the rules."""
        return cls(
            code=node.code,
            name=node.name,
            level=Level(node.level),
            active=node.active,
            children=[cls.of(child) for child in node.children],
        )


class AreaChange(Draft):
    """What is to change; what is left out stays."""

    name: Name | None = None
    active: bool | None = Field(None, description="False closes it · 是否启用")


class ImportOut(Answer):
    """What the import did, or with `dry_run` would do."""

    rows: int
    added: int
    changed: int
    unchanged: int
    dry_run: bool
