"""What the demo measured: `demo/out/result.json`, and the summary at its end."""

import json
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from demo.customers import Customers
from demo.settings import OUT
from demo.world import World
from recovery.clock import Clock
from recovery.duration import say_duration
from recovery.journal import Line

ENDED = ("outcome", "found-done", "failure", "refused")


def write_result(
    world: World, settings: dict[str, str], lines: list[Line], customers: Customers, killed_at: datetime
) -> dict[str, Any]:
    """Reads the incident's journal into `demo/out/result.json`, and copies its report beside it.

    Args:
        killed_at: the moment before the primary was killed, as only the demo can know it.
    """
    opened, ends = lines[0].data, {line.step: line for line in lines if line.kind in ENDED}
    facts = {step: line.data for step, line in ends.items() if line.kind == "outcome"}
    loss, swap = facts.get("measure data loss", {}), facts.get("swap DNS", {})
    healthy = [datetime.fromisoformat(line.data["at"]) for line in lines if line.step == "healthy"]
    clock = Clock.of(lines)
    report = OUT / "report.html"
    report.write_text((world.state.folder / "lifeboat" / "incidents" / opened["incident"] / "report.html").read_text())
    restored = [line for step, line in ends.items() if step.startswith("restore ")]
    result: dict[str, Any] = {
        "ok": lines[-1].data.get("state") == "completed" and bool(healthy),
        "incident": opened["incident"],
        "rto_seconds": clock.rto.seconds,
        "rto_objective_seconds": opened["plan"]["rto_seconds"],
        "rpo_seconds": loss.get("rpo_seconds"),
        "rpo_objective_seconds": opened["plan"]["rpo_seconds"],
        "orders_before": loss.get("orders_before"),
        "orders_recovered": loss.get("orders_recovered"),
        "backup_proved": bool(restored) and all(line.data.get("proved") is True for line in restored),
        "fence_proved": facts.get("fence primary", {}).get("proved") is True,
        "dns_before": swap.get("before"),
        "dns_after": swap.get("after"),
        "steps": [
            {"name": s.name, "started": s.started.isoformat(), "seconds": s.seconds, "state": s.state}
            for s in clock.steps
        ],
        "report": str(report),
        "ui": settings["PREFECT_API_URL"].removesuffix("/api"),
        "terraform": facts.get("plan Terraform", {}).get("terraform"),
        "seconds_from_kill_to_healthy": (healthy[0] - killed_at).total_seconds() if healthy else None,
        "seconds_without_orders": customers.outage(killed_at),
    }
    (OUT / "result.json").write_text(json.dumps(result, indent=2) + "\n")
    return result


def summarise(console: Console, result: dict[str, Any]) -> None:
    """The end of the demo in one picture."""
    table = Table(box=None, show_header=False, padding=(0, 2))
    for label, kind in (("Recovery time (RTO)", "rto"), ("Data loss (RPO)", "rpo")):
        seconds, objective = result[f"{kind}_seconds"], result[f"{kind}_objective_seconds"]
        met = seconds is not None and seconds <= objective
        shown = "not reached" if seconds is None else say_duration(seconds)
        table.add_row(label, f"[{'green' if met else 'red'}]{shown}[/] of {say_duration(objective)} allowed")
    table.add_row("Orders", f"{result['orders_recovered']} of {result['orders_before']} acknowledged ones recovered")
    table.add_row("Backup proved equal", "yes" if result["backup_proved"] else "[red]no[/red]")
    table.add_row("Fence proved", "yes" if result["fence_proved"] else "[red]no[/red]")
    table.add_row("DNS", f"{result['dns_before']} → {result['dns_after']}")
    table.add_row("Terraform", str(result["terraform"]))
    table.add_row("Report", result["report"])
    table.add_row("Prefect UI", f"{result['ui']}  (stays up until `make down`; press Run on failover)")
    title = "Recovered" if result["ok"] else "Not recovered"
    console.print()
    console.print(Panel(table, title=title, border_style="green" if result["ok"] else "red", expand=False))
