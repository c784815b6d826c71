"""One PostgreSQL server of our own in a data directory, for a machine that has Python and nothing else.

    with Cluster(Path(".data/postgres")) as cluster:
        engine = create_async_engine(cluster.dsn("alerts"))

Production does not use this package: it is given a DSN. Why it is built as it is stands in
`docs/decisions/0002-embedded-postgresql.md`.
"""

from shared.postgres.cluster import Cluster
from shared.postgres.disposable import DisposableCluster
from shared.postgres.errors import ClusterError
from shared.postgres.steps import Step

__all__ = ["Cluster", "ClusterError", "DisposableCluster", "Step"]
