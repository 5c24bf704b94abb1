"""The shop's orders, in PostgreSQL. Every call answers or fails within one second, also when the database is away."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import DictRow, dict_row
from pydantic import BaseModel, Field

DEADLINE = 1.0
_IDLE_CONNECTIONS = 8
_ORDER = "SELECT number, reference::text, placed_at, site FROM orders"
_DETAILED = """
SELECT o.number, o.reference::text, o.placed_at, o.site, c.name::text AS customer, p.name AS item, l.quantity
FROM orders o JOIN customers c ON c.id = o.customer_id
JOIN order_lines l ON l.order_number = o.number AND l.line = 1 JOIN products p ON p.id = l.product_id
"""

Result = TypeVar("Result")
Connection = psycopg.AsyncConnection[DictRow]


class NewOrder(BaseModel):
    """What a customer sends. The same reference twice is the same order."""

    reference: UUID = Field(default_factory=uuid4)
    customer: str = Field(max_length=200, pattern=r"^[^\x00]+$")
    item: str = Field(max_length=200, pattern=r"^[^\x00]+$")
    quantity: int = Field(ge=1, le=1000)


class Orders:
    """Args:
    libpq: keywords to connect to the database.
    site: the site that orders are taken at.
    """

    def __init__(self, libpq: dict[str, Any], site: str) -> None:
        self._libpq, self._site = libpq, site
        self._idle: list[Connection] = []
        self._late: set[asyncio.Task[Any]] = set()

    async def health(self) -> dict[str, Any]:
        """How many orders there are, and the newest."""

        async def ask(connection: Connection) -> dict[str, Any]:
            counted = await (await connection.execute("SELECT count(*) AS orders FROM orders")).fetchone()
            cursor = await connection.execute("SELECT number, placed_at FROM orders ORDER BY number DESC LIMIT 1")
            return {"orders": counted["orders"] if counted else 0, "newest": await cursor.fetchone()}

        return await self._within(ask)

    async def find(self, number: int | None = None) -> dict[str, Any] | None:
        """The order with that number, or the latest."""

        async def ask(connection: Connection) -> dict[str, Any] | None:
            where = " WHERE o.number = %s" if number is not None else " ORDER BY o.number DESC LIMIT 1"
            cursor = await connection.execute(_DETAILED + where, () if number is None else (number,))
            return await cursor.fetchone()

        return await self._within(ask)

    async def newest(self, count: int) -> list[dict[str, Any]]:
        async def ask(connection: Connection) -> list[dict[str, Any]]:
            return await (await connection.execute(_DETAILED + " ORDER BY o.number DESC LIMIT %s", (count,))).fetchall()

        return await self._within(ask)

    async def place(self, order: NewOrder) -> dict[str, Any]:
        """Places an order, with everything it needs, in one transaction. A repeat gives the first one back."""

        async def ask(connection: Connection) -> dict[str, Any]:
            async with connection.transaction():
                customer = await _identifier(connection, "customers", order.customer)
                product = await _identifier(connection, "products", order.item)
                insert = "INSERT INTO orders (reference, site, customer_id) VALUES (%s, %s, %s)"
                returning = " ON CONFLICT (reference) DO NOTHING RETURNING number, reference::text, placed_at, site"
                cursor = await connection.execute(insert + returning, (order.reference, self._site, customer))
                placed = await cursor.fetchone()
                if placed is None:
                    cursor = await connection.execute(_ORDER + " WHERE reference = %s", (order.reference,))
                    return dict(await cursor.fetchone() or {})
                line = "INSERT INTO order_lines SELECT %s, 1, id, %s, price FROM products WHERE id = %s"
                await connection.execute(line, (placed["number"], order.quantity, product))
                return placed

        return await self._within(ask)

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().close()

    async def _within(self, ask: Callable[[Connection], Awaitable[Result]]) -> Result:
        """Raises TimeoutError at the deadline. What hangs can't be cancelled in time, so it is left behind."""
        task = asyncio.create_task(self._ask(ask))
        done, _ = await asyncio.wait({task}, timeout=DEADLINE)
        if not done:
            self._late.add(task)
            task.add_done_callback(self._late.discard)
            task.cancel()
            raise TimeoutError("the database did not answer")
        return task.result()

    async def _ask(self, ask: Callable[[Connection], Awaitable[Result]]) -> Result:
        """Idle connections may have died with their server: then the next one is tried, at last a new one.

        Asking twice is safe: an order placed twice is one order.
        """
        while self._idle:
            connection = self._idle.pop()
            try:
                return await self._use(connection, ask)
            except psycopg.OperationalError:
                continue
        return await self._use(await self._connect(), ask)

    async def _use(self, connection: Connection, ask: Callable[[Connection], Awaitable[Result]]) -> Result:
        try:
            result = await ask(connection)
        except BaseException:
            await connection.close()
            raise
        if len(self._idle) < _IDLE_CONNECTIONS:
            self._idle.append(connection)
        else:
            await connection.close()
        return result

    def _connect(self) -> Coroutine[Any, Any, Connection]:
        options = "-c statement_timeout=1000 -c application_name=shop"
        return psycopg.AsyncConnection.connect(
            **self._libpq, autocommit=True, row_factory=dict_row, connect_timeout=2, options=options
        )


async def _identifier(connection: Connection, table: str, name: str) -> int:
    """The id of a customer or product, made where there is none."""
    names = {"table": psycopg.sql.Identifier(table)}
    insert = psycopg.sql.SQL("INSERT INTO {table} (name) VALUES (%s) ON CONFLICT (name) DO NOTHING").format(**names)
    select = psycopg.sql.SQL("SELECT id FROM {table} WHERE name = %s").format(**names)
    row = await (await connection.execute(select, (name,))).fetchone()
    if row is None:
        await connection.execute(insert, (name,))
        row = await (await connection.execute(select, (name,))).fetchone()
    return int((row or {})["id"])
