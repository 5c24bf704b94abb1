"""What a database held at a known point: one digest that a backup can name, and the whole, kept in a folder."""

import json
from pathlib import Path

from blake3 import blake3

from recovery.content import Content
from recovery.errors import RecoveryError


def digest(content: Content) -> str:
    """One digest of all that must be equal; sequences, which need not be, are not in it."""
    told = content.model_dump(mode="json", include={"items", "traits"})
    return blake3(json.dumps(told, sort_keys=True).encode()).hexdigest()


def keep_content(content: Content, folder: str, name: str) -> None:
    path = Path(folder, f"{name}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content.model_dump_json())


def kept(folder: str | None, name: str, expected: str) -> Content | None:
    """The content that was kept, if it is there.

    Raises:
        RecoveryError: it is not the one that the backup names.
    """
    path = Path(folder, f"{name}.json") if folder else None
    if path is None or not path.is_file():
        return None
    content = Content.model_validate_json(path.read_bytes())
    if digest(content) != expected:
        raise RecoveryError(f"{path} is not the content that backup {name} names: it was changed.")
    return content
