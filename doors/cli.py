"""`lifeboat`: the command line. It imports no more than the command at hand needs: at 3 a.m. every second counts."""

import sys
from datetime import datetime
from typing import Annotated, Literal

from cyclopts import App, Parameter

from doors.deploy import deploy
from doors.holds import hold_app
from doors.incidents import abandon, resume
from doors.keys import keys_app
from doors.measuring import metrics
from doors.places import blocks_app
from doors.plans import plan_app
from doors.surroundings import adopt_embedded_world
from doors.watching import dead_man, monitor, receiver
from recovery.errors import RecoveryError

app = App(name="lifeboat", help="Disaster recovery as Prefect flows.", version="0.1.0")
app.command(plan_app)
app.command(blocks_app)
app.command(keys_app)
app.command(hold_app)
app.command(resume)
app.command(abandon)
app.command(monitor)
app.command(dead_man)
app.command(receiver)
app.command(metrics)
app.command(deploy)


@app.command
def up() -> int:
    """Start the embedded world: two sites, a vault, DNS, an emulated AWS, and a Prefect server with its UI."""
    from demo.up import bring_up

    return bring_up()


@app.command
def down() -> int:
    """Stop everything that `up` or `demo` left running."""
    from demo.up import bring_down

    return bring_down()


@app.command
def status() -> int:
    """Show what of the embedded world runs, and where."""
    from demo.up import show_status

    return show_status()


@app.command
def demo() -> int:
    """Play the whole story: backup, verification, disaster, alert, failover, report."""
    from demo.story import play

    return play()


@app.command
def run(
    playbook: Literal["backup", "verify", "failover", "retention", "readiness", "failback", "drill", "ransomware"],
    plan: str,
    *,
    dry_run: bool = False,
    break_glass: str | None = None,
    backup: str | None = None,
    even_if_primary_answers: bool = False,
    graceful: bool = False,
    initiator: str | None = None,
    infected_since: datetime | None = None,
    harmless: str = "",
    json: Annotated[bool, Parameter(help="Print one JSON object instead of words.")] = False,
) -> int:
    """Run a playbook for a plan, and follow it to its end.

    Args:
        playbook: which one.
        plan: the plan's name or file.
        dry_run: say for each step what would be done, having read the real world; change nothing.
        break_glass: the reason for running with no Prefect server at all; goes on record.
        backup: a backup's name instead of the newest.
        even_if_primary_answers: fail over although the primary still answers.
        graceful: the primary is alive: stop its writes, take a last backup, and lose nothing.
        initiator: your name, as the plan lists approvers; by default your user's name on this machine.
        infected_since: after ransomware: when it began (UTC), if you know; no backup of then or later counts.
        harmless: after ransomware: why the signs in the backup that you named are harmless; goes on record.
    """
    from getpass import getuser

    from doors.run import run_playbook
    from doors.wanted import Wanted

    wanted = Wanted(
        playbook=playbook,
        plan=plan,
        dry_run=dry_run,
        break_glass=break_glass,
        backup=backup,
        even_if_primary_answers=even_if_primary_answers,
        graceful=graceful,
        initiator=initiator or getuser(),
        infected_since=infected_since,
        harmless=harmless,
    )
    return run_playbook(wanted, as_json=json)


@app.command
def runner(pool: str = "lifeboat") -> int:
    """Serve a Prefect work pool; runs start within a fraction of a second."""
    from doors.serve import serve_runner

    return serve_runner(pool)


def main() -> None:
    """The console script. Exit codes: 0 done, 1 failed or refused, 2 wrong input, 130 interrupted."""
    # These make or end the embedded world; all others live in it.
    if not {"up", "down", "demo", "status"} & set(sys.argv[1:2]):
        adopt_embedded_world()
    try:
        sys.exit(app() or 0)
    except RecoveryError as error:
        print(f"lifeboat: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
