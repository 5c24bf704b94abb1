"""A fence made of a token in S3, taken by conditional writes."""

import time
from datetime import timedelta

from pydantic import Field, PrivateAttr

from blocks.amazon import AmazonAccess
from blocks.fences.endpoints import Endpoint, attempt_all
from blocks.fences.kind import Fence, FenceProof
from blocks.vaults.kind import ABSENT
from blocks.vaults.s3 import S3Vault
from recovery.decision import Decision, refuse
from recovery.errors import Conflict, Missing, RecoveryError, Unreachable
from recovery.fence_token import FenceToken, give_back, judge_token, take
from recovery.model import now

FOREVER = timedelta(days=36_500)  # a fence stands until it is lowered
HOLDER = "the fence"


class LeaseFence(AmazonAccess, Fence):
    """Takes the token that says which site may write. Its number only grows.

    The token alone tells who may write; it cuts writes only where the application keeps to it. Name endpoints to show
    that it does: then the fence counts as one that cuts writes. What the application has to do is in docs/fences.md.
    The store must honour conditional writes (`If-Match`, `If-None-Match`).
    """

    _block_type_name = "Lease fence"
    _block_type_slug = "lease-fence"
    _description = "Takes the token of the site that may write: an object in S3 with a number that only grows."

    bucket: str = Field(title="Bucket", description="The bucket of the token, in another region than the primary's.")
    key: str = Field(title="Key", description="The token's key in it, such as fences/shop.json.")
    endpoints: tuple[Endpoint, ...] = Field(
        default=(),
        title="Endpoints",
        description="Where writes would get in, if the application keeps to the token: http://host:port/path.",
    )
    refused_with: tuple[int, ...] = Field(
        default=(423, 503), title="Refused with", description="The statuses with which it refuses writes without it."
    )
    skew_seconds: float = Field(default=2, ge=0, title="Skew", description="How far clocks may be apart, in seconds.")
    wait_seconds: float = Field(
        default=90, ge=0, title="Wait", description="The longest wait for the term of the holder before, in seconds."
    )
    attempt_timeout_seconds: float = Field(
        default=1, gt=0, title="Attempt time-out", description="For one try of one endpoint, in seconds."
    )

    _made: S3Vault | None = PrivateAttr(default=None)

    def raise_fence(self) -> None:
        """Takes the token, then waits until the holder before may not write any more."""
        for _ in range(20):
            held, version = self._read()
            if held is not None and held.holder == HOLDER:
                break
            try:
                self._write(take(held, HOLDER, now(), FOREVER), version)
            except Conflict:
                continue  # its holder renewed it in this moment: the number must follow that
            break
        else:
            raise Unreachable(f"s3://{self.bucket}/{self.key} changed 20 times while it was to be taken.")
        self._wait_for_the_holder_before()

    def prove(self) -> FenceProof:
        """The token is read back; and where endpoints are named, each refuses a write."""
        try:
            judged = self._judge()
        except RecoveryError as error:
            judged = refuse(f"the token could not be read back ({error.what.rstrip('.')})", "")
        tried = []
        if self.endpoints:
            settle = 2 * self.skew_seconds if judged.verdict == "done" else 0
            tried = attempt_all(self.endpoints, self.attempt_timeout_seconds, settle, self.refused_with)
        at = now()
        return FenceProof(
            proved=judged.verdict == "done" and all(each.closed for each in tried),
            method=f"the token s3://{self.bucket}/{self.key}",
            evidence=(judged.sentence, *(each.sentence for each in tried), f"read at {at:%Y-%m-%d %H:%M:%S} UTC"),
            at=at,
            cuts_writes=bool(self.endpoints),
            token=judged.facts.get("token"),
        )

    def lower(self) -> None:
        held, version = self._read()
        if held is not None and held.holder == HOLDER:
            self._write(give_back(held, now()), version)

    def _judge(self) -> Decision:
        return judge_token(self._read()[0], HOLDER, now(), timedelta(seconds=self.skew_seconds))

    def _wait_for_the_holder_before(self) -> None:
        deadline = time.monotonic() + self.wait_seconds
        while (judged := self._judge()).verdict != "done":
            if time.monotonic() >= deadline:
                raise Unreachable(
                    f"After {self.wait_seconds:g} s {judged.sentence}.", changed="The token was taken all the same."
                )
            time.sleep(0.1)

    def _read(self) -> tuple[FenceToken | None, str]:
        try:
            stored = self._store().get(self.key)
        except Missing:
            return None, ABSENT
        return FenceToken.model_validate_json(stored.data), stored.version

    def _write(self, token: FenceToken, version: str) -> None:
        self._store().put(self.key, token.model_dump_json().encode(), expect=version)

    def _store(self) -> S3Vault:
        if self._made is None:
            access = {name: getattr(self, name) for name in AmazonAccess.model_fields}
            self._made = S3Vault(bucket=self.bucket, **access)
        return self._made
