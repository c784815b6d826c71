"""The documents that are made from the code: event schemas, `docs/events.md`, AsyncAPI and OpenAPI.

They stand in the repository so that a change of what others rely on is seen in its diff. `make docs` writes them,
`make lint` fails while one is stale.
"""
