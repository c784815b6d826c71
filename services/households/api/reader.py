"""Who reads an answer of households, and how its people are shown to them."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from fastapi import Depends

from services.households.codes import LISTS
from shared.http import readers
from shared.masking import mask_id_number, mask_name, mask_phone
from shared.security.principals import Principal
from shared.security.vault import CannotOpen

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reader(readers.Reader):
    """Shows codes, names and sealed values to one reader."""

    lists: ClassVar = LISTS

    def name(self, name: str) -> str:
        """A person's name."""
        return name if self.sees_people else mask_name(name)

    def id_number(self, sealed: bytes, purpose: str) -> str:
        """A sealed ID number, masked for all: in clear it is only revealed."""
        return mask_id_number(self.vault.open(sealed, purpose).decode())

    def phone(self, sealed: bytes | None, purpose: str) -> str | None:
        """A sealed phone, masked."""
        return mask_phone(self.vault.open(sealed, purpose).decode()) if sealed else None

    def record(self, sealed: bytes, purpose: str) -> dict[str, Any] | None:
        """A sealed record; None when it cannot be opened, for one damaged row must not hide a page."""
        try:
            return self.vault.open_json(sealed, purpose)
        except CannotOpen:
            log.error("record cannot be opened", extra={"purpose": purpose})
            return None


ReaderOf = Annotated[Callable[[Principal], Reader], Depends(readers.reader_of(Reader))]
