"""Reads the receiver's configuration, or says everything that is wrong with it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from recovery.alerts.configuration import ReceiverConfiguration
from recovery.errors import Missing, RecoveryError
from recovery.plan_fault import say_where
from recovery.plan_tree import Tree, Unreadable

_SECRET_KEYS = {"secret", "password", "token"}


def read_configuration(path: Path, environment: Mapping[str, str]) -> ReceiverConfiguration:
    """Reads and checks it.

    Args:
        path: the YAML file.
        environment: what `${NAME}` in it stands for.

    Raises:
        Missing: there is no such file.
        RecoveryError: it has faults, all of them in the error, each with its line.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Missing(f"The receiver's configuration {path} cannot be read.", remedy="See docs/alerts.md.") from error
    try:
        tree = Tree(text, environment)
    except Unreadable as error:
        raise _wrong([f"{path}:{error.place[0]}: {error.what}"]) from error
    faults = [f"{path}:{place[0]}: {say_where(each.where)}: {each.what}" for place, each in tree.findings]
    if faults:
        raise _wrong(faults)
    try:
        return ReceiverConfiguration.model_validate(tree.data)
    except ValidationError as error:
        details = error.errors(include_input=False, include_url=False)
        raise _wrong([_say(path, tree, each) for each in details]) from error


def _say(path: Path, tree: Tree, detail: Any) -> str:
    """One fault. What was written is never shown: somebody may have written a secret where its place belongs."""
    where = tuple(part for part in detail["loc"] if part not in ("[key]", "bearer", "basic", "hmac", "sns"))
    message = str(detail["msg"]).removeprefix("Value error, ")
    if where and where[-1] in _SECRET_KEYS:
        message = "a secret's place is env:NAME, file:/path or block:name; the secret itself must not stand here"
    return f"{path}:{tree.place(where)[0]}: {say_where(where)}: {message}"


def _wrong(faults: list[str]) -> RecoveryError:
    lines = "\n".join(sorted(set(faults)))
    return RecoveryError(f"The receiver's configuration is wrong:\n{lines}\n", remedy="Mend it; see docs/alerts.md.")
