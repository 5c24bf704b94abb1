"""The expectations that every database is checked with, made from its manifest and its own catalogue."""

from typing import Any

import psycopg
from psycopg import sql

from recovery.content import Content
from recovery.model import Frozen

Wanted = dict[str, list[dict[str, Any]]]
LARGE_OBJECTS = "of large objects"  # is in the manifest beside the tables, and is none


class Expectation(Frozen):
    """One expectation and whether it was met."""

    ok: bool
    sentence: str


_KEYS = """
select n.nspname || '.' || r.relname, array_agg(a.attname::text order by a.attnum)
from pg_constraint c join pg_class r on r.oid = c.conrelid join pg_namespace n on n.oid = r.relnamespace
join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any(c.conkey)
where c.contype = 'p' group by c.oid, n.nspname, r.relname
"""
# A foreign key that a restore put there was checked by PostgreSQL, unless it is one that was never validated, or whose
# triggers were switched off at the source.
_REFERENCES = """
select c.conname, cn.nspname, cr.relname, pn.nspname, pr.relname,
    array(select attname::text from unnest(c.conkey) with ordinality k(n, i)
        join pg_attribute on attrelid = c.conrelid and attnum = k.n order by i),
    array(select attname::text from unnest(c.confkey) with ordinality k(n, i)
        join pg_attribute on attrelid = c.confrelid and attnum = k.n order by i)
from pg_constraint c
join pg_class cr on cr.oid = c.conrelid join pg_namespace cn on cn.oid = cr.relnamespace
join pg_class pr on pr.oid = c.confrelid join pg_namespace pn on pn.oid = pr.relnamespace
where c.contype = 'f' and c.conparentid = 0 order by c.conname
"""
_TABLES = """
select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and c.relpersistence <> 't' and n.nspname <> 'information_schema' and n.nspname not like 'pg\\_%'
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
        and d.deptype = 'e')
"""


def built_in(connection: psycopg.Connection[Any], expected: Content) -> Wanted:
    """For Great Expectations: row counts as the manifest has them; primary keys never null, and unique.

    Args:
        connection: to the restored copy.
        expected: what the manifest says it holds.
    """
    wanted: Wanted = {
        table: [{"type": "expect_table_row_count_to_equal", "kwargs": {"value": item.count}}]
        for table, item in expected.items.items()
        if table != LARGE_OBJECTS
    }
    for table, columns in connection.execute(_KEYS).fetchall():
        if table in wanted:
            wanted[table] += [_of_column("expect_column_values_to_not_be_null", column) for column in columns]
            wanted[table].append(_unique(columns))
    return wanted


def relations(connection: psycopg.Connection[Any]) -> set[str]:
    """Every table and view, as `schema.name`."""
    query = "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
    return {str(name) for (name,) in connection.execute(f"{query} where c.relkind in ('r', 'p', 'v', 'm', 'f')")}


def schema_unchanged(connection: psycopg.Connection[Any], expected: Content) -> Expectation:
    """The tables are those of the manifest: none missing, none extra."""
    real = {str(table) for (table,) in connection.execute(_TABLES).fetchall()}
    wanted = set(expected.items) - {LARGE_OBJECTS}
    differing = sorted(real ^ wanted)
    said = f"the schema holds the {len(wanted)} tables of the manifest"
    return Expectation(
        ok=not differing, sentence=f"{said} (not so: {', '.join(differing[:10])})" if differing else said
    )


def references_intact(connection: psycopg.Connection[Any]) -> list[Expectation]:
    """Every foreign key: no row refers to one that is not there. As plain SQL, which can use the keys' indexes."""
    return [_intact(connection, *row) for row in connection.execute(_REFERENCES).fetchall()]


def _intact(connection: psycopg.Connection[Any], name: str, *key: Any) -> Expectation:
    schema, table, parent_schema, parent, columns, parent_columns = key
    pairs = zip(columns, parent_columns, strict=True)
    same = [sql.SQL("p.{} = c.{}").format(sql.Identifier(theirs), sql.Identifier(ours)) for ours, theirs in pairs]
    filled = [sql.SQL("c.{} is not null").format(sql.Identifier(ours)) for ours in columns]
    query = sql.SQL("select count(*) from {} c where {} and not exists (select from {} p where {})").format(
        sql.Identifier(schema, table),
        sql.SQL(" and ").join(filled),
        sql.Identifier(parent_schema, parent),
        sql.SQL(" and ").join(same),
    )
    (lost,) = connection.execute(query).fetchone() or (0,)
    sentence = f"{schema}.{table}: references of {name} to {parent_schema}.{parent} are intact (observed {lost} lost)"
    return Expectation(ok=lost == 0, sentence=sentence)


def _of_column(kind: str, column: str) -> dict[str, Any]:
    return {"type": kind, "kwargs": {"column": column}}


def _unique(columns: list[str]) -> dict[str, Any]:
    if len(columns) == 1:
        return _of_column("expect_column_values_to_be_unique", columns[0])
    return {"type": "expect_compound_columns_to_be_unique", "kwargs": {"column_list": columns}}
