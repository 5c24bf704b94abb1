"""Where Lifeboat keeps what it writes on this machine, and where it finds plans."""

import os
import secrets
from pathlib import Path

from recovery.model import now

ROOT = Path(__file__).resolve().parent.parent


def home() -> Path:
    """Incidents, journals and reports: LIFEBOAT_HOME, else the user's state folder."""
    state = os.environ.get("XDG_STATE_HOME", "~/.local/state")
    return Path(os.environ.get("LIFEBOAT_HOME") or Path(state) / "lifeboat").expanduser()


def out_folder() -> Path:
    """What the embedded world leaves behind: LIFEBOAT_DEMO_OUT, else `demo/out/` of this checkout."""
    return Path(os.environ.get("LIFEBOAT_DEMO_OUT") or ROOT / "demo" / "out")


def incident_folder(incident: str) -> Path:
    return home() / "incidents" / incident


def outbox() -> Path:
    """Messages to people that could not be delivered yet."""
    return home() / "outbox"


def plans_folder() -> Path:
    """LIFEBOAT_PLANS, else `plans/` of this checkout."""
    return Path(os.environ.get("LIFEBOAT_PLANS") or ROOT / "plans").expanduser()


def blocks_file() -> Path:
    """The blocks of a run without a Prefect server: LIFEBOAT_BLOCKS, else `blocks.yaml` beside the plans."""
    return Path(os.environ.get("LIFEBOAT_BLOCKS") or plans_folder() / "blocks.yaml").expanduser()


def plan_names() -> tuple[str, ...]:
    """Every plan there is, for drop-downs."""
    return tuple(sorted(path.stem for path in plans_folder().glob("*.yaml") if path.name != "blocks.yaml"))


def plan_file(plan: str) -> Path:
    """A plan by name (`shop`) or by path (`plans/shop.yaml`)."""
    return Path(plan) if plan.endswith((".yaml", ".yml")) else plans_folder() / f"{plan}.yaml"


def new_incident(playbook: str, application: str) -> str:
    """An identifier that sorts by time and is read easily over the phone."""
    return f"{application}-{playbook}-{now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def moment_of(incident: str) -> str:
    """The end of a run's identifier, its time and four digits of chance: a name for what it makes."""
    return "-".join(incident.rsplit("-", 2)[1:])
