"""The embedded world: two sites, a vault, a cloud, DNS, chat and customers, on loopback addresses."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from demo import world_parts as parts
from demo.interrupts import interruptible, uninterruptible
from demo.postgres import start_cluster
from demo.process_book import Started
from demo.processes import Processes
from demo.vault import remove_sockets
from demo.world_plan import plan_world
from demo.world_start import WorldStart
from demo.world_state import Addresses, WorldState
from recovery.errors import Missing

# Everything a world keeps in its folder; the folder's other contents are left alone.
_OURS = (
    "primary",
    "standby",
    "scratch",
    "vault",
    "customers",
    "slack",
    "logs",
    "world.json",
    "prefect",
    "lifeboat",
    "blocks.yaml",
)


class World:
    """One world, running or not. Use `World.start` or `World.load`.

    Args:
        folder: where it keeps its data and writes down what runs.
        state: its addresses, ports and credentials.
    """

    def __init__(self, folder: Path, state: WorldState) -> None:
        self.folder, self.state = folder, state
        self.processes = _processes(folder)

    @classmethod
    def start(
        cls,
        folder: Path,
        say: Callable[[str], None],
        addresses: Addresses | None = None,
        beside: Callable[["World"], object] | None = None,
    ) -> "World":
        """Starts a new world, in place of one that was there. When it is interrupted, nothing is left running.

        Args:
            folder: see `World`.
            say: is told what has become ready. Called from several threads, one at a time.
            addresses: the loopback addresses to use.
            beside: starts what else belongs to it, at the same time as the parts. It gets the world as planned: every
                address is drawn, but AWS's own identifiers are not known yet. It should use `add`.

        Raises:
            RecoveryError: a part did not start.
            KeyboardInterrupt, SystemExit: on SIGINT and SIGTERM.
        """
        folder = folder.resolve()
        stop_world(folder)
        for name in _OURS:
            path = folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        world = cls(folder, plan_world(folder, addresses or Addresses()))
        with interruptible():
            try:
                besides = (lambda: beside(world)) if beside else None
                world.state = WorldStart(world.processes, world.state, say).run(besides)
                world._save()
            except BaseException:
                with uninterruptible():
                    world.stop()
                raise
        return world

    @classmethod
    def load(cls, folder: Path) -> "World":
        """The world that was started there, by whichever process.

        Raises:
            Missing: there is none.
        """
        folder = folder.resolve()
        path = folder / "world.json"
        if not path.exists():
            raise Missing(f"No world was started in {folder}.", remedy="Start one with `lifeboat up`.")
        return cls(folder, WorldState.model_validate_json(path.read_bytes()))

    def add(self, name: str, argv: Sequence[str | Path], env: Mapping[str, str] | None = None) -> Started:
        """Starts one more process that `stop` then stops too. Its output goes to `logs/<name>.log`."""
        return self.processes.start(name, argv, env)

    def alive(self) -> dict[str, bool]:
        """Each process by name, and whether it lives."""
        return self.processes.alive()

    def kill_primary(self) -> None:
        """The disaster: SIGKILL to the primary's database, with all its processes, and its shop."""
        for name in (parts.PRIMARY_SHOP, parts.PRIMARY_DATABASE):
            self.processes.stop(name, kill=True)

    def revive_primary(self) -> None:
        """The dead primary comes back, as it was: its database recovers from its log, and its shop opens."""
        start_cluster(self.processes, parts.PRIMARY_DATABASE, self.state.primary)
        parts.start_shop(self.processes, self.state)

    def stop(self) -> None:
        """Stops every process of the world. Its files stay."""
        stop_world(self.folder, self.processes)

    def _save(self) -> None:
        path = self.folder / "world.json"
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(self.state.model_dump_json(indent=1, context={"reveal": True}))
        fresh.replace(path)


def stop_world(folder: Path, processes: Processes | None = None) -> None:
    """Stops whatever runs of the world in the folder, ready or not. Does nothing if nothing does."""
    (processes or _processes(folder.resolve())).stop_all()
    remove_sockets(folder / "vault")


def _processes(folder: Path) -> Processes:
    return Processes(folder / "processes.json", folder / "logs")
