"""A drill, and a failover of two applications at once, on a stage where each can be killed anywhere."""

import asyncio
from pathlib import Path
from typing import Any

import psycopg
from dns_counter import Counter
from fault_places import Place, places_of
from fault_stages import Failback, Graceful, Stage
from fault_stages_ransomware import Ransomware
from fault_watch import names_at
from theatre import Theatre
from way_back import plan_of_shop

from demo.customers import Customers
from flows.backup import backup
from flows.verify import verify
from recovery.clock import Clock

COPY = ("postgresql/shop-drill", "files/uploads-drill")


class Drill(Stage):
    """Each drill begins by removing what the one before it left, so that nothing has to be put back."""

    flow = "drill"
    fresh: dict[str, Any] = {}

    def __init__(self, theatre: Theatre, folder: Path, changes: Counter) -> None:
        theatre.documents["terraform-workspace/shop-drill"] |= _module(folder)
        super().__init__(theatre, folder, changes)

    def prepare(self) -> None:
        super().rewind()

    def rewind(self) -> None:
        pass

    def wrong(self) -> list[str]:
        """Nothing of the copy is left, and production never noticed."""
        ending = Clock.of(self.played()[-1]).ending
        found = [f"it ended {ending}"] if ending != "recovered" else []
        left = [*(self.state.folder / "drill").glob("uploads*"), *names_at(self.state.scratch, "shop_drill%")]
        left += [*(self.state.folder / "drill").glob("shop/shop.pid"), *names_at(self.state.standby, "shop%")]
        found += [f"{each} is left" for each in left]
        orders = [each for each in Customers(self.state).orders() if str(each["at"]) > self.since.isoformat()]
        found += [] if {each["site"] for each in orders} == {"primary"} else ["the primary did not go on"]
        record = self.theatre.zone.read(self.state.drill_name)
        parked = record is not None and record.values == (self.state.addresses.parked,)
        served = self.theatre.addresses() == (self.state.addresses.primary,)
        return found + ([] if parked and served else ["a name points elsewhere"])


class Many(Stage):
    """The shop, and beside it `books`: the same data, at a standby of its own, by a name of its own."""

    flow, swaps = "failover-many", 2
    parameters: dict[str, Any] = {"plans": ["shop", "books"]}
    fresh: dict[str, Any] = {}

    def __init__(self, theatre: Theatre, folder: Path, changes: Counter) -> None:
        documents = theatre.documents
        documents["terraform-workspace/shop-drill"] |= _module(folder)
        documents["postgresql/books-scratch"] = documents["postgresql/shop-scratch"] | {"database": "books"}
        documents["files/books-scratch"] = {"folder": str(folder / "scratch")}
        super().__init__(theatre, folder, changes)

    def prepare(self) -> None:
        self.write(self._books())
        super().rewind()
        asyncio.run(backup.fn(plan="books"))
        asyncio.run(verify.fn(plan="books"))

    def _books(self) -> Any:
        plan = plan_of_shop()
        drill = plan.pop("drill")
        for name in ("witness", "drain"):
            plan.pop(name)
        plan["application"] = "books"
        plan["sites"]["primary"] |= {"address": drill["parked"], "url": f"http://{drill['parked']}"}
        plan["sites"]["standby"] |= {"address": drill["address"], "url": drill["url"]}
        for name, scratch in (("database", "postgresql/books-scratch"), ("uploads", "files/books-scratch")):
            plan["components"][name] |= {"restore_to": drill["restore_to"][name], "scratch": scratch}
        plan["infrastructure"]["workspace"] = drill["workspace"]
        plan["configuration"]["inventory"] = drill["inventory"]
        plan["dns"] |= {"name": drill["name"], "ttl": "1s"}
        return plan

    def rewind(self) -> None:
        super().rewind()
        self.clear("drill", COPY, "terraform-workspace/shop-drill")
        self._park()

    def _park(self) -> None:
        record = self.theatre.zone.read(self.state.drill_name)
        assert record is not None
        self.theatre.zone.swap(record, record.model_copy(update={"values": (self.state.addresses.parked,)}))

    def places(self) -> list[Place]:
        """Of the one and the other in turns."""
        found = [places_of(lines, str(lines[0].data["application"])) for lines in self.played()]
        longest = max(len(each) for each in found)
        return [each[number] for number in range(longest) for each in found if number < len(each)]

    def wrong(self) -> list[str]:
        found = super().wrong()
        if names_at(self.state.scratch, "shop_drill%") != ["shop_drill"]:
            found.append("the copy of books was not swapped in once")
        record = self.theatre.zone.read(self.state.drill_name)
        if record is None or record.values != (self.state.addresses.drill,):
            found.append(f"users of books are sent to {record}")
        return found + self._books_orders()

    def _books_orders(self) -> list[str]:
        with psycopg.connect(**self.state.scratch.libpq(dbname="shop_drill")) as connection:
            row = connection.execute("select count(*) from orders").fetchone()
        return [] if row and row[0] else ["books holds nothing"]


def _module(folder: Path) -> dict[str, Any]:
    return {"module": "infra/terraform/standby-builtin", "backend_config": {"path": str(folder / "drill.tfstate")}}


STAGES: dict[str, type[Stage]] = {
    "failover": Stage,
    "graceful": Graceful,
    "failback": Failback,
    "drill": Drill,
    "many": Many,
    "ransomware": Ransomware,
}
