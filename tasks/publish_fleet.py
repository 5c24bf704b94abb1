"""Publishes where every application stands: as an artifact of the run, as a file, and as a message where it is bad."""

from collections.abc import Sequence

from prefect.artifacts import acreate_markdown_artifact

from blocks.chat.courier import Courier
from blocks.chat.kind import Chat, Message
from recovery.errors import RecoveryError
from recovery.fleet import Standing
from recovery.fleet_page import render_page
from recovery.model import now
from recovery.places import home, new_incident
from tasks.opening import load_places
from tasks.particulars import links

ARTIFACT = "fleet"
PAGE = "fleet.md"
LAST_WORDS = 5.0  # seconds that undelivered messages may take at the end


async def publish_fleet(standings: Sequence[Standing], chats: Sequence[str], on_platform: bool) -> str:
    """Publishes the page and tells people.

    Args:
        standings: of all applications.
        chats: the chat blocks of all of them; each is told once.
        on_platform: whether there is a Prefect server to keep the artifact.

    Returns:
        The page's text.
    """
    page = render_page(standings, now())
    path = home() / PAGE
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(page, encoding="utf-8")
    if on_platform:
        await acreate_markdown_artifact(
            page, key=ARTIFACT, description="What a recovery could count on, by application"
        )
    if alerts := tuple(each.alert for each in standings if each.alert):
        await _tell(alerts, len(standings), sorted(set(chats)), on_platform)
    return page


async def _tell(alerts: tuple[str, ...], all_of_them: int, chats: Sequence[str], on_platform: bool) -> None:
    found: list[Chat] = []
    for each in chats:
        try:
            block = (await load_places({each}, on_platform))[each]
        except RecoveryError:
            continue  # it is on the page; the chat that cannot be loaded must not keep the others from hearing
        found += [block] if isinstance(block, Chat) else []
    courier = Courier(found)
    title = f"{len(alerts)} of {all_of_them} application(s) are not recoverable as promised"
    courier.post(
        Message(incident=new_incident("verify", "fleet"), kind="failed", title=title, lines=alerts, links=links())
    )
    courier.close(LAST_WORDS)
