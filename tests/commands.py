"""Operators' commands, run as a process of their own would run them, on a test's database."""

import asyncio

from click.testing import CliRunner, Result

from services.cli import main
from shared.postgres import Cluster
from shared.security.vault import VaultSettings


async def command(cluster: Cluster, database_name: str, vault: VaultSettings, *words: str) -> Result:
    """`python -m services.cli WORDS` for the service named second, said in English."""
    keys = ",".join(f'"{key_id}": "{key.get_secret_value()}"' for key_id, key in vault.keys.items())
    environment: dict[str, str | None] = {
        "LANG": "en_GB.UTF-8",
        "LC_ALL": None,
        "LC_MESSAGES": None,
        "DATABASE_URL": cluster.dsn(words[1], database_name),
        "VAULT_KEYS": f"{{{keys}}}",
        "VAULT_ACTIVE": str(vault.active),
        "VAULT_INDEX_KEY": vault.index_key.get_secret_value(),
    }
    # A thread, for the command brings a loop of its own.
    return await asyncio.to_thread(CliRunner().invoke, main, list(words), env=environment)
