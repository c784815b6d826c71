"""HTTP: parse, authorise, call one use case, shape the answer."""

from services.households.api import (
    area_tasks,
    cases,
    duplicates,
    imports,
    members,
    monitoring,
    monitoring_moves,
    photos,
    pretence,
    register,
    register_history,
    regrouping,
    tasks,
    verdicts,
    visits,
)

# Imports first: their path would otherwise be read as a household's id.
ROUTERS = (
    imports.router,
    register.router,
    register_history.router,
    members.router,
    regrouping.router,
    duplicates.router,
    tasks.router,
    cases.router,
    area_tasks.router,
    verdicts.router,
    visits.router,
    photos.router,
    pretence.router,
    monitoring.router,
    monitoring_moves.router,
)
