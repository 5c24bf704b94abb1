"""A plan drawn as a Mermaid diagram: where the data lives, where its backups go, and where users are sent."""

from recovery.duration import say_duration
from recovery.plan import Plan


def draw_plan(plan: Plan) -> str:
    """The diagram, as a fenced block of Markdown. It holds no addresses, and no secrets."""
    policy, sites = plan.backup, plan.sites
    lines = [
        "flowchart LR",
        f"  users([users of {plan.dns.name}])",
        *_site("primary", f"{sites.primary.region}: primary", plan),
        *_site("standby", f"{sites.standby.region}: standby", plan),
        f'  subgraph vaults["{policy.vault_region}: vault"]',
        f'    vault[("{policy.vault}")]',
        *(f'    copy{number}[("{name}")]' for number, name in enumerate(policy.copies, 1)),
        "  end",
        "  users --> primary",
        "  users -. after a failover .-> standby",
        f'  primary -- "backup: {_cron(policy.schedule)}" --> vaults',
        '  vaults -- "restored when needed" --> standby',
        f'  vaults -- "proved: {_cron(policy.verify_schedule)}" --> scratch[/scratch place/]',
    ]
    if plan.drill:
        lines += [f'  drill["{plan.drill.region}: drill"]', '  vaults -. "rehearsed" .-> drill']
    objectives = plan.objectives
    promised = f"back within {say_duration(objectives.rto.total_seconds())}"
    lost = f"at most {say_duration(objectives.rpo.total_seconds())} of data lost"
    return "\n".join(["```mermaid", *lines, "```", "", f"Promised: {promised}, {lost}.", ""])


def _site(name: str, title: str, plan: Plan) -> list[str]:
    """One box for every component."""
    boxes = [f'    {name}_{number}[("{component}")]' for number, component in enumerate(plan.components, 1)]
    return [f'  subgraph {name}["{title}"]', *boxes, "  end"]


def _cron(line: str) -> str:
    """Mermaid takes `*/15` for Markdown unless the asterisk is written so."""
    return line.replace("*", "#42;")
