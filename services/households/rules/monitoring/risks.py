"""Risks (返贫致贫风险) and classes (监测对象类型) of a national case, pure. Codes: docs/field.md, Risks, `codes.toml`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from shared.contracts.monitoring import CaseClass
from shared.errors import Conflict, Fault, Forbidden, Invalid

MOST = 5
"""Risks of one household (docs/field.md, Risks)."""

OTHER = "99"
"""The risk that needs words."""

OF_FAMILY = {
    "medical": "01",
    "disaster": "0299",  # which kind, the village says
    "disability": "03",
    "labour": "04",
    "accident": "05",
    "industry": "06",
    "employment": "07",
    "education": "09",
    "housing": "housing",
    "water": "water",
}
"""The risk that a confirmed alert of a family stands for. `other` stands for none: nobody has put it in words yet."""


class RisksInvalid(Invalid):
    """Between one and five different risks, the main one among them."""

    code: ClassVar[str] = "case-risks-invalid"


class RemarkRequired(Invalid):
    """The risk 99 must be put in words."""

    code: ClassVar[str] = "case-remark-required"


class RiskStays(Forbidden):
    """The county has decided on that risk: it alone says that it is none."""

    code: ClassVar[str] = "case-risk-stays"


class RiskReasonRequired(Invalid):
    """Help is owed for each risk: why one is none must be said."""

    code: ClassVar[str] = "case-risk-reason-required"


def require_risks(main: str, risks: Sequence[str], remark: str | None) -> None:
    """Raise `RisksInvalid` or `RemarkRequired`."""
    if not 1 <= len(risks) <= MOST or len(set(risks)) < len(risks) or main not in risks:
        raise RisksInvalid(field="risks", most=MOST)
    if OTHER in risks and not (remark and remark.strip()):
        raise RemarkRequired(field="remark")


def dropped(there: Sequence[str], wanted: Collection[str]) -> list[str]:
    """The risks that are to be none any more; a disaster of some kind may be put more exactly."""
    exact = any(risk.startswith("02") for risk in wanted)
    return [risk for risk in there if risk not in wanted and not (risk == OF_FAMILY["disaster"] and exact)]


def with_risk(main: str | None, risks: Sequence[str], added: str | None) -> tuple[str | None, list[str]]:
    """Main risk and risks after one more was confirmed; a sixth is only kept as evidence.

    A disaster whose kind is known is not made unknown again by an alert that does not say it.
    """
    kind_known = added == OF_FAMILY["disaster"] and any(risk.startswith("02") for risk in risks)
    if added is None or added in risks or kind_known or len(risks) >= MOST:
        return main, list(risks)
    return main or added, [*risks, added]


@dataclass(frozen=True, slots=True)
class Means:
    """What a class is judged by. Income and line in yuan per head and year; None: not known yet."""

    household_class: str  # ordinary | lifted_out | monitored
    income: Decimal | None = None  # 收入参考范围: net income + claims - eligible self-paid spending
    line: Decimal | int | None = None


class ClassContradicts(Conflict):
    """What is known of the household speaks against the class."""

    code: ClassVar[str] = "case-class-contradicts"

    def __init__(self, codes: Collection[str]) -> None:
        super().__init__(field="class")
        self._codes = tuple(codes)

    @property
    def faults(self) -> Sequence[Fault]:
        """All of it."""
        return [Fault("class", code) for code in self._codes]


def check_class(wanted: CaseClass, means: Means) -> tuple[list[str], list[str]]:
    """What speaks against a class, and what could not be checked, as codes of texts (docs/field.md, Classes)."""
    against, unknown = [], []
    if wanted != "sudden":
        if means.household_class == "monitored":
            unknown.append("case-class-origin-unknown")
        elif means.household_class != ("lifted_out" if wanted == "unstable" else "ordinary"):
            against.append(f"case-class-not-{wanted}")
    if means.income is None or means.line is None:
        unknown.append("case-class-income-unknown")
    elif wanted == "sudden" and means.income < means.line:
        against.append("case-class-below-line")
    elif wanted != "sudden" and means.income >= means.line:
        against.append("case-class-above-line")
    return against, unknown
