"""Brings the embedded world up and down: `lifeboat up`, `down`, `status`."""

from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from demo.interrupts import interruptible, uninterruptible
from demo.platform import finish, start_beside
from demo.ports import free_port
from demo.settings import OUT, apply_environment, environment, write_environment
from demo.stage import Stage
from demo.world import World, stop_world
from doors.surroundings import EMBEDDED
from recovery.errors import Missing

WORLD = OUT / "world"


def start_everything(say: Callable[[str], None]) -> tuple[World, dict[str, str]]:
    """Starts the world, its Prefect server, the runner and the monitor. Interrupted, it leaves nothing running."""
    EMBEDDED.unlink(missing_ok=True)
    port = free_port("127.0.0.1")
    with interruptible():
        try:
            world = World.start(
                WORLD, say, beside=lambda planned: start_beside(planned, environment(planned.state, port))
            )
            settings = environment(world.state, port)
            finish(world, settings, say)
            write_environment(settings, EMBEDDED)
            apply_environment(settings)
        except BaseException:
            with uninterruptible():
                stop_everything()
            raise
    return world, settings


def stop_everything() -> None:
    """Stops every process of the world; its files stay."""
    stop_world(WORLD)
    EMBEDDED.unlink(missing_ok=True)


def bring_up() -> int:
    """Starts everything, and says where it is."""
    stage = Stage(Console())
    with stage.scene("Embedded world") as scene:
        world, settings = start_everything(scene.now)
    tell_addresses(stage, world, settings)
    return 0


def tell_addresses(stage: Stage, world: World, settings: dict[str, str]) -> None:
    """Where a user finds what now runs."""
    state = world.state
    stage.note(f"Shop       http://{state.addresses.primary}:{state.shop_port}  (also by name: {state.shop_name})")
    stage.note(f"Name       dig @{state.resolver.address} -p {state.resolver.port} {state.shop_name}")
    stage.note(f"Prefect UI {settings['PREFECT_API_URL'].removesuffix('/api')}")
    stage.note("Stop it    make down")


def bring_down() -> int:
    """Stops everything; nothing running is no error."""
    stop_everything()
    Console().print("Everything is stopped.")
    return 0


def show_status() -> int:
    """Which processes live. Exit code 1 where the world is not whole."""
    try:
        alive = World.load(WORLD).alive()
    except Missing as error:
        Console().print(str(error))
        return 1
    table = Table("process", "state")
    for name, lives in sorted(alive.items()):
        table.add_row(name, "[green]runs[/green]" if lives else "[red]dead[/red]")
    Console().print(table if alive else "Nothing runs. Start it with `lifeboat up`.")
    return 0 if alive and all(alive.values()) else 1
