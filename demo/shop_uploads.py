"""The files that customers upload."""

import os
import re
import secrets
from pathlib import Path

MOST_BYTES = 10_000_000
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def find_upload(folder: Path, name: str) -> Path | None:
    """The file of that name, or None. Nothing outside of the folder is ever handed out, not through links either."""
    try:
        path = (folder / name).resolve(strict=True)
    except (OSError, ValueError):
        return None
    return path if path.is_file() and path.is_relative_to(folder.resolve()) else None


def store_upload(folder: Path, name: str, content: bytes) -> bool:
    """Stores a file whole or not at all.

    Returns:
        False if the name is not a plain one, or not free for a file.
    """
    target = folder / name
    if not _SAFE.fullmatch(name) or target.is_symlink() or target.is_dir():
        return False
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{secrets.token_hex(8)}.part"
    try:
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    return True
