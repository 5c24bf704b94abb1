"""The part of a plan that says how the application is rebuilt after ransomware."""

from datetime import timedelta

from pydantic import Field

from recovery.model import Frozen
from recovery.plan_types import BlockReference, Duration


class RansomwarePolicy(Frozen):
    """How the application is rebuilt after ransomware. Every value has a default that lets nothing old through.

    Args:
        budget: how long the walk back over the backups may take in all.
        evidence: component to the block that its evidence is read by, where the fence closes the way of its source.
        evidence_within: how long reading the evidence of one component may take.
        secrets: the blocks of the secrets that are rotated.
        rotate_keys: also wrap the keys of all backups anew, for the recipients that the block of keys names then.
        may_keep: addresses of Terraform, or patterns of them, that may stay although they stood before: no machine and
            no disk.
        may_replace: addresses of Terraform, or patterns of them, that are replaced where they stood before.
        may_erase: whether data that the standby's places hold is erased before the restore.
        old_images: images that the primary ran from. Nothing may be built from them.
    """

    budget: Duration = timedelta(hours=4)
    evidence: dict[str, BlockReference] = Field(default_factory=dict)
    evidence_within: Duration = timedelta(hours=1)
    secrets: tuple[BlockReference, ...] = ()
    rotate_keys: bool = False
    may_keep: tuple[str, ...] = ()
    may_replace: tuple[str, ...] = ()
    may_erase: bool = False
    old_images: tuple[str, ...] = ()
