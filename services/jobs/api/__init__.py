"""HTTP: parse, authorise, call one use case, shape the answer."""

from services.jobs.api import (
    employers,
    ledger,
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
    ledger.router,
    placements.router,
    stay_checks.router,
    trips.router,
    move_up.router,
    subsidies.router,
)
