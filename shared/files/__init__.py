"""Where files lie: a folder, or a bucket that speaks S3."""

from shared.files.shelf import Shelf
from shared.files.store import MAX_BYTES, FileRefused, FilesSettings, FileStore, though_refused

__all__ = ["MAX_BYTES", "FileRefused", "FileStore", "FilesSettings", "Shelf", "though_refused"]
