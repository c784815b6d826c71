"""What the risk of a household was called gone on, against the rules of elimination: as it was on that day.

A gate refuses all of this beforehand; that it did is looked at here, by rules that know nothing of the gate's. What has
become of the household since is no fault of the decision: gaps of today are told by `unwatched.py`. Only what must stand
in every case that is over is asked of today's record where nothing was kept, as of cases that a list brought.
Sources: docs/field.md, Steps and Risks.
"""

from services.households.rules.case_snapshot import Snapshot
from services.households.rules.quality.record import UNSAFE_LEVELS, AfterValues, Case
from services.households.rules.quality.rule import FOUND, Params, of_after_values, of_elimination
from shared.contracts.quality_policies import QualityRules

ENDED = "case.eliminated_on"


@of_after_values("eliminated-by-no-help", "fatal", ENDED, "case.measures")
def eliminated_by_no_help(after: AfterValues, case: Case, numbers: QualityRules) -> Params | None:
    """Fatal: 帮扶消除 with zero measures."""
    return FOUND if not (case.natural or after.helped) else None


@of_elimination("eliminated-under-line", "fatal", ENDED)
def eliminated_under_line(seen: Snapshot, case: Case, numbers: QualityRules) -> Params | None:
    """Fatal: 帮扶消除 with income under the line, both of that day."""
    income = seen.income
    if income is None or income.line is None or income.reference_per_head is None:
        return None
    under = income.reference_per_head < income.line
    return {"amount": income.reference_per_head, "line": income.line} if under else None


@of_elimination("eliminated-without-labour", "fatal", ENDED)
def eliminated_without_labour(seen: Snapshot, case: Case, numbers: QualityRules) -> Params | None:
    """Fatal: whole family without labour closed."""
    return FOUND if not seen.able + seen.weak or seen.no_labour_covered is True else None


@of_after_values("after-assurances-missing", "fatal", ENDED)
def after_assurances_missing(after: AfterValues, case: Case, numbers: QualityRules) -> Params | None:
    """Fatal: closed case missing any after-values, of 三保障和饮水."""
    count = after.assurances.count(None)
    return {"count": count} if count else None


@of_after_values("after-income-missing", "fatal", ENDED)
def after_income_missing(after: AfterValues, case: Case, numbers: QualityRules) -> Params | None:
    """Fatal: closed case missing any after-values, of 收支."""
    return FOUND if after.reference_per_head is None else None


@of_elimination("eliminated-unsafe-home", "fatal", ENDED)
def eliminated_unsafe_home(seen: Snapshot, case: Case, numbers: QualityRules) -> Params | None:
    """Risks, 因安全住房: risk closed but 是否危房户 = 是; of every risk, for no household may be left in one."""
    dangerous = seen.dwelling_level in UNSAFE_LEVELS and seen.only_home is not False
    return FOUND if seen.housing is False or dangerous else None


@of_elimination("eliminated-unsafe-water", "fatal", ENDED)
def eliminated_unsafe_water(seen: Snapshot, case: Case, numbers: QualityRules) -> Params | None:
    """Risks, 因安全饮水: risk closed but 饮水 unsafe."""
    return FOUND if seen.water is False else None


@of_elimination("eliminated-with-dropout", "fatal", ENDED)
def eliminated_with_dropout(seen: Snapshot, case: Case, numbers: QualityRules) -> Params | None:
    """Steps, cannot be marked: 三保障 unsolved, schooling."""
    return FOUND if seen.schooling is False or seen.out_of_school else None


@of_elimination("eliminated-without-insurance", "fatal", ENDED)
def eliminated_without_insurance(seen: Snapshot, case: Case, numbers: QualityRules) -> Params | None:
    """Steps, cannot be marked: 三保障 unsolved, medical."""
    return FOUND if seen.medical is False or seen.uninsured else None


RULES = (
    eliminated_by_no_help,
    eliminated_under_line,
    eliminated_without_labour,
    after_assurances_missing,
    after_income_missing,
    eliminated_unsafe_home,
    eliminated_unsafe_water,
    eliminated_with_dropout,
    eliminated_without_insurance,
)
