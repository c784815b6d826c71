"""Organisations (单位) in requests and answers."""

from datetime import datetime

from pydantic import ConfigDict, Field

from services.directory.rules.organisations import OrganisationDraft, OrganisationKind
from services.directory.schemas.fields import AreaText, Feeds, Name, OrganisationCode
from shared.areas import normalise
from shared.http.fields import Answer, Draft


class NewOrganisation(Draft):
    """An organisation to be added."""

    code: OrganisationCode
    name: Name = Field(examples=["教育体育局"])
    kind: OrganisationKind
    area_code: AreaText
    feeds: Feeds = Field([], description="Feeds it owns; bureaus only · 所属预警类别，仅限部门")

    def draft(self) -> OrganisationDraft:
        """As the use case takes it."""
        return OrganisationDraft(self.code, self.name, self.kind, normalise(self.area_code), frozenset(self.feeds))


class OrganisationChange(Draft):
    """What is to change; what is left out stays."""

    name: Name | None = None
    feeds: Feeds | None = None
    active: bool | None = Field(None, description="False closes it · 是否启用")


class OrganisationOut(Answer):
    """One organisation."""

    model_config = ConfigDict(from_attributes=True)

    code: str = Field(examples=["education"])
    name: str = Field(examples=["教育体育局"])
    kind: OrganisationKind
    area_code: str = Field(examples=["539921000000"])
    feeds: list[str] = Field(examples=[["education.absence"]])
    active: bool
    version: int = Field(description="Also in `ETag` · 版本")
    created_at: datetime
    changed_at: datetime
