"""The part of a plan that says who approves a recovery."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from recovery.model import Frozen
from recovery.plan_types import BlockReference, Duration, PersonName
from recovery.ssh_signature import parse_public_key

PublicKey = Annotated[
    str,
    AfterValidator(parse_public_key),
    Field(description="an SSH public key, such as ssh-ed25519 AAAAC3Nz..."),
]


class Approver(Frozen):
    """Somebody whose approval counts.

    Args:
        name: as this person writes it into the form.
        key: the SSH public key this person signs with; without it, by a one-time code of `approval.codes`.
    """

    name: PersonName
    key: PublicKey | None = None


class Approval(Frozen):
    """Who says yes.

    Args:
        mode: `policy` (this plan is the approval) or `human` (a form in the Prefect UI).
        within: how long to wait for everybody.
        on_timeout: what to do when too few answer.
        approvers: whose approval counts; a person's must be signed by one of them.
        needed: how many of them. Who started the recovery is never enough alone.
        codes: the block of the one-time codes of approvers without a key.
    """

    mode: Literal["policy", "human"] = "human"
    within: Duration = timedelta(minutes=15)
    on_timeout: Literal["stop", "proceed"] = "stop"
    approvers: tuple[Approver, ...] = ()
    needed: int = Field(default=1, ge=1, le=9)
    codes: BlockReference | None = None
