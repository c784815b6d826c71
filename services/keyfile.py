"""The vault's keys of an embedded system: made at the first start, kept in a file only its owner can read.

Without this file the sealed data cannot be opened by anybody. Production takes the keys from its secret store.
"""

import json
import os
from pathlib import Path
from typing import Any

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


def write_private(path: Path, content: dict[str, Any]) -> None:
    """Write JSON whole or not at all, for the owner's eyes only (mode 600)."""
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
