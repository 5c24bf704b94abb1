"""Every block a plan names."""

from recovery.plan import Plan


def chats(plan: Plan) -> set[str]:
    """The "type/name" of every chat block that the plan may tell something."""
    return {each.to for each in plan.notifications} | {name for step in plan.escalation for name in step.tell}


def references(plan: Plan) -> set[str]:
    """The "type/name" of every block that a run of this plan may need."""
    found = {plan.backup.vault, plan.backup.keys, plan.infrastructure.workspace, plan.configuration.inventory}
    found |= {*plan.fence, plan.dns.zone, *chats(plan), *plan.backup.copies}
    for part in plan.components.values():
        found |= {part.source, part.restore_to, part.scratch, *([part.replica] if part.replica else [])}
    for snapshot in plan.snapshots.values():
        found |= {snapshot.of, *([snapshot.at_standby] if snapshot.at_standby else [])}
    found |= {*(plan.drain or ())}
    if back := plan.failback:
        found |= {back.infrastructure.workspace, back.configuration.inventory, *back.fence, *back.drain}
    if drill := plan.drill:
        found |= {drill.workspace, drill.inventory, *drill.restore_to.values()}
        found |= {drill.tear_down} if drill.tear_down else set()
    if policy := plan.ransomware:
        found |= {*policy.evidence.values(), *policy.secrets}
    found |= {each.store for each in plan.depends_on if each.store}
    if plan.infrastructure.quotas:
        found.add(plan.infrastructure.quotas)
    if plan.witness:
        found.add(plan.witness.block)
    found |= {block for probe in plan.monitor.probes for block in probe.blocks}
    if plan.approval.codes:
        found.add(plan.approval.codes)
    return found
