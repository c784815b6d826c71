"""HTTP: parse, authorise, call one use case, shape the answer."""

from services.jobs.api import (
    brands,
    courses,
    employers,
    enrolments,
    ledger,
    ledger_imports,
    matching,
    move_up,
    needs,
    people,
    placements,
    post_imports,
    posts,
    stay_checks,
    subsidies,
    tasks,
    trips,
)

# A path with a fixed word stands before the one that would read the word as an id.
ROUTERS = (
    people.router,
    needs.router,
    tasks.router,
    matching.router,
    employers.router,
    post_imports.router,
    posts.router,
    ledger_imports.router,
    courses.router,
    enrolments.router,
    enrolments.certificates,
    brands.router,
    ledger.router,
    placements.router,
    stay_checks.router,
    trips.router,
    move_up.router,
    subsidies.router,
)
