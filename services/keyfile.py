"""The vault's keys of an embedded system: made at the first start, kept in a file only its owner can read.

Without this file the sealed data cannot be opened by anybody. Production takes the keys from its secret store.
"""

from pathlib import Path

from shared.private_files import write_private
from shared.security.vault import VaultSettings


def read_or_make_keys(path: Path) -> VaultSettings:
    """The keys in `path`, made there first when the file is not."""
    if not path.exists():
        made = VaultSettings.generate()
        write_private(
            path,
            {
                "keys": {id_: key.get_secret_value() for id_, key in made.keys.items()},
                "active": made.active,
                "index_key": made.index_key.get_secret_value(),
            },
        )
    return VaultSettings.model_validate_json(path.read_bytes())
