"""The recovery region and its key: where copies go, and how long may be waited for them."""

import time
from collections.abc import Callable
from typing import Any, Self, TypeVar

from botocore.exceptions import ClientError
from pydantic import ConfigDict, Field, model_validator

from blocks.amazon import AmazonAccess, error_code
from recovery.duration import say_duration
from recovery.errors import Refused, Unreachable
from recovery.model import Frozen

T = TypeVar("T")


class RecoveryKey(Frozen):
    """Args:
    arn: of the KMS key; what was asked for where there is none.
    problem: why nothing can be encrypted or opened with it, or None.
    """

    arn: str
    problem: str | None = None


class RecoveryPlace(AmazonAccess):
    """The fields that every copied snapshot has. Put it before the block's own kind among the bases."""

    # An error about a missing field would print all the others, secrets too.
    model_config = ConfigDict(hide_input_in_errors=True)

    recovery_region: str = Field(title="Recovery region", description="Where the copies are kept. Another region.")
    kms_key_id: str = Field(
        title="Key", description="The recovery region's KMS key that copies are encrypted with: ARN, ID or alias/…."
    )
    deadline_seconds: float = Field(
        default=6 * 3600,
        gt=0,
        title="Deadline",
        description="How long AWS may take over one snapshot, copy, restore or removal, in seconds.",
    )
    poll_seconds: float = Field(default=15, gt=0, title="Poll", description="How often AWS is asked, in seconds.")

    @model_validator(mode="after")
    def _another_region(self) -> Self:
        if self.recovery_region == self.region:
            raise ValueError("the recovery region must be another one than the source's")
        return self

    def recovery(self, service: str) -> Any:
        return self.aws(service, self.recovery_region)

    def key(self) -> RecoveryKey:
        """The recovery region's key, as KMS tells of it."""
        try:
            told = self.recovery("kms").describe_key(KeyId=self.kms_key_id)["KeyMetadata"]
        except ClientError as error:
            if error_code(error) != "NotFoundException":
                raise
            problem = f"the key {self.kms_key_id} is not there in {self.recovery_region}"
            return RecoveryKey(arn=self.kms_key_id, problem=problem)
        state = told["KeyState"]
        broken = f"the key {told['Arn']} is in the state {state}: nothing opens with it" if state != "Enabled" else None
        return RecoveryKey(arn=told["Arn"], problem=broken)

    def usable_key(self) -> str:
        """Raises `Refused` where nothing can be encrypted with the key."""
        key = self.key()
        if key.problem:
            raise Refused(f"Nothing is copied: {key.problem}.", remedy="Name a key of the recovery region, enabled.")
        return key.arn

    def wait_for(self, step: Callable[[], T | None], what: str) -> T:
        """Takes a step again and again until it returns something true.

        Args:
            step: looks, and does what is to be done next. Idempotent.
            what: what is waited for, to follow "AWS was not done with".

        Raises:
            Unreachable: it took longer than the block's deadline.
        """
        until = time.monotonic() + self.deadline_seconds
        while not (found := step()):
            if time.monotonic() > until:
                raise Unreachable(
                    f"AWS was not done with {what} within {say_duration(self.deadline_seconds)}.",
                    changed="It goes on with it.",
                    remedy="Make the same call again: it goes on from here. Raise the block's deadline if need be.",
                )
            time.sleep(self.poll_seconds)
        return found
