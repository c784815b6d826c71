"""A report held against the rules of its feed: a microsecond or two, for it stands on the road of every alert."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from services.alerts.rules.screening import Feed
from services.alerts.rules.screening_rules import Judged, Rule, judge_row
from shared.versions import valid_on


def row_of(occurred_on: date, area_code: str, evidence: Mapping[str, Any]) -> dict[str, Any]:
    """A report as rules look at it. The evidence satisfies its feed's schema."""
    return {"occurred_on": occurred_on, "area_code": area_code, **evidence}


class Bench:
    """The rules of one day, `today`, that of the report in China; those of a feed are sorted once."""

    __slots__ = ("_rules", "_valid", "today")

    def __init__(self, rules: Mapping[str, Sequence[Rule]], today: date) -> None:
        self.today = today
        self._rules = rules
        self._valid: dict[str, Sequence[Rule]] = {}

    def rule(self, feed: str, area_code: str) -> Rule | None:
        """The version in force; None: every row triggers."""
        valid = self._valid.get(feed)
        if valid is None:
            valid = self._valid[feed] = valid_on(self._rules.get(feed, ()), self.today)
        for rule in valid:
            if area_code.startswith(rule.area_prefix):
                return rule
        return None

    def judge(
        self, feed: Feed, rule: Rule | None, occurred_on: date, area_code: str, evidence: Mapping[str, Any]
    ) -> Judged:
        """What becomes of a row by the rule in force. Severity None: it does not trigger; nothing of it is kept.

        The answer may be open: look up what the register knows (of a stranger to it: `STRANGER`) and `decide`.
        """
        if rule is None:
            return Judged(feed.default_severity, None)
        return judge_row(rule, self.whole(occurred_on, area_code, evidence))

    def whole(self, occurred_on: date, area_code: str, evidence: Mapping[str, Any]) -> dict[str, Any]:
        """The row with the day of the report."""
        return {"reported_on": self.today, "occurred_on": occurred_on, "area_code": area_code, **evidence}
