"""HTTP: parse, authorise, call one use case, shape the answer."""

from services.jobs.api import brands, courses, employers, enrolments, ledger, needs, people, post_imports, posts, tasks

# A path with a fixed word stands before the one that would read the word as an id.
ROUTERS = (
    people.router,
    needs.router,
    tasks.router,
    employers.router,
    post_imports.router,
    posts.router,
    courses.router,
    enrolments.router,
    enrolments.certificates,
    brands.router,
    ledger.router,
)
