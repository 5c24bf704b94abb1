"""The application that is to be recovered: a small shop over HTTP.

Run it with `python -m demo.shop --config shop.json`.
"""

import argparse
import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import uvicorn
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from demo.shop_orders import NewOrder, Orders
from demo.shop_page import front_page
from demo.shop_uploads import MOST_BYTES, find_upload, store_upload
from recovery.model import Frozen


class ShopConfig(Frozen):
    """Args:
    site: the site's name, as in every answer and every order.
    address, port: where to listen.
    database: libpq keywords: host, port, dbname, user, password.
    uploads: the folder of uploaded files.
    pid_file: where the process's pid is written once it listens.
    """

    site: str
    address: str
    port: int
    database: dict[str, str | int]
    uploads: Path
    pid_file: Path


class Shop:
    """The endpoints."""

    def __init__(self, config: ShopConfig) -> None:
        self.config, self.orders = config, Orders(dict(config.database), config.site)

    async def front(self, request: Request) -> Response:
        try:
            return HTMLResponse(front_page(self.config.site, await self.orders.newest(12)))
        except (TimeoutError, psycopg.Error):
            return HTMLResponse(front_page(self.config.site, None), status_code=503)

    async def health(self, request: Request) -> Response:
        return _json({"status": "ok", "site": self.config.site, **await self.orders.health()})

    async def read(self, request: Request) -> Response:
        order = await self.orders.find(request.path_params.get("number"))
        return _json({"error": "there is no such order"}, 404) if order is None else _json(order)

    async def place(self, request: Request) -> Response:
        try:
            order = NewOrder.model_validate_json(await request.body())
        except ValidationError as error:
            return _json({"error": error.errors(include_url=False, include_input=False, include_context=False)}, 422)
        return _json(await self.orders.place(order), 201)

    async def download(self, request: Request) -> Response:
        path = find_upload(self.config.uploads, request.path_params["name"])
        return _json({"error": "there is no such file"}, 404) if path is None else FileResponse(path)

    async def upload(self, request: Request) -> Response:
        content, name = bytearray(), request.path_params["name"]
        async for part in request.stream():
            content += part
            if len(content) > MOST_BYTES:
                return _json({"error": f"a file may have {MOST_BYTES} bytes"}, 413)
        if not store_upload(self.config.uploads, name, bytes(content)):
            return _json({"error": "the name is not safe"}, 400)
        return _json({"name": name, "bytes": len(content)}, 201)

    async def unavailable(self, request: Request, error: Exception) -> Response:
        reason = {"status": "unavailable", "site": self.config.site, "error": "the database does not answer"}
        return _json(reason, 503)

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        yield
        await self.orders.close()


def create_app(config: ShopConfig) -> Starlette:
    """The shop as an ASGI application."""
    shop = Shop(config)
    routes = [
        Route("/", shop.front),
        Route("/health", shop.health),
        Route("/orders/latest", shop.read),
        Route("/orders/{number:int}", shop.read),
        Route("/orders", shop.place, methods=["POST"]),
        Route("/uploads/{name:path}", shop.download),
        Route("/uploads/{name:path}", shop.upload, methods=["PUT"]),
    ]
    failures: dict[Any, Any] = {TimeoutError: shop.unavailable, psycopg.Error: shop.unavailable}
    return Starlette(routes=routes, lifespan=shop.lifespan, exception_handlers=failures)


def main() -> None:
    """Serves until SIGTERM. Listens first: a second one on the same port must not touch the first one's pid file."""
    parser = argparse.ArgumentParser(prog="python -m demo.shop", description="The demo's shop")
    parser.add_argument("--config", type=Path, required=True, help="a JSON file, see ShopConfig")
    config = ShopConfig.model_validate_json(parser.parse_args().config.read_bytes())
    listener = socket.create_server((config.address, config.port))
    config.pid_file.parent.mkdir(parents=True, exist_ok=True)
    config.pid_file.write_text(f"{os.getpid()}\n")
    settings = uvicorn.Config(create_app(config), log_level="warning", access_log=False, timeout_graceful_shutdown=1)
    try:
        uvicorn.Server(settings).run(sockets=[listener])
    finally:
        config.pid_file.unlink(missing_ok=True)


def _json(content: dict[str, Any], status: int = 200) -> Response:
    def plain(value: object) -> str:
        if isinstance(value, datetime):
            return value.isoformat()
        raise TypeError(f"{type(value).__name__} has no JSON form")

    return JSONResponse(json.loads(json.dumps(content, default=plain)), status_code=status)


if __name__ == "__main__":
    main()
