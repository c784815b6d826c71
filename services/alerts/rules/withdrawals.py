"""What of an alert is taken back, and what it stands on then."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.alerts.rules.alerts import AlertAlreadyWithdrawn, EvidenceNotFound, Severity
from services.alerts.rules.areas import Named, names
from services.alerts.rules.merging import highest, rank


@dataclass(frozen=True, slots=True)
class Piece:
    """One evidence of an alert; the first one has the alert's own id."""

    id: UUID
    feed: str
    source_ref: str | None
    severity: Severity
    told: bool  # somebody was sent for it: the first one, and what was worse
    withdrawn: bool
    area: Named | None = None  # of an alert about areas


@dataclass(frozen=True, slots=True)
class Taking:
    """What a withdrawal does. `left` is what the alert stands on then; nothing left: the alert is withdrawn."""

    taken: Sequence[Piece]
    left: Sequence[Piece]

    @property
    def severity(self) -> Severity:
        """The gravest of what is left."""
        return highest(piece.severity for piece in self.left)

    @property
    def to_tell(self) -> list[Piece]:
        """What must be told now, or nobody would know of what is left: the gravest, of equals the newest. Where it is about
        areas, as many as it takes for all of them.
        """
        told = [piece for piece in self.left if piece.told]
        news: list[Piece] = []
        for piece in sorted(self.left, key=lambda piece: (rank(piece.severity), piece.id), reverse=True):
            if not _known([*told, *news], piece):
                news.append(piece)
        return news


def _known(told: Sequence[Piece], piece: Piece) -> bool:
    return names([one.area for one in told if one.area], piece.area) if piece.area else bool(told)


def take_back(pieces: Sequence[Piece], feeds: Collection[str] | None, source_ref: str | None) -> Taking:
    """Take the asker's own evidence (`feeds`; None: of all) from an alert: all of it, or the row `source_ref`.

    Raises `EvidenceNotFound`, and `AlertAlreadyWithdrawn` when it was taken back before.
    """
    own = [
        piece
        for piece in pieces
        if (feeds is None or piece.feed in feeds) and (source_ref is None or piece.source_ref == source_ref)
    ]
    if not own:
        raise EvidenceNotFound(field="source_ref")
    taken = [piece for piece in own if not piece.withdrawn]
    if not taken:
        raise AlertAlreadyWithdrawn
    gone = {piece.id for piece in taken}
    return Taking(taken, [piece for piece in pieces if not piece.withdrawn and piece.id not in gone])
