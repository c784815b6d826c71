"""Feeds as they are read."""

from typing import Any

from pydantic import BaseModel, Field

from services.alerts.rules import Severity


class FeedView(BaseModel):
    """A kind of alert, with the JSON Schema (2020-12) its evidence must satisfy."""

    code: str = Field(examples=["education.absence"])
    bureau: str = Field(examples=["教育体育局"])
    name: str = Field(examples=["学生缺课（疑似辍学）"])
    risk_family: str = Field(examples=["education"])
    default_severity: Severity
    evidence_schema: dict[str, Any]
    version: int
    active: bool
