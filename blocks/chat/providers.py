"""Makes every chat known to whoever imports it: the Prefect server does, so that its automations can tell people."""

import importlib
import pkgutil

import blocks.chat

for module in pkgutil.iter_modules(blocks.chat.__path__, "blocks.chat."):
    if module.name != __name__:
        importlib.import_module(module.name)
