"""What the routes ask for: who may do what, the reference data, the batch bell."""

import asyncio
from typing import Annotated

from fastapi import Depends, Request

from services.alerts.queries.reference import ReferenceData
from shared.security.permits import Permit
from shared.security.principals import Principal, Role

_READERS = (Role.BUREAU, Role.COUNTY, Role.SUPERVISOR, Role.ADMIN)

ReportAlerts = Annotated[Principal, Depends(Permit("alert:report", Role.BUREAU, api_key=True))]
ReadAlerts = Annotated[Principal, Depends(Permit("alert:read", *_READERS, api_key=True))]
WithdrawAlerts = Annotated[Principal, Depends(Permit("alert:withdraw", Role.BUREAU, api_key=True))]
ReportBatches = Annotated[Principal, Depends(Permit("batch:report", Role.BUREAU, api_key=True))]
ReadBatches = Annotated[Principal, Depends(Permit("batch:read", *_READERS, api_key=True))]
ReadFeeds = Annotated[Principal, Depends(Permit("feed:read", *_READERS, api_key=True))]


async def _reference(request: Request) -> ReferenceData:
    reference: ReferenceData = request.app.state.reference
    return reference


async def _batch_bell(request: Request) -> asyncio.Event:
    bell: asyncio.Event = request.app.state.batch_bell
    return bell


KnownFeeds = Annotated[ReferenceData, Depends(_reference)]
BatchBell = Annotated[asyncio.Event, Depends(_batch_bell)]
"""Rung when a batch has been committed, so that a worker need not look for one all the time."""
