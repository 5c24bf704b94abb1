"""What benchmarks work on: a database that does not compress away, and a tree of many small files."""

import random
import sys
from pathlib import Path

import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# About 300 bytes a row, of which hexadecimal digits are half: a dump shrinks to about 40 %.
_ORDERS = """
create table customers as select n::int as id, md5(n::text) as name, md5((-n)::text) || '@example.test' as email
    from generate_series(1, {customers}) n;
create table orders as select n::bigint as id, (random() * {customers})::int as customer,
    timestamptz '2026-01-01' + n * interval '1 s' as at, (random() * 100000)::numeric(12, 2) as total,
    (array['new', 'paid', 'sent', 'returned'])[1 + (random() * 3)::int] as state,
    md5(random()::text) || md5(random()::text) || ' delivered to the door, signed for by ' || md5(n::text)
    || md5((n * 7)::text) as note from generate_series(1, {orders}) n;
alter table customers add primary key (id);
alter table orders add primary key (id);
create index orders_at on orders (at);
analyze
"""


def fill_database(port: int, database: str, megabytes: int) -> int:
    """Makes a database of about that size; gives its true size in bytes, tables and indexes."""
    words = {"host": "127.0.0.1", "port": port, "user": "postgres", "autocommit": True}
    orders = megabytes * 3600
    with psycopg.connect(dbname="postgres", **words) as server:
        server.execute(f'create database "{database}"'.encode())
    with psycopg.connect(dbname=database, **words) as server:
        for statement in _ORDERS.format(orders=orders, customers=orders // 10).split(";"):
            server.execute(statement.encode())
        size = server.execute("select pg_database_size(current_database())").fetchone()
        server.execute("checkpoint")
    return int((size or (0,))[0])


def fill_tree(folder: Path, small: int, large: int) -> int:
    """Makes a tree of `small` files of 0.2 to 8 KB, 100 a folder, and `large` ones of 64 MB; gives the bytes."""
    dice, total = random.Random(3), 0
    noise = dice.randbytes(1 << 20)
    text = noise.hex().encode()
    for number in range(small):
        within = folder / f"{number // 10_000:02d}" / f"{number // 100 % 100:02d}"
        if number % 100 == 0:
            within.mkdir(parents=True, exist_ok=True)
        size, at = dice.randrange(200, 8000), dice.randrange(1 << 20)
        total += (within / f"file-{number:06d}.txt").write_bytes(text[at : at + size])
    for number in range(large):
        with (folder / f"large-{number}.bin").open("wb") as file:
            for _ in range(64):
                at = dice.randrange(1 << 20)
                total += file.write(text[at : at + (1 << 19)] + dice.randbytes(1 << 19))
    return total


def plain_blocks(megabytes: int) -> list[bytes]:
    """Blocks of 1 MiB that zstd halves, as dumps of rows do."""
    dice = random.Random(1)
    return [dice.randbytes(1 << 19).hex().encode() for _ in range(megabytes)]
