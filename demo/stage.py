"""The live display of the demo: one line a scene, with how long it took; the scene under way turns at the bottom."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status


class Stage:
    """Prints scenes as they play. Without a terminal it prints each line once it is through."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.seconds: dict[str, float] = {}

    def act(self, title: str) -> None:
        """Begins a new act."""
        self.console.print(f"\n[bold]{title}[/bold]")

    def note(self, text: str) -> None:
        """A line that needs no time."""
        self.console.print(f"  [dim]{text}[/dim]", highlight=False)

    def line(self, title: str, seconds: float, ok: bool = True, text: str = "") -> None:
        """A scene that is through."""
        sign = "[green]✓[/green]" if ok else "[red]✗[/red]"
        self.console.print(f"  {sign} {title:<26} [cyan]{seconds:5.1f} s[/cyan]  {text}", highlight=False)

    @contextmanager
    def scene(self, title: str) -> Iterator["Scene"]:
        """Times a scene. Set `text` on what it yields to say what came of it."""
        begun = time.monotonic()
        with self.console.status(f"{title} …", spinner="dots") as status:
            scene = Scene(status, title)
            try:
                yield scene
            except BaseException:
                self.line(title, time.monotonic() - begun, ok=False)
                raise
        self.seconds[title] = time.monotonic() - begun
        self.line(title, self.seconds[title], text=scene.text)


class Scene:
    """A scene under way."""

    def __init__(self, status: Status, title: str) -> None:
        self._status, self._title, self.text = status, title, ""

    def now(self, text: str) -> None:
        """Says what is being done, beside the turning sign."""
        self._status.update(f"{self._title}: {text} …")
