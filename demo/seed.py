"""What the shop holds when the story begins: a few thousand orders, and forty uploaded files."""

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

CUSTOMERS, ORDERS = 400, 4000
_FIRST = ("Ada", "Björn", "Chloé", "Dario", "Emma", "Farid", "Grace", "Hana", "Igor", "Jun", "Katja", "Liam", "Mei")
_LAST = ("Adler", "Berg", "Costa", "Dubois", "Eriksen", "García", "Horváth", "Ito", "Jansen", "Kaya", "Novák", "O'Neil")
_THINGS = ("lamp", "kettle", "chair", "rope", "compass", "stove", "tent", "blanket", "lantern", "anchor")
_KINDS = ("brass", "folding", "spare", "blue", "heavy", "small")


def product_names() -> list[str]:
    return [f"{kind} {thing}" for kind in _KINDS for thing in _THINGS]


def seed_database(libpq: dict[str, Any]) -> None:
    """Makes the schema and fills it, in one transaction. The rows are the same every time, but for the clock.

    Args:
        libpq: keywords of an empty database, as its owner.

    Raises:
        psycopg.Error: the database cannot be reached or is not empty.
    """
    dice = random.Random(1912)
    with psycopg.connect(**libpq, connect_timeout=5) as connection, connection.cursor() as cursor:
        cursor.execute(Path(__file__).with_name("schema.sql").read_bytes())
        _copy(cursor, "customers (name, email, joined)", _customers(dice))
        _copy(cursor, "products (name, price, tags, details)", _products(dice))
        _copy(cursor, "orders (reference, placed_at, site, customer_id)", _orders(dice))
        _copy(cursor, "order_lines (order_number, line, product_id, quantity, price)", _lines(dice))


def seed_uploads(folder: Path) -> None:
    """Writes the uploaded files: nested, oddly named, empty, large, and one symbolic link."""
    dice = random.Random(1914)
    files = {f"photos/2026/{month:02}/product-{n:02}.bin": 4000 + n for n in range(6) for month in range(1, 6)}
    files |= {f"invoices/invoice-{1000 + n}.txt": 900 + n for n in range(6)}
    files |= {"odd names/Grüße & 東京 (final) .txt": 64, "empty.txt": 0, "catalogue.bin": 3_000_017}
    for name, size in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_prose(dice, size) if name.endswith(".txt") else dice.randbytes(size))
    (folder / "invoices" / "invoice-1000.txt").chmod(0o640)
    link = folder / "latest-invoice.txt"
    link.unlink(missing_ok=True)
    link.symlink_to("invoices/invoice-1005.txt")


def _prose(dice: random.Random, size: int) -> bytes:
    """Text that looks like text: a verification takes random bytes in a text file for a sign of ransomware."""
    words = dice.choices(
        ["invoice", "item", "quantity", "price", "total", "paid", "due", "shop", "thank", "you"], k=size
    )
    return " ".join(words).encode()[:size]


def _copy(cursor: psycopg.Cursor[Any], into: str, rows: Iterator[tuple[Any, ...]]) -> None:
    with cursor.copy(f"COPY {into} FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row(row)


def _customers(dice: random.Random) -> Iterator[tuple[Any, ...]]:
    start = datetime.now(UTC).date() - timedelta(days=900)
    for n in range(CUSTOMERS):
        name = f"{dice.choice(_FIRST)} {dice.choice(_LAST)} {n}"
        email = None if n % 7 == 0 else f"customer{n}@example.test"
        yield name, email, start + timedelta(days=dice.randrange(900))


def _products(dice: random.Random) -> Iterator[tuple[Any, ...]]:
    for n, name in enumerate(product_names()):
        details = Jsonb({"weight_grams": dice.randrange(50, 9000), "in_stock": n % 5 != 0})
        yield name, f"{dice.randrange(300, 20_000) / 100:.2f}", name.split(), details


def _orders(dice: random.Random) -> Iterator[tuple[Any, ...]]:
    start = datetime.now(UTC) - timedelta(days=30)
    step = timedelta(days=30) / (ORDERS + 1)
    for n in range(ORDERS):
        reference = uuid.UUID(int=dice.getrandbits(128), version=4)
        yield reference, start + n * step, "primary", dice.randrange(CUSTOMERS) + 1


def _lines(dice: random.Random) -> Iterator[tuple[Any, ...]]:
    for n in range(ORDERS):
        for line, product in enumerate(dice.sample(range(1, len(product_names()) + 1), dice.randint(1, 3)), start=1):
            yield 1000 + n, line, product, dice.randint(1, 5), f"{dice.randrange(300, 20_000) / 100:.2f}"
