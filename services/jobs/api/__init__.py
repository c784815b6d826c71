"""HTTP: parse, authorise, call one use case, shape the answer."""

from services.jobs.api import ledger, ledger_imports, needs, people, reconciliation, samples, tasks

# A path with a fixed word stands before the one that would read the word as an id.
ROUTERS = (
    people.router,
    needs.router,
    tasks.router,
    ledger_imports.router,
    ledger.router,
    reconciliation.router,
    samples.router,
)
