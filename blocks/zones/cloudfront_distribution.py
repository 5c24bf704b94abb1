"""The calls to CloudFront that a swap of origins takes."""

import copy
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from blocks.amazon import AmazonAccess, error_code
from recovery.errors import Conflict

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Distribution:
    """One distribution.

    Args:
        access: the block that has the keys and time-outs.
        identifier: the distribution's.
    """

    def __init__(self, access: AmazonAccess, identifier: str) -> None:
        self._access, self.identifier = access, identifier

    def read(self) -> tuple[dict[str, Any], str]:
        """What CloudFront says of it, with its whole configuration, and the ETag of that."""
        with self._access.aws_errors(f"reading the distribution {self.identifier}"):
            found = self._access.aws("cloudfront").get_distribution(Id=self.identifier)
        return found["Distribution"], found["ETag"]

    def update(self, config: dict[str, Any], etag: str) -> None:
        """Replaces the configuration, if it still is the one of that ETag.

        Raises:
            Conflict: it is not.
        """
        unknown = f"Whether the origin of {self.identifier} was changed is not known: read it before trying again."
        with self._access.aws_errors(f"changing the origin of {self.identifier}", changed=unknown):
            try:
                self._access.aws("cloudfront").update_distribution(
                    Id=self.identifier, IfMatch=etag, DistributionConfig=config
                )
            except ClientError as error:
                if error_code(error) in ("PreconditionFailed", "InvalidIfMatchVersion"):
                    raise Conflict(
                        f"The distribution {self.identifier} was changed at this very moment.",
                        changed="It was left as it is.",
                        remedy="Find out who changed it and why, then run again.",
                    ) from error
                raise

    def invalidate(self) -> str:
        """Makes every edge forget everything. Returns the invalidation's identifier."""
        batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": f"lifeboat-{time.time_ns()}"}
        with self._access.aws_errors(f"invalidating {self.identifier}", changed="Its origin stays as it is."):
            made = self._access.aws("cloudfront").create_invalidation(
                DistributionId=self.identifier, InvalidationBatch=batch
            )
        return str(made["Invalidation"]["Id"])

    def invalidations(self) -> tuple[datetime, bool]:
        """When the newest of the last hundred was made, and whether one is under way."""
        with self._access.aws_errors(f"listing the invalidations of {self.identifier}"):
            found = self._access.aws("cloudfront").list_invalidations(DistributionId=self.identifier, MaxItems="100")
        items = found["InvalidationList"].get("Items", [])
        newest = max((each["CreateTime"] for each in items), default=_LONG_AGO)
        return newest, any(each["Status"].lower() != "completed" for each in items)

    def pending(self) -> str:
        """What keeps the newest configuration from being what every user sees, without a full stop, or nothing."""
        distribution, _ = self.read()
        if distribution["Status"] != "Deployed":
            return f"not every edge of {self.identifier} has its newest configuration"
        newest, under_way = self.invalidations()
        # To the second, as CloudFront gives it.
        if under_way or newest < distribution["LastModifiedTime"].replace(microsecond=0):
            return f"the edges of {self.identifier} may still hold what another origin said"
        return ""


def sites(config: dict[str, Any], origins: Mapping[str, str]) -> tuple[str, ...]:
    """The addresses of the sites that requests are sent to, sorted.

    Args:
        config: the distribution's configuration.
        origins: the sites' origins and their addresses. Other origins, for a path of their own, do not count; but
            where the default behaviour uses such a one, it stands by its name.
    """
    default, used = config["DefaultCacheBehavior"]["TargetOriginId"], _behaviours(config)
    found = {origins[each["TargetOriginId"]] for each in used if each["TargetOriginId"] in origins}
    return tuple(sorted(found | ({default} - origins.keys())))


def retarget(config: dict[str, Any], among: set[str], origin: str) -> dict[str, Any]:
    """The configuration in which every behaviour that uses one of `among` uses `origin`; others stay."""
    changed = copy.deepcopy(config)
    for each in _behaviours(changed):
        if each["TargetOriginId"] in among:
            each["TargetOriginId"] = origin
    return changed


def _behaviours(config: dict[str, Any]) -> list[dict[str, Any]]:
    return [config["DefaultCacheBehavior"], *config.get("CacheBehaviors", {}).get("Items", [])]
