"""How the server is told what to do: settings on its command line, and the two files that say who may connect.

Command-line settings beat `postgresql.conf` and `ALTER SYSTEM`, so what stands here is what runs.
"""

import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from shared.postgres.identity import current_identity
from shared.postgres.place import Place

PORT = 5432
"""There is no TCP; the number is only a part of the socket's name."""

_MAP = "shouwang"

DEFAULTS = {
    # For a machine of 2 cores and 8 GB.
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "max_connections": "200",
    # The machine's zone must not decide what `now()::date` means.
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A client is told its errors; in the log their texts could quote a person's data.
    "log_min_messages": "log",
}

FIXED = {
    # What has been acknowledged survives a crash.
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    # Statements, parameters and rows hold personal data.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
    # Only this machine, only the socket.
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
}

NOT_DURABLE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
"""For data that are thrown away, see `disposable`."""

_PLACED = frozenset({"unix_socket_directories", "hba_file", "ident_file", "data_directory", "config_file"})


def checked(settings: Mapping[str, str]) -> dict[str, str]:
    """All settings but those that name places: the defaults, `settings` (PostgreSQL's names) over them, the fixed.

    Raises `ValueError` for a setting that durability, privacy or access rest on.
    """
    named = {name.lower().replace("-", "_"): value for name, value in settings.items()}
    if forbidden := named.keys() & (FIXED.keys() | _PLACED):
        raise ValueError(f"not to be changed: {', '.join(sorted(forbidden))}")
    return DEFAULTS | named | FIXED


def server_options(settings: dict[str, str], place: Place) -> list[str]:
    """The command-line options of `postgres`; `settings` are checked ones."""
    socket_dir = str(place.socket_dir).replace('"', '""')
    placed = {
        "unix_socket_directories": f'"{socket_dir}"',  # a list: quoted, else a comma would end the name
        "hba_file": str(place.hba),
        "ident_file": str(place.ident),
    }
    options = ["-D", str(place.pgdata)]
    for name, value in (settings | placed).items():
        options += ["-c", f"{name}={value}"]
    return options


def write_access_files(place: Place, roles: Iterable[str]) -> None:
    """Who may connect: over the socket, with the kernel's word for who it is (`peer`), these accounts as our roles.

    The account that runs the application, the server's own, and root, who can become either anyway.
    """
    accounts = sorted({current_identity().name, place.server.name, "root"})
    mapping = [f'{_MAP} "{account}" "{role}"\n' for account in accounts for role in roles]
    _replace(place.hba, f"local all all peer map={_MAP}\n")
    _replace(place.ident, "".join(mapping))


def _replace(path: Path, text: str) -> None:
    descriptor, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        os.fchmod(descriptor, 0o644)
    os.replace(unfinished, path)
