"""The origin of an Amazon CloudFront distribution, as a zone: what is swapped is where its edges send requests."""

import time
from collections.abc import Callable
from typing import Any

from pydantic import ConfigDict, Field, PrivateAttr

from blocks.amazon import AmazonAccess
from blocks.zones.cloudfront_distribution import Distribution, retarget, sites
from blocks.zones.kind import Record, Zone
from recovery.errors import Conflict, RecoveryError
from recovery.plan_types import Address


class CloudFrontOrigin(AmazonAccess, Zone):
    """A distribution with two origins, of which every cache behaviour of the application uses the same one.

    A swap changes them all in one call, waits until every edge has it, and then makes the edges forget what they hold
    of the old origin. It calls CloudFront's control plane, which lies in us-east-1 whatever the sites' regions are: a
    single origin whose name is swapped by a `route53-switch` does without.
    """

    # An error about a missing field would print all the others, secrets too.
    model_config = ConfigDict(hide_input_in_errors=True)

    _block_type_name = "CloudFront origin"
    _block_type_slug = "cloudfront-origin"
    _description = "Swaps the origin of an Amazon CloudFront distribution, by compare and swap on its ETag."

    region: str = Field(default="us-east-1", title="Region", description="CloudFront's API lies in us-east-1.")
    distribution_id: str = Field(title="Distribution", description="Its identifier, such as E1ABCDEF2GHIJK.")
    name: str = Field(title="Name", description="The name that users know, as the plan's dns.name says.")
    origins: dict[str, Address] = Field(
        min_length=2, title="Origins", description="The identifier of each origin, and the address of its site."
    )
    ttl: int = Field(default=60, gt=0, title="TTL", description="Of CloudFront's own addresses: 60 s, set by AWS.")
    deploy_seconds: float = Field(
        default=600, gt=0, title="Deployment time-out", description="Until every edge has it and forgot, in seconds."
    )
    poll_seconds: float = Field(default=5, gt=0, title="Interval", description="Between two looks, in seconds.")

    _seen: tuple[float, dict[str, tuple[str, ...]]] | None = PrivateAttr(default=None)

    def read(self, name: str) -> Record | None:
        """The address of the site that serves; several where cache behaviours differ."""
        if not self._is_named(name):
            return None
        distribution, _ = self._distribution.read()
        return Record(name=name, values=self._values(distribution), ttl=self.ttl)

    def swap(self, expected: Record, target: Record) -> str:
        """Changes the origin if the distribution is as it was read, then waits and invalidates.

        Cut off on the way, `unfinished` says so, and swapping again does the rest.

        Raises:
            RecoveryError: the origin was changed, but not every edge has it within `deploy_seconds`.
        """
        distribution, etag = self._distribution.read()
        current, wanted = self._values(distribution), self._origin_of(target)
        if not self._is_named(expected.name):
            raise _conflict(expected, f"the distribution {self.distribution_id} serves {self.name}")
        if wanted and current == target.values:
            return self._finish(wanted) if self._distribution.pending() else "unchanged"
        if (current, self.ttl) != (tuple(sorted(expected.values)), expected.ttl):
            raise _conflict(expected, f"its distribution uses {', '.join(current)} (TTL {self.ttl})")
        if wanted is None:
            raise _conflict(target, f"the block's origins are {', '.join(self.origins.values())}")
        self._distribution.update(retarget(distribution["DistributionConfig"], set(self.origins), wanted), etag)
        return self._finish(wanted)

    def unfinished(self, name: str) -> str:
        return self._distribution.pending() if self._is_named(name) else ""

    def answers(self, name: str) -> dict[str, tuple[str, ...]]:
        """The edges, once all have the newest configuration, and their caches, once no invalidation is under way.

        Asked anew at most once in `poll_seconds`: CloudFront throttles.
        """
        if self._seen is None or time.monotonic() - self._seen[0] >= self.poll_seconds:
            self._seen = (time.monotonic(), self._look())
        places = self._seen[1]
        return places if self._is_named(name) else dict.fromkeys(places, ())

    def _look(self) -> dict[str, tuple[str, ...]]:
        places = f"the edges of {self.distribution_id}", f"the caches of {self.distribution_id}"
        try:
            distribution, _ = self._distribution.read()
            under_way = self._distribution.invalidations()[1]
        except RecoveryError:
            return dict.fromkeys(places, ())
        values = self._values(distribution) if distribution["Status"] == "Deployed" else ()
        return dict(zip(places, (values, () if under_way else values), strict=True))

    def _finish(self, origin: str) -> str:
        deadline = time.monotonic() + self.deploy_seconds
        self._wait(lambda: self._distribution.read()[0]["Status"] == "Deployed", deadline, origin)
        invalidation = self._distribution.invalidate()
        self._wait(lambda: not self._distribution.invalidations()[1], deadline, origin)
        self._seen = None
        return invalidation

    def _wait(self, reached: Callable[[], bool], deadline: float, origin: str) -> None:
        while not reached():
            if time.monotonic() >= deadline:
                raise RecoveryError(
                    f"Not every edge of {self.distribution_id} uses {origin} after {self.deploy_seconds:g} s.",
                    changed="The origin was changed; CloudFront goes on bringing that to its edges.",
                    remedy="Run this again: it goes on where it stopped.",
                )
            time.sleep(self.poll_seconds)

    @property
    def _distribution(self) -> Distribution:
        return Distribution(self, self.distribution_id)

    def _values(self, distribution: dict[str, Any]) -> tuple[str, ...]:
        return sites(distribution["DistributionConfig"], self.origins)

    def _origin_of(self, record: Record) -> str | None:
        return next((origin for origin, address in self.origins.items() if (address,) == record.values), None)

    def _is_named(self, name: str) -> bool:
        return name.rstrip(".").lower() == self.name.rstrip(".").lower()


def _conflict(record: Record, held: str) -> Conflict:
    return Conflict(
        f"{record.name} does not point at {', '.join(record.values)} (TTL {record.ttl}): {held}.",
        changed="It was left as it is.",
        remedy="Find out who changed it and why, then run again.",
    )
