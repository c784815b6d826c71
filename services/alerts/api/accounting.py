"""The books: every report that was taken is somewhere."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query

from services.alerts.api.permits import ReadAccounting
from services.alerts.queries import accounting as queries
from services.alerts.queries import receipts
from services.alerts.rules.accounting import days_of_account
from services.alerts.rules.alerts import sight
from services.alerts.schemas.accounting import Accounting, ChannelAccount, FeedAccount, FindingView
from shared.clock import local_date, utc_now
from shared.http.context import Db

router = APIRouter(prefix="/v1/accounting", tags=["Accounting · 预警对账"])

_PLACES = ("open", "merged", "worsened", "snoozed", "answered", "withdrawn", "expired", "dropped")


@router.get("", summary="Do the books balance? · 预警对账")
async def read_accounting(
    who: ReadAccounting,
    db: Db,
    first: Annotated[date | None, Query(alias="from", description="First day, inclusive · 起始日期")] = None,
    last: Annotated[date | None, Query(alias="to", description="Last day, inclusive · 截止日期")] = None,
) -> Accounting:
    """Reports taken in those days (this month when left out), by feed, and where each of them is. `channels` compares what
    is there with what was counted apart from it when it was taken: a report that got lost shows there.

    A bureau sees its own feeds; the county, supervisors and administrators see all.
    """
    begin, end = days_of_account(first, last, local_date(utc_now()))
    async with db.read(who.scope) as session:
        rows = await queries.count_reports(session, sight(who), begin, end)
        channels = await receipts.compare(session, sight(who), begin, end)
        findings = await queries.list_findings(session, sight(who))
        checked_at = await queries.last_asked_at(session)
    return Accounting(
        first_day=begin,
        last_day=end,
        feeds=[_feed_account(row) for row in rows],
        channels=[_channel_account(row) for row in channels],
        findings=[FindingView.model_validate(found, from_attributes=True) for found in findings],
        checked_at=checked_at,
    )


def _feed_account(row: Mapping[str, Any]) -> FeedAccount:
    difference = row["accepted"] - sum(row[place] for place in _PLACES)
    return FeedAccount(**{**row, "difference": difference, "difference_ids": row["difference_ids"] or []})


def _channel_account(row: Mapping[str, Any]) -> ChannelAccount:
    difference = row["counted"] - row["kept"]
    return ChannelAccount(**{**row, "difference": difference, "difference_ids": row["difference_ids"] or []})
