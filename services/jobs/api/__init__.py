"""HTTP: parse, authorise, call one use case, shape the answer."""

from services.jobs.api import indicators, ledger, needs, people, priority_lists, tasks

# A path with a fixed word stands before the one that would read the word as an id.
ROUTERS = (
    people.router,
    needs.router,
    tasks.router,
    indicators.router,
    priority_lists.router,
    ledger.router,
)
