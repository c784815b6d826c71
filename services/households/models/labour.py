"""What the jobs service was told, and up to when."""

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from services.households.models.plumbing import Base


class LabourNight(Base):
    """A day up to which people who turned 15 were told of."""

    __tablename__ = "labour_night"

    day: Mapped[date] = mapped_column(primary_key=True)
