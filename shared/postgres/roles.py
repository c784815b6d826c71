"""The database, its owner, and one role for each service: made by the superuser when missing, never changed.

`shouwang` owns the database and runs the migrations; it is no superuser, and that is enough for `CREATE SCHEMA` and
for trusted extensions such as pg_trgm. A service's role may connect and have temporary tables, no more: what it may
do inside, migrations grant. The superuser `postgres` is for this set-up and for tests that clone databases.
"""

import subprocess
from collections.abc import Iterable
from pathlib import Path

from shared.postgres.binaries import Binaries
from shared.postgres.configuration import PORT
from shared.postgres.errors import ClusterError
from shared.postgres.identity import current_identity

SUPERUSER = "postgres"
OWNER = "shouwang"
DATABASE = "shouwang"

_SCRIPT = Path(__file__).with_name("roles.sql")


def ensure_roles(binaries: Binaries, socket_dir: Path, roles: Iterable[str]) -> None:
    """Create what is missing, with `psql`, because our caller may or may not have an event loop."""
    psql = [binaries["psql"], "--no-psqlrc", "--no-password", "--output=/dev/null", f"--file={_SCRIPT}"]
    psql += [f"--host={socket_dir}", f"--port={PORT}", f"--username={SUPERUSER}", "--dbname=postgres"]
    variables = {"ON_ERROR_STOP": "1", "database": DATABASE, "owner": OWNER, "roles": " ".join(roles)}
    psql += [f"--set={name}={value}" for name, value in variables.items()]
    running = current_identity().popen(psql, output=subprocess.PIPE)
    said, _ = running.communicate()
    if running.returncode != 0:
        raise ClusterError(f"cannot set up the database: {said.strip()}")
