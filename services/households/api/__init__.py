"""HTTP: parse, authorise, call one use case, shape the answer."""

from services.households.api import (
    area_tasks,
    cases,
    imports,
    members,
    monitoring,
    monitoring_moves,
    register,
    tasks,
    verdicts,
)

# Imports first: their path would otherwise be read as a household's id.
ROUTERS = (
    imports.router,
    register.router,
    members.router,
    tasks.router,
    cases.router,
    area_tasks.router,
    verdicts.router,
    monitoring.router,
    monitoring_moves.router,
)
