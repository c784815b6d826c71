"""What a file is worked off with: its feed, the rules of the day, the areas of its sender."""

from datetime import date, datetime, timedelta

from services.alerts.models import Feed, File
from services.alerts.queries import files
from services.alerts.queries.reference import list_areas
from services.alerts.rules.area_names import area_names
from services.alerts.rules.calendar import period_end
from services.alerts.rules.evidence_bounds import bounds_of
from services.alerts.rules.file_columns import spared_fields, words_of
from services.alerts.rules.files import FeedWithoutColumns
from services.alerts.rules.rule_sets import RuleSet
from services.alerts.rules.screening import Reference
from services.alerts.usecases.file_checks import Sender
from services.alerts.usecases.file_look import Sieve
from services.alerts.usecases.file_work import ReadyFile
from shared.areas import Scope
from shared.clock import local_date
from shared.db.engine import ReadSession


async def get_feed(session: ReadSession, file: File) -> Feed:
    """Whose rows they are; raises `FeedWithoutColumns` once it is closed."""
    feed = await files.find_feed(session, file.feed)
    if feed is None:
        raise FeedWithoutColumns(feed=file.feed)
    return feed


async def make_ready(
    session: ReadSession, file: File, feed: Feed, reference: Reference, kept: timedelta, now: datetime
) -> ReadyFile:
    """What the rows are held against, as it is now."""
    scope = Scope.parse(file.areas)
    today = local_date(now)
    return ReadyFile(
        file=file,
        sender=sender_of(file, feed, reference, _day(file.period, feed, today), now),
        sieve=sieve_of(feed, scope, reference, area_names(await list_areas(session), scope), today),
        expires_at=file.received_at + kept,
    )


def sender_of(file: File, feed: Feed, reference: Reference, day: date, now: datetime) -> Sender:
    """Whose file it is. `day`: of rows that name none."""
    scope = Scope.parse(file.areas)
    return Sender(
        file_id=file.id,
        reported_by=file.reported_by,
        scope=scope,
        feed=reference.feeds[feed.code],
        about_areas=feed.subject == "area",
        fields=tuple(feed.evidence_schema["properties"]),
        areas=reference.areas,
        own_areas=frozenset(filter(scope.covers, reference.areas)),
        day=day,
        today=local_date(now),
        reported_at=now,
    )


def sieve_of(feed: Feed, scope: Scope, reference: Reference, names: dict[str, str], today: date) -> Sieve:
    """What the rows of a feed's files are held against."""
    prefixes = scope.prefixes
    own = scope.first_area() if len(prefixes) == 1 and "" not in prefixes else None
    rules = RuleSet(feed.default_severity, reference.rules.get(feed.code, ()), today)
    asked = frozenset().union(*(rule.fields for rule in rules.rules))
    spared = spared_fields(feed.columns, feed.evidence_schema, asked)
    bounds = list(bounds_of(feed.evidence_schema))
    return Sieve(
        rules,
        names,
        words_of(feed.columns, feed.evidence_schema),
        own,
        spared,
        bounds=[one for one in bounds if one.field in asked],
        spared_bounds=[one for one in bounds if one.field in spared],
    )


def _day(period: str, feed: Feed, today: date) -> date:
    """Of rows that name none: the last day of the period, while it is to come today."""
    last = period_end(period, feed.cadence)
    return today if last is None else min(last, today)
