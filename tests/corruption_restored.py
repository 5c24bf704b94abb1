"""Every way in which a restored copy is damaged here, which check finds it, and in which words."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from files_place import flip, relink


@dataclass(frozen=True)
class Change:
    """Args:
    what: what was done, as the docs say it.
    check: which check finds it.
    words: of the difference that is told.
    statement: SQL in the restored database; of `orders` and other tables of `postgresql_place.SCHEMA`.
    """

    what: str
    check: str
    words: str
    statement: str


@dataclass(frozen=True)
class FileChange:
    """As `Change`; `strike` takes the restored folder of `files_place.fill`."""

    what: str
    check: str
    words: str
    strike: Callable[[Path], object]


_RIGHT_NUMBER = "table public.orders has the right number of rows but other content"
_SHOUT = "create or replace function shout() returns trigger language plpgsql as $$ begin return old; end $$"

DATABASE_CHANGES = (
    Change("a row changed", "fingerprint", _RIGHT_NUMBER, "update orders set payload = payload || ' ' where id = 9"),
    Change("a row deleted", "fingerprint", "table public.orders has 20000 rows, not 20001",
           "delete from orders where id = 9"),
    Change("a row added", "fingerprint", "table public.orders has 20002 rows, not 20001",
           "insert into orders (id, payload) values (99999, 'x')"),
    Change("two rows' values swapped", "fingerprint", _RIGHT_NUMBER,
           "update orders o set at = p.at from orders p where (o.id, p.id) in ((5, 6), (6, 5))"),
    Change("a row deleted and another added", "fingerprint", _RIGHT_NUMBER,
           "delete from orders where id = 9; insert into orders (id, payload) values (99999, 'x')"),
    Change("all rows deleted", "fingerprint", "table public.no_key has 0 rows, not 3", "truncate no_key"),
    Change("a table dropped", "fingerprint", "table public.no_key is missing", "drop table no_key"),
    Change("a table added", "fingerprint", "table public.more is extra", "create table more ()"),
    Change("a sequence moved", "sequences", "sequence public.orders_id_seq stands at 6, not 20002",
           "select setval('orders_id_seq', 5)"),
    Change("an index dropped", "schema", "index public.orders_at is missing", "drop index orders_at"),
    Change("a constraint dropped", "schema", "constraint public.orders orders_pkey is missing",
           "alter table orders drop constraint orders_pkey"),
    Change("a trigger dropped", "schema", "trigger public.orders shouting is missing",
           "drop trigger shouting on orders"),
    Change("a column's type changed", "schema", "table public.nothing_in_it differs",
           "alter table nothing_in_it alter v type varchar"),
    Change("a column added", "schema", "table public.nothing_in_it differs", "alter table nothing_in_it add w int"),
    Change("a column's default changed", "schema", "table public.every_type differs",
           "alter table every_type alter i8 set default 7"),
    Change("a function changed", "schema", "function public.shout() differs", _SHOUT),
    Change("a view changed", "schema", "view public.newest differs",
           "create or replace view newest as select min(at) as at from orders"),
    Change("an extension dropped", "schema", "extension pg_trgm is missing", "drop extension pg_trgm"),
)  # fmt: skip

SOURCE_CHANGES = (
    Change("the source's schema changed between dump and proof: a column", "schema", "table public.orders differs",
           "alter table orders add column note text"),
    Change("the source's schema changed between dump and proof: an index", "schema", "index public.noted is extra",
           "create index noted on orders (payload)"),
    Change("the source's schema changed between dump and proof: a table", "fingerprint", "table public.later is extra",
           "create table later ()"),
)  # fmt: skip

FILE_CHANGES = (
    FileChange("a file's content changed, its length and time kept", "fingerprint",
               "file large.bin has the right number of bytes but other content",
               lambda at: flip(at / "large.bin", 1_234_567)),
    FileChange("a file cut short", "fingerprint", "file large.bin has 5 bytes, not 3000000",
               lambda at: os.truncate(at / "large.bin", 5)),
    FileChange("a file added", "fingerprint", "file sub/new is extra", lambda at: (at / "sub" / "new").touch()),
    FileChange("a file removed", "fingerprint", "file script.sh is missing", lambda at: (at / "script.sh").unlink()),
    FileChange("a file renamed", "fingerprint", "file script.sh is missing",
               lambda at: (at / "script.sh").rename(at / "script.bash")),
    FileChange("a file's mode changed", "attributes", "file attributes of script.sh is 0700",
               lambda at: (at / "script.sh").chmod(0o700)),
    FileChange("a file's time changed", "attributes", "file attributes of script.sh is 0755 1,",
               lambda at: os.utime(at / "script.sh", ns=(1, 1))),
    FileChange("a link's target changed", "attributes", "symbolic link link is other, not sub/deep/plain.txt",
               lambda at: relink(at / "link")),
    FileChange("a folder removed", "attributes", "folder empty folder is missing",
               lambda at: (at / "empty folder").rmdir()),
)  # fmt: skip
