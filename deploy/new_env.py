"""`python3 deploy/new_env.py`: make `.env` from `.env.example`, with fresh secrets, for its owner's eyes only.

Needs nothing but Python, since it runs on the server before anything is installed. An `.env` that is there stays.
"""

import base64
import os
import re
import secrets
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAKERS = {
    "replace-with-a-password": lambda: secrets.token_hex(24),
    "replace-with-a-vault-key": lambda: base64.b64encode(secrets.token_bytes(32)).decode(),
}


def fill(example: str) -> str:
    """Each placeholder replaced by a secret of its own; comments stay as they are."""
    return re.sub("|".join(MAKERS), lambda found: MAKERS[found[0]](), example)


def main(target: Path = ROOT / ".env") -> int:
    """Write the file with mode 600, or say that it is there."""
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        print(f"{target} is there already; new keys could not open the data sealed with the old ones", file=sys.stderr)
        return 1
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(fill((ROOT / ".env.example").read_text(encoding="utf-8")))
    print(f"written: {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
