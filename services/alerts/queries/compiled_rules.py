"""Rows of `rule`, ready for use. Compiling one takes milliseconds, so each is compiled once for a version of its feed."""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from services.alerts import models
from services.alerts.queries.rules import list_rules
from services.alerts.rules.screening_rules import Rule, compile_levels, may_count, rule_fields, worlds_of
from shared.db.engine import ReadSession
from shared.errors import InvalidInput
from shared.expressions import values

log = logging.getLogger(__name__)


def compiled(row: models.Rule, feed: models.Feed) -> Rule:
    """Raises `InvalidInput` when the rule does not fit the feed's evidence."""
    levels = compile_levels(row.levels, row.parameters, rule_fields(feed.evidence_schema))
    parameters = values(row.parameters)
    return Rule(
        id=row.id,
        feed=row.feed,
        area_prefix=row.area_prefix,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        version=row.version,
        parameters=parameters,
        levels=levels,
        worlds=worlds_of(levels, parameters),
    )


def compiled_all(rows: Iterable[models.Rule], feed: models.Feed) -> tuple[Rule, ...]:
    """Those that fit: a feed may have lost a field that only an old version looked at."""
    return tuple(rule for row in rows if (rule := _fitting(row, feed)) is not None)


def _fitting(row: models.Rule, feed: models.Feed) -> Rule | None:
    try:
        return compiled(row, feed)
    except InvalidInput as invalid:
        codes = sorted({fault.code for fault in invalid.faults})
        log.error("a rule does not fit its feed", extra={"rule": str(row.id), "feed": row.feed, "codes": codes})
        return None


class CompiledRules:
    """What was compiled, kept from one reading of the table to the next."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Rule | None] = {}

    def renewed(self, rows: Sequence[models.Rule], feeds: Sequence[models.Feed]) -> Mapping[str, tuple[Rule, ...]]:
        """The rules of each feed."""
        by_code = {feed.code: feed for feed in feeds}
        known: dict[tuple[object, ...], Rule | None] = {}
        found: dict[str, list[Rule]] = {}
        for row in rows:
            feed = by_code[row.feed]
            key: tuple[UUID | object, ...] = (row.id, row.valid_to, feed.version)
            rule = known[key] = self._known[key] if key in self._known else _fitting(row, feed)
            if rule is not None:
                found.setdefault(row.feed, []).append(rule)
        self._known = known
        return {code: tuple(rules) for code, rules in found.items()}


async def find_explaining(
    session: ReadSession, report: models.Alert | models.AlertEvidence
) -> tuple[models.Feed, Rule | None]:
    """The report's feed, and the version of the rule that let it through; None where there was none, or it fits no more."""
    feed = await session.get_one(models.Feed, report.feed)
    row = await session.get(models.Rule, report.rule_id) if report.rule_id is not None else None
    return feed, _fitting(row, feed) if row is not None else None


async def list_explaining(
    session: ReadSession, reports: Sequence[models.Alert | models.AlertEvidence]
) -> list[tuple[models.Feed, Rule | None]]:
    """The same of several, in their order."""
    known: dict[tuple[str, UUID | None], tuple[models.Feed, Rule | None]] = {}
    for report in reports:
        key = (report.feed, report.rule_id)
        if key not in known:
            known[key] = await find_explaining(session, report)
    return [known[report.feed, report.rule_id] for report in reports]


async def list_fitting(session: ReadSession, feed: models.Feed, ids: Collection[UUID]) -> tuple[Rule, ...]:
    """These versions, but for those that do not fit the feed any more."""
    rows = await session.scalars(select(models.Rule).where(models.Rule.id.in_(ids)).order_by(models.Rule.id))
    return compiled_all(rows, feed)


async def fields_in_rules(session: ReadSession, feed: models.Feed, today: date) -> frozenset[str]:
    """Fields of evidence that a rule of the feed looks at, today or some day: they cannot vanish from its schema."""
    rules = compiled_all(await list_rules(session, None, feed=feed.code), feed)
    used: set[str] = set().union(*(rule.fields for rule in may_count(rules, today)))
    return frozenset(used.intersection(feed.evidence_schema.get("properties", {})))
