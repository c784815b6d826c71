"""The HTTP routes of the alerts service."""

from fastapi import APIRouter

from services.alerts.api import alerts, batches, feeds

router = APIRouter(prefix="/v1")
router.include_router(alerts.router)
router.include_router(batches.router)
router.include_router(feeds.router)
