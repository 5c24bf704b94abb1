"""A database with everything in it that a database can hold, and a second server to restore it to."""

import contextlib
import itertools
import signal
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import psutil
from pydantic import SecretStr
from server_fixtures import Cluster, programs

from blocks.sources.postgresql import PostgresSource

_numbers = itertools.count()

SCHEMA = """
create extension citext; create extension hstore; create extension pg_trgm;
create schema "Odd ""Schema";
create type mood as enum ('calm', 'storm');
create type pair as (a int, b text);
create domain positive as numeric check (value > 0);
create table every_type (
    id int generated always as identity primary key, i8 bigint, n numeric, d positive, f4 real, f8 double precision,
    t text, v varchar(20), c char(8), open_c bpchar, b bytea, j json, jb jsonb, p point, m money, bits bit(3),
    ts tsvector, span interval, at timestamptz, tz timetz, days int[], moods mood[], is_mood mood, a_pair pair,
    r int4range, u uuid, ip inet, ct citext, h hstore, cls regclass, twice numeric generated always as (n * 2) stored);
insert into every_type (i8, n, d, f4, f8, t, v, c, open_c, b, j, jb, p, m, bits, ts, span, at, tz, days, moods, is_mood,
    a_pair, r, u, ip, ct, h, cls)
values (1, 1.0, 2.50, 0.1, 0.0, 'text', 'v', 'c', 'a ', '\\x00ff', '{"a": 1}', '{"a": 1.0}', '(1,2)', 12.5, b'101',
    'a fat cat', '1 day', '2026-01-01 00:00+00', '12:00+02', '{{1,2},{3,4}}', '{calm}', 'storm', '(1,x)', '[1,5)',
    '7f3d0b7e-8a6c-4d53-9df2-0b8f6b3c9a10', '192.0.2.7/24', 'Case', 'a=>1', 'pg_class');
insert into every_type (t) values (null), ('');
create table no_key (v text); insert into no_key values ('twin'), ('twin'), ('single');
create table nothing_in_it (v text);
create table no_columns ();
create unlogged table fleeting (v int); insert into fleeting values (1);
create table "Odd ""Schema"."Odd ""Table" ("Odd ""Column" int); insert into "Odd ""Schema"."Odd ""Table" values (1);
create table parted (id int, v text) partition by range (id);
create table parted_low partition of parted for values from (0) to (100);
create table parted_high partition of parted for values from (100) to (200);
insert into parted select n, 'row ' || n from generate_series(1, 199) n;
create table parent (v int); create table child () inherits (parent);
insert into parent values (1); insert into child values (2);
create table orders (id serial primary key, at timestamptz not null default now(), payload text not null);
insert into orders (at, payload) select timestamptz '2026-01-01 00:00+00' + n * interval '1 s', repeat(md5(n::text), 20)
    from generate_series(1, 20000) n;
create index orders_at on orders (at);
create function shout() returns trigger language plpgsql as
    $$ begin new.payload := upper(new.payload); return new; end $$;
create trigger shouting before update on orders for each row execute function shout();
create view newest as select max(at) as at from orders;
create materialized view counted as select count(*) as n from orders;
insert into orders (at, payload) values ('2026-02-01 00:00+00', 'after the view was made');
select lo_from_bytea(0, convert_to('a large object', 'UTF8'));
comment on table orders is 'What customers bought';
"""

CHANGES = {
    "one value": (
        "update orders set at = at + interval '1 us' where id = 77",
        "table public.orders has the right number",
    ),
    "one row gone": ("delete from orders where id = 1", "table public.orders has 20000 rows, not 20001"),
    "one row more": ("insert into nothing_in_it values (null)", "table public.nothing_in_it has 1 rows, not 0"),
    "a twin for a single": (
        "delete from no_key where ctid in (select ctid from no_key where v = 'twin' limit 1);"
        "insert into no_key values ('single')",
        "table public.no_key has the right number",
    ),
    "row moved between inheritors": (
        "insert into child values (1); delete from only parent where v = 1",
        "table public.child has 2 rows, not 1",
    ),
    "row of no columns": ("insert into no_columns default values", "table public.no_columns has 1 rows, not 0"),
    "row in a partition": ("delete from parted where id = 150", "table public.parted_high has 99 rows, not 100"),
    "odd name": ('update "Odd ""Schema"."Odd ""Table" set "Odd ""Column" = 2', 'table Odd "Schema.Odd "Table has the'),
    "table gone": ("drop table fleeting", "table public.fleeting is missing"),
    "table more": ("create table extra ()", "table public.extra is extra"),
    "index gone": ("drop index orders_at", "index public.orders_at is missing"),
    "trigger off": ("alter table orders disable trigger shouting", "trigger public.orders shouting differs"),
    "function": (
        "create or replace function shout() returns trigger language plpgsql as $$ begin return new; end $$",
        "function public.shout() differs",
    ),
    "view": ("create or replace view newest as select min(at) as at from orders", "view public.newest differs"),
    "column type": ("alter table nothing_in_it alter v type varchar", "table public.nothing_in_it differs"),
    "default": ("alter table orders alter at drop default", "table public.orders differs"),
    "sequence behind": ("select setval('orders_id_seq', 5)", "sequence public.orders_id_seq stands at 6, not 20002"),
    "sequence ahead": ("select setval('orders_id_seq', 20002)", "sequence public.orders_id_seq stands at 20003"),
    "extension gone": ("drop extension pg_trgm", "extension pg_trgm is missing"),
    "large object": ("select lo_put(oid, 0, 'A') from pg_largeobject_metadata", "table of large objects has the right"),
    "comment": ("comment on table orders is null", "comment public.TABLE orders is missing"),
}
# What equals the old value to PostgreSQL, or looks the same, and is another.
SUBTLE = {
    "n": "1.00", "f8": "'-0'", "f4": "0.10000001", "open_c": "'a'", "span": "'24 hours'", "days": "'{1,2,3,4}'",
    "jb": """'{"a": 1.00}'""", "j": """'{"a":1}'""", "ct": "'case'", "moods": "'{storm}'", "is_mood": "'calm'",
    "t": "'text '", "b": "'\\x00fe'", "d": "2.5", "m": "12.51", "p": "'(2,1)'", "bits": "b'100'", "tz": "'11:00+01'",
    "a_pair": "'(1,y)'", "r": "'[1,6)'", "h": "'a=>2'", "cls": "'pg_proc'", "ts": "'a fat bat'", "ip": "'192.0.2.7'",
    "v": "null", "c": "'C'", "i8": "-1", "u": "gen_random_uuid()", "at": "'2026-01-01 00:00:00.000001+00'",
}  # fmt: skip


class PostgresPlace:
    def __init__(self, primary: Cluster, standby: Cluster) -> None:
        name = f"shop_{next(_numbers)}"
        self.primary, self.standby, self.name, self.restored = primary, standby, name, f"{name}_back"
        self.source = source(primary, name, "postgres", newest_query="select max(at) from orders")
        self.target = source(standby, self.restored, "keeper", newest_query="select max(at) from orders")
        self.unreachable = source(Cluster(1), name, "postgres")
        primary.run("postgres", f"create database {name}")
        primary.run(name, SCHEMA)
        # Looks like a setting of somebody who attacks what is parsed.
        primary.run("postgres", f"alter database {name} set search_path to public, 'a b; drop'")
        primary.run("postgres", f"alter database {name} set work_mem to '5MB'")

    @property
    def changes(self) -> dict[str, tuple[Callable[[], object], str]]:
        made = dict(CHANGES)
        for column, value in SUBTLE.items():
            statement = f"update every_type set {column} = {value} where id = 1"
            made[f"subtle {column}"] = (statement, "table public.every_type has the right number of rows but other")
        found = {name: (self._staged(statement), words) for name, (statement, words) in made.items()}
        setting = f"alter database {self.restored}__staged set work_mem to '6MB'"
        found["setting"] = (lambda: self.standby.run("postgres", setting), "setting work_mem=6MB is extra")
        return found

    def restore_again(self, archive: Path) -> None:
        """Clones the staged copy as it was after the one restore that went before."""
        staged, whole = f"{self.restored}__staged", f"{self.restored}__whole"
        if not self.standby.run("postgres", f"select datname from pg_database where datname = '{whole}'"):
            self.standby.run("postgres", f"alter database {staged} rename to {whole}")
        clone = f"create database {staged} template {whole} owner keeper"
        settings = [f"alter database {staged} set search_path to public, 'a b; drop'"]
        settings.append(f"alter database {staged} set work_mem to '5MB'")
        self.standby.run("postgres", f"drop database if exists {staged} with (force)", clone, *settings)

    def change_live(self) -> None:
        self.primary.run(self.name, "update every_type set i8 = coalesce(i8, 0) + 1 where id = 1")

    def break_mid_way(self, stream: BinaryIO) -> None:
        kill_dump()

    def kept_beside(self) -> int:
        like = f"{self.restored}\\_\\_before\\_%"
        return len(self.standby.run("postgres", f"select datname from pg_database where datname like '{like}'"))

    def _staged(self, statement: str) -> Callable[[], object]:
        return lambda: self.standby.run(f"{self.restored}__staged", "set role keeper", statement)

    def drop(self) -> None:
        for server, name in ((self.primary, self.name), (self.standby, self.restored)):
            for (found,) in server.run("postgres", f"select datname from pg_database where datname like '{name}%'"):
                server.run("postgres", f"drop database {found} with (force)")


def children() -> list[tuple[psutil.Process, list[str]]]:
    """Our child processes and their arguments. Those that end meanwhile are passed over."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            found.append((child, child.cmdline()))
    return found


def kill_dump() -> None:
    [dump] = [child for child, arguments in children() if "--format=custom" in arguments]
    dump.send_signal(signal.SIGKILL)


def source(cluster: Cluster, database: str, user: str, **changes: object) -> PostgresSource:
    fields = {"host": "127.0.0.1", "port": cluster.port, "database": database, "user": user}
    fields |= {"password": SecretStr(Cluster.password), "programs": str(programs()), "connect_timeout_seconds": 2}
    return PostgresSource(**(fields | changes))
