"""HTTP: parse, authorise, call one use case, shape the answer."""

from services.households.api import (
    area_tasks,
    cases,
    duplicates,
    imports,
    income,
    income_imports,
    members,
    monitoring,
    monitoring_moves,
    register,
    register_exports,
    register_history,
    register_imports,
    regrouping,
    tasks,
    verdicts,
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
    monitoring.router,
    monitoring_moves.router,
    register_imports.router,
    register_exports.router,
    income_imports.router,
    income.router,
)
