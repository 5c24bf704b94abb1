"""The playbooks on a stage where each can be killed anywhere: how to put the world back, and how to judge the end."""

import os
import signal
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from dns_counter import Counter as Changes
from fault_places import Place, places_of
from fault_watch import OTHER, interleaved, names_at
from killed_run import play_until
from theatre import Theatre, read_blocks
from way_back import DRAIN, add_way_back, plan_of_shop, write_plan

from blocks.fences.postgresql_drain import PostgresDrain
from blocks.sources.kind import Source
from blocks.workspaces.terraform import TerraformWorkspace
from demo.waiting import listens, wait_until
from recovery.clock import Clock
from recovery.history import journals
from recovery.journal import Line, read_journal
from recovery.model import now

ONCE = ("declare incident", "promote standby", "swap DNS")
QUICK = {"ttl": "1s", "drain": "1m"}


class Stage:
    """A failover of the shop. Other playbooks differ in a few words.

    Args:
        theatre: with a proved backup.
        folder: for plans.
        changes: counts the changes of DNS.
    """

    flow, first = "failover", "primary"
    parameters: dict[str, Any] = {}
    fresh: dict[str, Any] = {"incident": "new"}  # also for a first run
    promotes = ("shop", "standby")  # a database, and the site that it is swapped in at
    swaps = 1  # of DNS

    def __init__(self, theatre: Theatre, folder: Path, changes: Changes) -> None:
        self.theatre, self.folder, self.changes, self.state = theatre, folder, changes, theatre.world.state
        theatre.documents["route53-zone/example-test"]["endpoint_url"] = changes.url
        plan = plan_of_shop()
        plan["dns"] |= QUICK
        add_way_back(theatre, folder, plan)
        self.write(plan)
        theatre.write_blocks()
        self.blocks = read_blocks(theatre.folder / "blocks.yaml")

    def write(self, plan: Any) -> None:
        write_plan(self.folder, plan)

    def prepare(self) -> None:
        """Once, before anything is killed."""

    def rewind(self) -> None:
        """Back to the primary: users, fence, and nothing at the standby."""
        self.clear("standby", ("postgresql/shop-standby", "files/uploads-standby"), "terraform-workspace/shop-standby")
        self.open("primary")

    def open(self, site: str) -> None:
        """This site serves the users, and takes writes."""
        drain = self.blocks[DRAIN if site == "standby" else "postgresql-drain/shop-primary"]
        assert isinstance(drain, PostgresDrain)
        self.theatre.point_name_at(getattr(self.state.addresses, site))
        self.reopen()
        drain.lower()

    def reopen(self) -> None:
        """The primary is reached again, its database too."""
        self.theatre.reopen()
        wait_until(listens(self.state.primary.address, self.state.primary.port), "the gate", 10)

    def clear(self, shop: str, sources: tuple[str, ...], workspace: str) -> None:
        """Ends the shop there, and removes its data and what Terraform built."""
        pid = self.state.folder / shop / "shop" / "shop.pid"
        with suppress(OSError, ValueError):
            os.kill(int(pid.read_text()), signal.SIGTERM)
        pid.unlink(missing_ok=True)
        for name in sources:
            source = self.blocks[name]
            assert isinstance(source, Source)
            source.erase()
        self.destroy(workspace)

    def destroy(self, workspace: str) -> None:
        built = self.blocks[workspace]
        assert isinstance(built, TerraformWorkspace)
        built.destroy(self.folder / "destroy", lambda _line: None)

    def play(self, place: Place | None = None, **more: Any) -> int:
        """One run, until it is killed there or ends."""
        return play_until(place, self.flow, **(self.parameters | more))

    def begin(self) -> None:
        """Puts the world back, and remembers how it is."""
        self.rewind()
        self.known, self.since, self.changed = set(journals()), now(), self.changes.changes
        self.names = self.promoted()

    def promoted(self) -> list[str]:
        name, site = self.promotes
        return names_at(getattr(self.state, site), f"{name}%")

    def played(self) -> list[tuple[Line, ...]]:
        """The journals since the beginning, the oldest first."""
        found = [tuple(read_journal(path)) for path in set(journals()) - self.known]
        return sorted(found, key=lambda lines: lines[0].at)

    def places(self) -> list[Place]:
        """Every place of the run that was just let run."""
        return [place for lines in self.played() for place in places_of(lines)]

    def wrong(self) -> list[str]:
        """What is wrong with how it came out, counted at the world: nothing, if all is well."""
        found = [*self._told(), *self._served(), *self._swapped_in()]
        if (changes := self.changes.changes - self.changed) != self.swaps:
            found.append(f"DNS was changed {changes} times, not {self.swaps}")
        if mixed := interleaved(self.state, self.first, self.since):
            found.append(mixed)
        return found

    def _told(self) -> list[str]:
        """By their own word."""
        found = [f"it ended {Clock.of(self.played()[-1]).ending}"] if not self._recovered() else []
        for lines in self.played():
            done = Counter(line.step for line in lines if line.kind == "outcome")
            found += [f"{step} was done {done[step]} times" for step in ONCE if done[step] > 1]
        return found

    def _recovered(self) -> bool:
        return any(Clock.of(lines).ending == "recovered" for lines in self.played())

    def _served(self) -> list[str]:
        there = getattr(self.state.addresses, OTHER[self.first])
        found = self.theatre.addresses()
        return [] if found == (there,) else [f"users are sent to {found}"]

    def _swapped_in(self) -> list[str]:
        """One copy became live: what was live before is beside it, and nothing half done is left."""
        before, after, name = self.names, self.promoted(), self.promotes[0]
        kept = [each for each in after if each.startswith(f"{name}__before_")]
        expected = len(before) if name in before else 0
        well = name in after and len(kept) == expected and len(after) == expected + 1
        return [] if well else [f"of {before} came {after}"]


class Graceful(Stage):
    parameters = {"graceful": True}


class Failback(Stage):
    """Begins at the standby, where a graceful failover has brought the shop."""

    flow, first = "failback", "standby"
    promotes = ("shop", "primary")

    def prepare(self) -> None:
        super().rewind()
        assert play_until(None, "failover", graceful=True) == 0

    def rewind(self) -> None:
        """The standby takes writes again, and the primary is fenced, as the failover left it."""
        drain, fence = self.blocks["postgresql-drain/shop-primary"], self.blocks["security-group-fence/shop-primary"]
        assert isinstance(drain, PostgresDrain)
        self.destroy("terraform-workspace/shop-primary")
        self.reopen()
        drain.raise_fence()
        fence.raise_fence()  # type: ignore[attr-defined]
        standby = self.blocks[DRAIN]
        assert isinstance(standby, PostgresDrain)
        standby.lower()
        self.theatre.point_name_at(self.state.addresses.standby)
