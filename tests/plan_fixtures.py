"""The example plan, for tests that need one."""

from pathlib import Path

SHOP = Path(__file__).parent.parent / "plans" / "shop.yaml"
EXAMPLES = SHOP.parent / "examples"
TEXT = SHOP.read_text()
