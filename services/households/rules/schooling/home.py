"""Teaching at home (送教上门): for grave disability only, by the levels of GB/T 26341 that the policy names."""

from services.households.rules.schooling.refusals import HomeTeachingNotDue, HomeTeachingPaperMissing
from shared.contracts.schooling_policies import Schooling


def require_home_teaching(disability_level: int | None, *, paper: bool, rules: Schooling) -> None:
    """Raise `HomeTeachingNotDue`, or `HomeTeachingPaperMissing` for a level that needs an assessment on paper."""
    if disability_level in rules.home_levels:
        return
    if disability_level not in rules.home_levels_with_paper:
        raise HomeTeachingNotDue(field="to")
    if not paper:
        raise HomeTeachingPaperMissing(field="paper")
