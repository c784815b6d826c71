"""Files with secrets in them: whole or not at all, and for their owner's eyes only."""

import json
import os
from pathlib import Path
from typing import Any


def write_private(path: Path, content: dict[str, Any] | bytes) -> None:
    """Write `content`, as JSON unless it is bytes (mode 600), in the place of what was there."""
    text = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False, indent=1).encode()
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
