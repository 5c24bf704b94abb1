"""What else a readiness check looks at: what the recovery itself needs of providers and people."""

from collections.abc import Mapping

from blocks.approvals.codes import ApprovalCodes
from blocks.chat.kind import Chat
from blocks.quotas.kind import Quotas
from blocks.secret_stores.kind import SecretStore
from recovery.errors import NotProved, RecoveryError
from recovery.plan_references import chats
from recovery.quotas import judge_quotas
from recovery.readiness import Check
from recovery.readiness_needs import judge_dependencies, judge_secrets
from recovery.readiness_people import judge_approvers
from tasks.run import Run


def quotas(run: Run, wanted: Mapping[str, int]) -> Check:
    """Whether the provider would let all of it be created, where the plan names a block that knows."""
    name = run.plan.infrastructure.quotas
    if name is None:
        return Check(name="quotas", state="ready", sentence="Not looked at: the plan names no infrastructure.quotas.")
    try:
        found = run.block(name, Quotas).look(wanted)  # type: ignore[type-abstract]
    except RecoveryError as error:
        return Check(name="quotas", state="warning", sentence=error.what, remedy=error.remedy)
    return judge_quotas(found.headroom, found.unknown)


def secrets_there(run: Run) -> Check:
    """Asks the stores at the standby's region. No value is read."""
    wanted: dict[str, list[str]] = {}
    unlooked = []
    for each in run.plan.depends_on:
        if each.kind != "secret":
            continue
        if each.store is None:
            unlooked.append(each.name)
        elif each.region == run.plan.sites.standby.region:
            wanted.setdefault(each.store, []).append(each.key or each.name)
    missing = [
        f"{name} in {store}"
        for store, names in wanted.items()
        for name in run.block(store, SecretStore).missing(names)  # type: ignore[type-abstract]
    ]
    there = [name for names in wanted.values() for name in names]
    return judge_secrets(there, missing, unlooked)


def approvers(run: Run) -> Check:
    """Whether enough people could sign, and would hear of it."""
    codes = run.plan.approval.codes
    known = run.block(codes, ApprovalCodes).secrets if codes else ()
    return judge_approvers(run.plan.approval, known, {name: _trouble(run, name) for name in sorted(chats(run.plan))})


def _trouble(run: Run, chat: str) -> str | None:
    try:
        run.block(chat, Chat).ask()  # type: ignore[type-abstract]
    except NotProved:
        return None  # it cannot be asked without posting: that is no fault of it
    except RecoveryError as error:
        return error.what
    return None


def dependencies(run: Run) -> Check:
    """Whether anything that the recovery needs lies only where the primary does."""
    plan = run.plan
    used = [plan.backup.vault, plan.backup.keys, plan.infrastructure.workspace, plan.configuration.inventory]
    used += [plan.dns.zone, *filter(None, (plan.approval.codes, plan.infrastructure.quotas))]
    used += [each.store for each in plan.depends_on if each.store and each.region == plan.sites.standby.region]
    return judge_dependencies(plan.sites.primary.region, plan.depends_on, _regions(run, used))


def _regions(run: Run, names: list[str]) -> dict[str, str]:
    """Where these blocks say that they lie: by a field of their own, or as the backend of a state does."""
    found = {}
    for name in names:
        block = run.any_block(name)
        region = getattr(block, "region", None)
        backend = getattr(block, "backend_config", None)
        if isinstance(backend, dict):
            region = backend.get("region")
        if isinstance(region, str):
            found[name] = region
    return found
