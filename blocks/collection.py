"""What a Prefect server imports at its start: the chats, so that automations can tell people by them.

Only those. A server registers all that it finds here each time it starts, and needs no other kind of block."""

import importlib
import pkgutil

import blocks.chat

for module in pkgutil.iter_modules(blocks.chat.__path__, "blocks.chat."):
    importlib.import_module(module.name)
