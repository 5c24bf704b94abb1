"""Raises several fences at once and looks what each of them proves."""

import threading
import time
from collections.abc import Callable, Mapping

from blocks.fences.kind import Fence, FenceProof
from recovery.errors import RecoveryError
from recovery.model import now

GRACE = 5.0  # seconds that the others get to end once one of them is proved


def raise_fences(fences: Mapping[str, Fence], seconds: float, grace: float = GRACE) -> dict[str, FenceProof]:
    """Raises all fences at the same time and proves each.

    One that cannot be raised is a fence without proof, no error: whether that stops the recovery is decided by the
    plan's rules, so that a broken glass helps where the fence's own API is gone with the primary.

    Args:
        fences: "type/name" to fence.
        seconds: how long to wait for all of them.
        grace: how long to go on waiting for the others once one that cuts writes is proved.

    Returns:
        For each what it proved; one that is still at it by then has proved nothing, and goes on.
    """
    proofs: dict[str, FenceProof] = {}
    changed = threading.Condition()

    def work(name: str, fence: Fence) -> None:
        proof = _raise_and_prove(name, fence)
        with changed:
            proofs[name] = proof
            changed.notify_all()

    for name, fence in fences.items():
        threading.Thread(target=work, args=(name, fence), name=f"raise {name}", daemon=True).start()
    begun = time.monotonic()
    with changed:
        changed.wait_for(lambda: len(proofs) == len(fences) or _enough(proofs), seconds)
        left = min(grace, begun + seconds - time.monotonic())
        changed.wait_for(lambda: len(proofs) == len(fences), max(0.0, left))
        waited = time.monotonic() - begun
        return {
            name: proofs.get(name) or _unproved(name, f"it was still at it after {waited:.1f} s") for name in fences
        }


def prove_fences(fences: Mapping[str, Fence]) -> dict[str, FenceProof]:
    """What each proves as it is, until one that cuts writes is proved. None is raised."""
    proofs: dict[str, FenceProof] = {}
    for name, fence in fences.items():
        proofs[name] = _tried(name, fence.prove, "it could not be looked at") or _unproved(name, "it gave no proof")
        if _enough(proofs):
            break
    return proofs


def _enough(proofs: Mapping[str, FenceProof]) -> bool:
    return any(proof.proved and proof.cuts_writes for proof in proofs.values())


def _raise_and_prove(name: str, fence: Fence) -> FenceProof:
    return _tried(name, fence.raise_fence) or _tried(name, fence.prove) or _unproved(name, "it gave no proof")


def _tried(
    name: str, act: Callable[[], FenceProof | None], trouble: str = "the fence could not be raised"
) -> FenceProof | None:
    try:
        return act()
    except RecoveryError as error:
        return _unproved(name, f"{trouble}: {error.what.rstrip('.')}")
    except Exception as error:  # noqa: BLE001  (one fence's fault must not keep the others from counting)
        return _unproved(name, f"{trouble}: {type(error).__name__}")


def _unproved(name: str, evidence: str) -> FenceProof:
    return FenceProof(proved=False, method=name, evidence=(evidence,), at=now())
