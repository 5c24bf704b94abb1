"""The provider and its test on docs/adding-a-provider.md, run as they stand there."""

import re
import sys
from pathlib import Path
from types import ModuleType

from chat_contract import ChatContract

PAGE = Path(__file__).parent.parent / "docs" / "adding-a-provider.md"
# Under a name of its own, so that the example is not taken for one of the providers that come with Lifeboat.
NAME = "provider_of_the_page"


def run(code: str, name: str) -> ModuleType:
    module = ModuleType(name)
    sys.modules[name] = module
    exec(compile(code, f"{PAGE.name}:{name}", "exec"), module.__dict__)
    return module


provider, test = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
run(provider, NAME)
page = run(test.replace("blocks.chat.webhook", NAME), f"{NAME}_test")
TestWebhookChat = page.TestWebhookChat


def test_the_page_shows_a_provider_that_runs_the_whole_suite() -> None:
    assert issubclass(TestWebhookChat, ChatContract)
    assert len(provider.splitlines()) < 50


def test_the_files_the_page_names_are_there() -> None:
    folder = PAGE.parent.parent
    named = re.findall(r"`((?:blocks|tests)/[a-z_/]+\.py)`", PAGE.read_text())
    new = {"blocks/chat/webhook.py", "tests/test_webhook_chat.py"}
    assert len(named) > 5
    assert [name for name in named if name not in new and not (folder / name).exists()] == []
