"""The part of a plan that says how the uptime monitor asks whether the application lives."""

from typing import Literal

from pydantic import Field

from recovery.model import Frozen
from recovery.plan_types import BlockReference, WebPath

ProbeKind = Literal["http", "tcp", "postgresql", "dns"]
# The keys that each kind knows, and those it needs, beside its kind.
KNOWN: dict[ProbeKind, tuple[str, ...]] = {
    "http": ("path", "port", "expect_status", "expect_text"),
    "tcp": ("port",),
    "postgresql": ("block", "at_standby"),
    "dns": (),
}
NEEDED: dict[ProbeKind, tuple[str, ...]] = {"http": (), "tcp": ("port",), "postgresql": ("block",), "dns": ()}


class UptimeProbe(Frozen):
    """One way to ask.

    Args:
        kind: `http` (a request that is answered as expected), `tcp` (a connection that is taken), `postgresql` (a
            database that answers `select 1`), `dns` (every server that is asked answers with an address of a site).
        path: of http; by default the monitor's.
        port: of http and tcp, at the address that DNS hands out.
        expect_status, expect_text: of http.
        block: of postgresql: the database at the primary.
        at_standby: of postgresql: the same, once DNS hands out the standby.
    """

    kind: ProbeKind
    path: WebPath | None = None
    port: int | None = Field(default=None, ge=1, le=65535)
    expect_status: int | None = Field(default=None, ge=100, le=599)
    expect_text: str | None = None
    block: BlockReference | None = None
    at_standby: BlockReference | None = None

    @property
    def blocks(self) -> tuple[BlockReference, ...]:
        """The blocks it asks."""
        return tuple(each for each in (self.block, self.at_standby) if each)
