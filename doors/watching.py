"""`lifeboat monitor`, `receiver` and `dead-man`: what watches over an application, and what watches over that."""

from pathlib import Path


def monitor(plan: str, *, vantage_point: str = "here") -> int:
    """Watch a plan's application, and start its failover when it stays silent and the plan's rules allow it.

    Args:
        plan: the plan's name or file.
        vantage_point: this monitor's name, where the plan names several that have to agree.
    """
    from doors.serve import serve_monitor

    return serve_monitor(plan, vantage_point)


def dead_man(plan: str) -> int:
    """Have the Prefect server tell people when the plan's monitors, or the nightly verification, fall silent.

    Args:
        plan: the plan's name or file.
    """
    import asyncio

    from doors.surroundings import demand_server
    from recovery.places import plan_file
    from recovery.plan_file import read_plan

    read = read_plan(plan_file(plan))
    demand_server()
    from doors.dead_man import arm

    for name in asyncio.run(arm(read)):
        print(f"Armed: {name}")
    return 0


def receiver(configuration: Path, *, check: bool = False) -> int:
    """Receive alerts of other systems, and do what the plans say about them (docs/alerts.md).

    Args:
        configuration: the receiver's YAML file.
        check: only say whether it, its secrets and the plans it names are right.
    """
    from doors.serve import serve_receiver

    return serve_receiver(configuration, check)
