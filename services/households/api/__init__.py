"""HTTP: parse, authorise, call one use case, shape the answer."""

from services.households.api import (
    area_tasks,
    cases,
    imports,
    members,
    monitoring,
    monitoring_moves,
    register,
    register_exports,
    register_imports,
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
    register_imports.router,
    register_exports.router,
)
