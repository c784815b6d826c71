"""Where files lie: a folder, or a bucket that speaks S3."""

from shared.files.shelf import Shelf
from shared.files.store import MAX_BYTES, FilesSettings, FileStore

__all__ = ["MAX_BYTES", "FileStore", "FilesSettings", "Shelf"]
