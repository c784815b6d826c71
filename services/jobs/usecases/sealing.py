"""Personal data: sealed to be read back. Name, ID number and phone come sealed from the register and stay so."""

from shared.contracts.labour import FACTS, ID_NUMBER, NAME, PHONE
from shared.security.vault import Vault

TASK_NOTE = "labour-task-note"

__all__ = ["FACTS", "ID_NUMBER", "NAME", "PHONE", "TASK_NOTE", "seal_text"]


def seal_text(vault: Vault, text: str | None, purpose: str) -> bytes | None:
    """A free text, for its purpose."""
    return vault.seal(text.encode(), purpose) if text else None
