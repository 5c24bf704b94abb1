"""A message as Slack's Block Kit wants it: escaped, and within Slack's limits."""

from typing import Any

from blocks.chat.kind import Message

# Slack's documented limits, in characters after escaping, and in blocks and buttons.
HEADER, SECTION, SECTIONS, FALLBACK, CONTEXT = 150, 3000, 10, 4000, 2000
BUTTONS, LABEL, ADDRESS = 5, 75, 3000

_SIGNS = {
    "started": ":rotating_light:",
    "needs approval": ":raised_hand:",
    "answered": ":thumbsup:",
    "finished": ":white_check_mark:",
    "failed": ":x:",
    "note": ":information_source:",
}
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def fit(text: str, limit: int) -> str:
    """Escapes a text and cuts it to at most `limit` characters, never within an entity."""
    escaped = [_ENTITIES.get(char, char) for char in text]
    if sum(map(len, escaped)) <= limit:
        return "".join(escaped)
    kept, room = [], limit - 1
    for char in escaped:
        room -= len(char)
        if room < 0:
            break
        kept.append(char)
    return "".join(kept) + "…"


def build_blocks(message: Message) -> list[dict[str, Any]]:
    """Header, text, link buttons and a line that names the incident."""
    title = fit(f"{_SIGNS[message.kind]} {message.title}".replace("\n", " "), HEADER)
    blocks: list[dict[str, Any]] = [{"type": "header", "text": {"type": "plain_text", "text": title, "emoji": True}}]
    blocks += [_section(text) for text in _pages(message.lines)]
    buttons = [_button(label, url) for label, url in message.links.items() if _is_web(url)]
    if buttons:
        blocks.append({"type": "actions", "elements": buttons[:BUTTONS]})
    # Slack refuses a message whole for one button that is no web address: such links stand as text.
    places = [f"{label}: {url}" for label, url in message.links.items() if not _is_web(url)]
    context = " · ".join([f"Incident {message.incident}", message.kind, *places])
    blocks.append({"type": "context", "elements": [_markdown(fit(context, CONTEXT))]})
    return blocks


def build_head(first: Message, latest: Message) -> list[dict[str, Any]]:
    """What an incident's first message becomes: how it stands now, above what it began with."""
    now = fit(f"*Now:* {_SIGNS[latest.kind]} {latest.title} ({latest.at:%H:%M:%S} UTC)".replace("\n", " "), SECTION)
    header, *rest = build_blocks(first.model_copy(update={"links": {**first.links, **latest.links}}))
    return [header, _section(now), *rest]


def build_fallback(message: Message) -> str:
    """The same in plain text, for notifications and screen readers."""
    links = [f"{label}: {url}" for label, url in message.links.items()]
    return fit("\n".join([message.title, *message.lines, *links, f"Incident {message.incident}"]), FALLBACK)


def _pages(lines: tuple[str, ...]) -> list[str]:
    """The lines in as few sections as hold them; what does not fit even so is said to be left out."""
    pages: list[str] = []
    for line in (fit(line, SECTION) for line in lines if line.strip()):
        if pages and len(pages[-1]) + 1 + len(line) <= SECTION:
            pages[-1] += f"\n{line}"
        else:
            pages.append(line)
    if len(pages) > SECTIONS:
        pages = [*pages[: SECTIONS - 1], "… more is in the run's log."]
    return pages


def _is_web(url: str) -> bool:
    return url.startswith(("http://", "https://")) and len(url) <= ADDRESS


def _button(label: str, url: str) -> dict[str, Any]:
    return {"type": "button", "text": {"type": "plain_text", "text": fit(label or "Open", LABEL)}, "url": url}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _markdown(text)}


def _markdown(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text, "verbatim": True}
