"""Health checks of the emulated Route 53, made for real, and which of a pair of failover records they let through.

As Route 53 does it: 2xx and 3xx are well; so many answers in a row as the threshold says change a check's mind; an
inverted check turns it round; where neither record is healthy, the primary is handed out. Unlike Route 53's, there is
one checker, it asks whenever the zones are read, and names of AWS itself lead to the emulated AWS.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx

TIMEOUT = 1.0


def in_force(held: Iterable[dict[str, Any]], healthy: Callable[[str], bool]) -> Iterator[dict[str, Any]]:
    """The record sets that are handed out: of each failover pair only one, all others as they are.

    Args:
        held: record sets as Route 53 lists them.
        healthy: of a health check, by its identifier.
    """
    pairs: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for one in held:
        if "Failover" in one:
            pairs.setdefault((one["Name"], one["Type"]), {})[one["Failover"]] = one
        else:
            yield one
    for pair in pairs.values():
        ranked = [pair[role] for role in ("PRIMARY", "SECONDARY") if role in pair]
        well = (one for one in ranked if "HealthCheckId" not in one or healthy(one["HealthCheckId"]))
        yield next(well, ranked[0])


class HealthChecks:
    """Args:
    route53: a client of the emulated Route 53, where the checks are described.
    """

    def __init__(self, route53: Any) -> None:
        self._route53 = route53
        # By identifier: whether the endpoint counts as well, and how many answers in a row said otherwise.
        self._minds: dict[str, tuple[bool, int]] = {}

    def healthy(self, identifier: str) -> bool:
        """Asks the endpoint once, and says what the check makes of this and earlier answers."""
        config = self._route53.get_health_check(HealthCheckId=identifier)["HealthCheck"]["HealthCheckConfig"]
        seen = _answers_well(config)
        mind, against = self._minds.get(identifier, (seen, 0))
        against = 0 if seen == mind else against + 1
        if against >= config["FailureThreshold"]:
            mind, against = seen, 0
        self._minds[identifier] = (mind, against)
        return mind != bool(config.get("Inverted"))


def _answers_well(config: dict[str, Any]) -> bool:
    name = config.get("FullyQualifiedDomainName", "")
    place = f"{config.get('IPAddress') or name}:{config['Port']}"
    scheme = config["Type"].partition("_")[0].lower()
    if name.endswith(".amazonaws.com"):
        aws = urlsplit(os.environ["AWS_ENDPOINT_URL"])
        scheme, place = aws.scheme, aws.netloc
    headers = {"Host": name} if name else {}
    try:
        answer = httpx.get(f"{scheme}://{place}{config.get('ResourcePath', '/')}", headers=headers, timeout=TIMEOUT)
    except httpx.HTTPError:
        return False
    return 200 <= answer.status_code < 400
