"""What the embedded world's programs, and `lifeboat` in this checkout, need in their environment."""

import json
import os
from pathlib import Path

from demo.world_state import WorldState
from recovery.places import ROOT, out_folder

OUT = out_folder()


def environment(state: WorldState, prefect_port: int) -> dict[str, str]:
    """Settings of one world.

    Args:
        state: its addresses.
        prefect_port: where its Prefect server listens on 127.0.0.1.
    """
    return {
        "PREFECT_API_URL": f"http://127.0.0.1:{prefect_port}/api",
        "PREFECT_HOME": str(state.folder / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
        "PREFECT_SERVER_ENCRYPTION_KEY": _encryption_key(state.folder),
        "PREFECT_LOGGING_LEVEL": "INFO",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
        # Slots of runs that died are given back after the server starts anew, too.
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        "GX_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "LIFEBOAT_HOME": str(state.folder / "lifeboat"),
        "LIFEBOAT_BLOCKS": str(state.folder / "blocks.yaml"),
        "LIFEBOAT_PLANS": str(ROOT / "plans"),
        "SHOP_PORT": str(state.shop_port),
        "SHOP_PRIMARY_ADDRESS": state.addresses.primary,
        "SHOP_STANDBY_ADDRESS": state.addresses.standby,
        "SHOP_DRILL_ADDRESS": state.addresses.drill,
        "SHOP_PARKED_ADDRESS": state.addresses.parked,
    }


def _encryption_key(folder: Path) -> str:
    """The key that Prefect encrypts blocks with, kept outside its database."""
    from cryptography.fernet import Fernet

    path = folder / "prefect-encryption-key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(Fernet.generate_key())
    return path.read_text()


def write_environment(settings: dict[str, str], path: Path) -> None:
    """Leaves the settings where `lifeboat` finds them, for this user only."""
    partial = path.with_suffix(".partial")
    partial.touch(mode=0o600)
    partial.write_text(json.dumps(settings, indent=2))
    partial.replace(path)


def apply_environment(settings: dict[str, str]) -> None:
    """Takes the settings over in this process. Must come before Prefect is imported."""
    os.environ.update(settings)
