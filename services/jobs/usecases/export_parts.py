"""The rows of an export while they are compared: laid down sealed, a part for each first letter of a person's key, so that
memory holds those of some letters alone: at the least one, a sixty-fourth of all.

They lie in a temporary table of one connection: they go with it, and nobody else ever sees them.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_letters, digits

import polars as pl

from services.jobs.queries import reconciliation_work as work
from services.jobs.usecases.export_reading import KEY
from shared.db.listening import Listener
from shared.security.vault import Vault

LETTERS = "".join(sorted(f"{digits}{ascii_letters}-_"))
"""What keys are written in (base64 for URLs); each begins as many of them as any other."""
ROWS = "reconciliation-part"
"""Purpose of the sealed rows."""


@dataclass(frozen=True, slots=True)
class ExportParts:
    """Rows of one comparison, on the connection that has its turn."""

    connection: Listener
    vault: Vault

    async def begin(self) -> None:
        """Forget whatever lay there."""
        await work.make_parts(self.connection)

    async def end(self) -> None:
        """Likewise, for good."""
        await work.drop_parts(self.connection)

    async def add(self, parts: Sequence[tuple[str, bytes]]) -> None:
        """Lay down what `sealed` has made."""
        await work.add_parts(self.connection, parts)

    async def read(self, letters: Sequence[str]) -> Sequence[bytes]:
        """The parts of people whose keys begin so, in the order they were read."""
        return await work.list_parts(self.connection, letters)

    def sealed(self, frame: pl.DataFrame) -> list[tuple[str, bytes]]:
        """A frame cut by the letter; CPU work."""
        letter = pl.col(KEY).str.slice(0, 1).alias("letter")
        cut = frame.with_columns(letter).partition_by("letter", as_dict=True, include_key=False)
        return [(str(of), self.vault.seal(_written(part), ROWS)) for (of,), part in cut.items()]

    def opened(self, parts: Sequence[bytes]) -> pl.DataFrame | None:
        """Parts as one frame; None of none. CPU work."""
        frames = [pl.read_ipc(io.BytesIO(self.vault.open(part, ROWS))) for part in parts]
        return pl.concat(frames) if frames else None


def _written(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_ipc(buffer)
    return buffer.getvalue()


def groups_of_letters(people: int, most: int) -> list[str]:
    """The letters in their order, in groups of about `most` people, of so many in all."""
    groups = min(len(LETTERS), max(1, -(-people // most)))
    return [LETTERS[place * len(LETTERS) // groups : (place + 1) * len(LETTERS) // groups] for place in range(groups)]
