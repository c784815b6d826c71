"""Trying a rule over the reports that are stored. Their evidence is sealed: it is opened page by page, in a thread."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import polars as pl

from services.alerts.models import Feed, Rule
from services.alerts.queries import rules as queries
from services.alerts.queries.compiled_rules import compiled, compiled_all
from services.alerts.queries.feeds import get_feed
from services.alerts.queries.known import Asked, look_up
from services.alerts.queries.rules import Reported
from services.alerts.rules.alerts import sight
from services.alerts.rules.rule_sets import RuleSet
from services.alerts.rules.screening_rules import FACTS, STRANGER, Facts, choices_of, compile_levels, rule_fields
from services.alerts.rules.trials import (
    MAX_DAYS,
    MAX_ROWS,
    Comparison,
    Trial,
    TrialParameterUnknown,
    TrialTooLong,
    Tried,
    with_draft,
)
from services.alerts.usecases.rules import RuleDraft, require_publisher
from services.alerts.usecases.screening import row_of
from shared.clock import end_of_day, local_date, start_of_day
from shared.db.engine import ReadSession, raw
from shared.errors import Fault, InvalidInput
from shared.expressions import Value
from shared.ids import new_id
from shared.security.principals import Principal
from shared.security.vault import Vault

PAGE = 1000

FactsOf = Callable[[ReadSession, Sequence[Reported], str], Awaitable[Mapping[UUID, Facts]]]
"""What the register knows of the people of these reports, by report; the text is the feed's risk family."""


@dataclass(frozen=True, slots=True)
class Period:
    """Which reports: reported from the first to the last day (China), of one batch or file where that is given."""

    first: date
    last: date
    batch_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class StoredTrial:
    """What came of it. `fields`: that one of the rules looks at; `examples` by the id that stands in the comparison."""

    comparison: Comparison
    fields: frozenset[str]
    examples: Mapping[UUID, Reported]


@dataclass(frozen=True, slots=True)
class Sweep:
    """Other values of one parameter, to see what each would have cost and caught."""

    parameter: str
    values: Sequence[Value]


async def try_rule(
    session: ReadSession,
    who: Principal,
    draft: RuleDraft,
    period: Period,
    sweep: Sweep | None,
    vault: Vault,
    now: datetime,
    facts_of: FactsOf | None = None,
) -> StoredTrial:
    """What a draft would have done to the stored reports of its feed and area, beside the rules in force today.

    Without `facts_of`, what depends on the register counts
    as open. Raises `InvalidInput` for the draft, `TrialTooLong`, `TrialParameterUnknown`, `AreaNotPermitted`,
    `FeedNotFound`.
    """
    require_publisher(who, draft.area_prefix)
    if not timedelta(0) <= period.last - period.first < timedelta(days=MAX_DAYS):
        raise TrialTooLong(field="last_day", days=MAX_DAYS, rows=MAX_ROWS)
    feed = await get_feed(session, draft.feed)
    trial = await open_trial(session, feed, draft, sweep, local_date(now))
    span = queries.Span(
        draft.feed,
        draft.area_prefix,
        start_of_day(period.first),
        end_of_day(period.last),
        period.batch_id,
    )
    comparison, examples = Comparison(), dict[UUID, Reported]()
    after = None
    while page := await queries.list_span(session, sight(who), span, after, PAGE):
        facts = await facts_of(session, page, feed.risk_family) if facts_of is not None else None
        await asyncio.to_thread(_add, trial, comparison, page, facts, vault)
        if comparison.rows > MAX_ROWS:
            raise TrialTooLong(field="last_day", days=MAX_DAYS, rows=MAX_ROWS)
        after = page[-1].id
        named = {example.tried.id for example in comparison.examples}
        examples |= {report.id: report for report in page if report.id in named}
    rules = (*trial.in_force.rules, *trial.tried.rules)
    return StoredTrial(comparison, frozenset().union(*(rule.fields for rule in rules)), examples)


async def known_facts(session: ReadSession, reports: Sequence[Reported], risk_family: str) -> Mapping[UUID, Facts]:
    """What the register knows today. No open case: each report would see its own."""
    asked = [Asked(one.person_key, one.household_key, risk_family) for one in reports]
    known = await look_up(await raw(session), asked)
    return {one.id: {**facts, "has_open_case": False} for one, facts in zip(reports, known, strict=True)}


def draft_of(rule: Rule, parameters: Mapping[str, Any], who: Principal) -> RuleDraft:
    """A stored version as a draft, with some of its parameters changed. Raises `TrialParameterUnknown`.

    A version for more than one's own area (those that are shipped are for everywhere) is tried in one's own.
    """
    if not parameters.keys() <= rule.parameters.keys():
        raise TrialParameterUnknown(field="parameters")
    changed = {**rule.parameters, **parameters}
    below = [one for one in who.scope.prefixes if one.startswith(rule.area_prefix)]
    area_prefix = below[0] if len(below) == 1 else rule.area_prefix
    return RuleDraft(rule.feed, area_prefix, rule.valid_from, rule.valid_to, rule.levels, changed, rule.note)


async def open_trial(session: ReadSession, feed: Feed, draft: RuleDraft, sweep: Sweep | None, today: date) -> Trial:
    """A draft and the rules in force, ready for rows from wherever. Raises `InvalidInput`, `TrialParameterUnknown`."""
    rows = await queries.list_rules(session, None, feed=feed.code, on=today)
    in_force = compiled_all(rows, feed)

    def with_parameters(parameters: Mapping[str, Any]) -> RuleSet:
        schema = feed.evidence_schema
        compile_levels(draft.levels, parameters, rule_fields(schema), choices_of(schema))
        row = Rule(id=new_id(), feed=feed.code, area_prefix=draft.area_prefix, valid_from=today, version=0)
        row.levels, row.parameters = [dict(level) for level in draft.levels], dict(parameters)
        return RuleSet(feed.default_severity, with_draft(in_force, compiled(row, feed), today), today)

    tried = with_parameters(draft.parameters)
    others: dict[Value, RuleSet] = {}
    if sweep is not None:
        if sweep.parameter not in draft.parameters:
            raise TrialParameterUnknown(field="sweep.parameter")
        for place, value in enumerate(sweep.values):
            if isinstance(value, str) != isinstance(draft.parameters[sweep.parameter], str):
                raise InvalidInput([Fault(f"sweep.values.{place}", "rule-parameter-value")])
            others[value] = with_parameters({**draft.parameters, sweep.parameter: value})
    types = {name: kind for name, kind in rule_fields(feed.evidence_schema).items() if name not in FACTS}
    return Trial(RuleSet(feed.default_severity, in_force, today), tried, others, types)


def _add(
    trial: Trial, comparison: Comparison, page: Sequence[Reported], facts: Mapping[UUID, Facts] | None, vault: Vault
) -> None:
    """A page opened and judged; in a thread, for a thousand seals take their time."""
    frame = trial.frame([_row(report, vault) for report in page])
    if facts is not None:
        told = [facts.get(report.id, STRANGER) for report in page]
        frame = frame.with_columns(pl.Series(fact, [one[fact] for one in told], pl.Boolean) for fact in FACTS)
    tried = [Tried(report.id, report.task, report.verdict) for report in page]
    trial.add(comparison, frame, tried.__getitem__)


def _row(report: Reported, vault: Vault) -> dict[str, Any]:
    evidence = vault.open_json(report.sealed, "alert")["evidence"]
    row = row_of(report.occurred_on, report.area_code, evidence)
    return {"reported_on": local_date(report.reported_at), **row}
