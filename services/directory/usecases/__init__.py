"""What the directory does, by noun. Named here: what the process's own commands call."""

from services.directory.usecases.announcements import announce_all
from services.directory.usecases.installation import ensure_admin, install_defaults

__all__ = ["announce_all", "ensure_admin", "install_defaults"]
