"""Publishes where every application stands: as artifacts of the run, as files, and as a message where it is bad."""

from collections.abc import Sequence

from prefect.artifacts import acreate_markdown_artifact

from blocks.chat.courier import Courier
from blocks.chat.kind import Message
from recovery.coverage_page import render_coverage
from recovery.fleet_page import render_page
from recovery.model import now
from recovery.places import home, new_incident, outbox
from recovery.telling import topic_of
from tasks.load_chats import load_chats
from tasks.particulars import links
from tasks.read_standing import Looked

FLEET, COVERAGE = "fleet", "coverage"  # the artifacts' keys, and the files' names
LAST_WORDS = 5.0  # seconds that undelivered messages may take at the end


async def publish_fleet(fleet: Sequence[Looked], on_platform: bool) -> str:
    """Publishes the page of the fleet and its coverage ledgers, and tells people; each chat once.

    Args:
        fleet: what is known of all applications.
        on_platform: whether there is a Prefect server to keep the artifacts.

    Returns:
        The page's text.
    """
    standings = [each.standing for each in fleet]
    page = render_page(standings, now())
    coverage = render_coverage([each.ledger for each in fleet if each.ledger], now())
    await _publish(FLEET, page, "What a recovery could count on, by application", on_platform)
    await _publish(COVERAGE, coverage, "How deep every backup was verified, when, and how long it took", on_platform)
    if alerts := tuple(each.alert for each in standings if each.alert):
        await _tell(alerts, len(fleet), sorted({chat for each in fleet for chat in each.chats}), on_platform)
    return page


async def _publish(key: str, page: str, description: str, on_platform: bool) -> None:
    path = home() / f"{key}.md"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(page, encoding="utf-8")
    if on_platform:
        await acreate_markdown_artifact(page, key=key, description=description)


async def _tell(alerts: tuple[str, ...], all_of_them: int, chats: Sequence[str], on_platform: bool) -> None:
    courier = Courier(await load_chats(chats, on_platform), outbox())
    title = f"{len(alerts)} of {all_of_them} application(s) are not recoverable as promised"
    incident, topic = new_incident("verify", "fleet"), topic_of("verify-fleet", "failed")
    courier.post(Message(incident=incident, kind="failed", title=title, lines=alerts, links=links(), topic=topic))
    courier.close(LAST_WORDS)
