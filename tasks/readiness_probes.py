"""What a readiness check looks at, one function a thing. None changes anything that a recovery works on."""

import json
import secrets
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from blocks.fences.kind import Fence
from blocks.inventories.kind import Inventory
from blocks.vaults.kind import ABSENT
from blocks.workspaces.kind import Workspace
from blocks.zones.kind import Zone
from recovery.dns import judge_faults
from recovery.errors import RecoveryError
from recovery.fleet import stand
from recovery.model import now
from recovery.readiness import (
    Check,
    judge_backup,
    judge_certificate,
    judge_dns,
    judge_forecast,
    judge_infrastructure,
)
from recovery.terraform import judge
from tasks.coverage_book import CoverageBook
from tasks.foresee import foresee_and_keep
from tasks.readiness_needs import approvers, dependencies, quotas, secrets_there
from tasks.readiness_replicas import replicas
from tasks.run import Run

SECONDS = 5.0  # to connect to the standby's front door


def backup(run: Run) -> Check:
    ledger = CoverageBook(run.backups, run.plan.application).read().ledger
    return judge_backup(stand(ledger, run.plan.objectives.rpo, now()))


def vault(run: Run) -> Check:
    """Writes, reads and removes a small object: a full or read-only vault takes no lease, so no recovery begins."""
    key, data = f"readiness/{run.plan.application}-{secrets.token_hex(4)}.json", json.dumps(run.incident).encode()
    run.vault.put(key, data, expect=ABSENT)
    try:
        same = run.vault.get(key).data == data
    finally:
        run.vault.remove(key)
    if not same:
        return Check(name="vault", state="not ready", sentence="The vault gives back something else than was put.")
    return Check(name="vault", state="ready", sentence=f"It takes and gives. {run.vault.posture().sentence}")


def infrastructure(run: Run) -> tuple[Check, ...]:
    """Plans the standby, and removes the plan: nothing is applied. By the same plan, whether quotas would allow it."""
    workspace = run.block(run.plan.infrastructure.workspace, Workspace)  # type: ignore[type-abstract]
    folder = run.scratch("terraform")
    try:
        change = workspace.plan(folder, run.say, whole=True, lock=False)
    finally:
        workspace.discard(folder)
    decision = judge(change, run.plan.infrastructure.may_destroy)
    built = judge_infrastructure(change, run.plan.strategy, decision.verdict != "refuse", decision.sentence)
    return built, quotas(run, change.wanted)


def configuration(run: Run) -> Check:
    """Ansible's check mode. Machines that are only built when needed cannot be asked yet."""
    inventory = run.block(run.plan.configuration.inventory, Inventory)  # type: ignore[type-abstract]
    try:
        result = inventory.run(run.scratch(f"ansible-{secrets.token_hex(4)}"), run.say, check=True)
    except RecoveryError as error:
        cold = run.plan.strategy == "backup-restore"
        said = f"Ansible's check mode: {error.what}"
        remedy = "The machines are built when needed; a drill shows the rest." if cold else error.remedy
        return Check(name="configuration", state="warning" if cold else "not ready", sentence=said, remedy=remedy)
    said = f"Ansible reaches {len(result.hosts)} machine(s), and would make {result.changed} change(s)."
    return Check(name="configuration", state="ready", sentence=said)


def dns(run: Run) -> Check:
    zone, wanted = run.block(run.plan.dns.zone, Zone), run.plan.dns  # type: ignore[type-abstract]
    record = zone.shares(wanted.name) if run.plan.strategy == "active-active" else zone.read(wanted.name)
    sound = judge_faults(zone.faults(wanted.name) if record else ())
    if sound.verdict == "refuse":
        return Check(name="DNS", state="not ready", sentence=sound.sentence, remedy=sound.remedy)
    return judge_dns(wanted.name, record.ttl if record else None, wanted.ttl, zone.answers(wanted.name))


def fence(run: Run) -> Check:
    """Only whether each can be read: none must stand, or the primary would be cut off."""
    if not run.plan.fence:
        return Check(name="fence", state="ready", sentence="The plan names none: both sites take writes.")
    for name in run.plan.fence:
        proof = run.block(name, Fence).prove()  # type: ignore[type-abstract]
        if proof.proved and proof.cuts_writes:
            said, remedy = f"A fence stands: {proof.sentence}", "Lower it, if the primary is the live site."
            return Check(name="fence", state="warning", sentence=said, remedy=remedy)
    return Check(name="fence", state="ready", sentence=f"{', '.join(run.plan.fence)}: answers, and does not stand.")


def forecast(run: Run) -> Check:
    return judge_forecast(foresee_and_keep(run.plan, but=run.incident))


def certificate(run: Run) -> Check:
    """The certificate at the standby's front door, where there is one and it answers already."""
    parts = urlsplit(run.plan.sites.standby.url)
    if parts.scheme != "https":
        return Check(name="certificate", state="ready", sentence="The standby's front door has none: it is plain HTTP.")
    host, port = str(parts.hostname), parts.port or 443
    try:
        ends = _certificate_ends(host, port, run.plan.dns.name)
    except ssl.SSLCertVerificationError as error:
        said = f"The certificate at {host}:{port} does not hold for {run.plan.dns.name}: {error.verify_message}."
        return Check(name="certificate", state="not ready", sentence=said, remedy="Put the right one there.")
    except OSError as error:
        cold = run.plan.strategy == "backup-restore"
        said = f"Nothing answers at {host}:{port} yet ({type(error).__name__}): its certificate was not seen."
        return Check(name="certificate", state="warning" if cold else "not ready", sentence=said)
    return judge_certificate(host, ends, now(), run.plan.health.certificate_lasts)


def _certificate_ends(host: str, port: int, name: str) -> datetime:
    context = ssl.create_default_context()
    plain = socket.create_connection((host, port), timeout=SECONDS)
    with plain, context.wrap_socket(plain, server_hostname=name) as secured:
        shown = secured.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)


PROBES: dict[str, Callable[[Run], Check | tuple[Check, ...]]] = {
    "backup": backup,
    "vault": vault,
    "infrastructure": infrastructure,
    "configuration": configuration,
    "DNS": dns,
    "fence": fence,
    "replicas": replicas,
    "forecast": forecast,
    "certificate": certificate,
    "secrets": secrets_there,
    "approvers": approvers,
    "dependencies": dependencies,
}
