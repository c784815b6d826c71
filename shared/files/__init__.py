"""Where files lie: a folder, or a bucket that speaks S3."""

from shared.files.store import FilesSettings, FileStore

__all__ = ["FileStore", "FilesSettings"]
