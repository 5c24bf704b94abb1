"""The shop's customers: they order by the shop's name, as long as they live, and write down what was acknowledged.

Run it with `python -m demo.writer --resolver 127.0.0.54:5300 --shop shop.example.test:8080 ...`.
"""

import argparse
import json
import random
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import dns.exception
import dns.resolver
import httpx

from demo.seed import CUSTOMERS, product_names

TIMEOUT = 1.0


class Customers:
    """Args:
    name, port: of the shop.
    resolver: the address and port of the resolver that is asked before every order.
    """

    def __init__(self, name: str, port: int, resolver: tuple[str, int]) -> None:
        self._name, self._port = name, port
        self._products = product_names()
        self._resolver = dns.resolver.Resolver(configure=False)
        self._resolver.nameservers, self._resolver.port = [resolver[0]], resolver[1]
        self._resolver.lifetime = TIMEOUT
        # A connection for every order, as every order may go to another address.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.Client(timeout=TIMEOUT, trust_env=False, limits=limits)

    def order(self) -> dict[str, Any]:
        """Places one order.

        Returns:
            What was acknowledged: id, at, number, site.

        Raises:
            dns.exception.DNSException, httpx.HTTPError: it was not.
            KeyError, ValueError: the answer is no acknowledgement.
        """
        address = self._resolver.resolve(self._name, "A")[0].to_text()
        reference = str(uuid.uuid4())
        answer = self._client.post(
            f"http://{address}:{self._port}/orders",
            headers={"Host": f"{self._name}:{self._port}"},
            json={
                "reference": reference,
                "customer": f"Walk-in customer {random.randrange(CUSTOMERS)}",
                "item": random.choice(self._products),
                "quantity": random.randint(1, 5),
            },
        ).raise_for_status()
        placed = answer.json()
        if placed["reference"] != reference:
            raise ValueError("the shop acknowledged another order")
        return {"id": reference, "at": placed["placed_at"], "number": placed["number"], "site": placed["site"]}


def order_for_ever(customers: Customers, rate: float, acknowledged: TextIO, failed: TextIO) -> None:
    """Orders `rate` times a second. A late order is not made up for: customers do not come in bursts."""
    due = time.monotonic()
    while True:
        try:
            _append(acknowledged, customers.order())
        except (dns.exception.DNSException, httpx.HTTPError, KeyError, ValueError) as error:
            text = f"{type(error).__name__}: {error}".split("\n")[0][:200]
            _append(failed, {"at": datetime.now(UTC).isoformat(), "error": text})
        due = max(due + 1 / rate, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.writer", description="The shop's customers")
    parser.add_argument("--shop", required=True, help="NAME:PORT")
    parser.add_argument("--resolver", required=True, help="ADDRESS:PORT")
    parser.add_argument("--rate", type=float, default=10.0, help="orders a second")
    parser.add_argument("--acknowledged", type=Path, required=True, help="where to write down orders, one a line")
    parser.add_argument("--failed", type=Path, required=True, help="where to write down failures, one a line")
    options = parser.parse_args()
    name, _, port = options.shop.rpartition(":")
    resolver, _, resolver_port = options.resolver.rpartition(":")
    customers = Customers(name, int(port), (resolver, int(resolver_port)))
    for path in (options.acknowledged, options.failed):
        path.parent.mkdir(parents=True, exist_ok=True)
    with options.acknowledged.open("a") as acknowledged, options.failed.open("a") as failed:
        order_for_ever(customers, options.rate, acknowledged, failed)


def _append(file: TextIO, line: dict[str, Any]) -> None:
    file.write(json.dumps(line) + "\n")
    file.flush()


if __name__ == "__main__":
    main()
