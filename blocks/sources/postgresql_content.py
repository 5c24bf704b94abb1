"""What a PostgreSQL database holds: a fingerprint of every table's rows, its sequences, its settings.

Rows are hashed by PostgreSQL itself (`hash_record_extended`, order-independent sum). Its hash of some types takes
different values for one (1.0 and 1.00, '1 day' and '24 hours') or holds a number that a restore changes (an enum's
OID): such columns are hashed by their exact binary form, or by their text.
"""

from typing import Any

from psycopg import Connection, sql

from recovery.content import Item

# What is printed must not depend on the server's or the role's settings.
SETTINGS = {
    "search_path": "",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "row_security": "off",
    "lock_timeout": "60s",
    "quote_all_identifiers": "off",
}
_NUMBERS = {"bool", "int2", "int4", "int8", "oid", "date", "time", "timestamp", "timestamptz", "uuid"}
_EXACT = _NUMBERS | {"text", "varchar", "bytea", "name", "char", "inet", "cidr", "macaddr"}
_BINARY = {
    "float4": "float4send",
    "float8": "float8send",
    "numeric": "numeric_send",
    "interval": "interval_send",
    "timetz": "timetz_send",
}
# Partitions and inheriting tables stand for themselves. Tables of extensions are the extension's own.
_COLUMNS = """
    select n.nspname, c.relname, a.attname, t.typname, coalesce(o.collisdeterministic, true)
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        and a.attgenerated <> 'v'
    left join pg_catalog.pg_type t on t.oid = a.atttypid and t.typnamespace = 'pg_catalog'::regnamespace
    left join pg_catalog.pg_collation o on o.oid = a.attcollation
    where c.relkind = 'r' and c.relpersistence = any(%s)
        and n.nspname <> 'information_schema' and n.nspname not like 'pg\\_%%'
        and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::regclass
            and d.objid = c.oid and d.deptype = 'e')
    order by n.nspname, c.relname, a.attnum
"""
_SEQUENCES = """
    select n.nspname, c.relname, s.seqincrement
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_sequence s on s.seqrelid = c.oid
    where c.relpersistence <> 't' and n.nspname not like 'pg\\_%'
    order by n.nspname, c.relname
"""
_TRAITS = """
    select 'database ' || k, v from pg_catalog.pg_database, lateral (values
            ('encoding', pg_catalog.pg_encoding_to_char(encoding)), ('collation', datcollate), ('ctype', datctype)
        ) as x(k, v)
        where datname = current_database()
    union all select 'extension ' || extname, extversion from pg_catalog.pg_extension
    union all select 'setting ' || setting, '' from pg_catalog.pg_db_role_setting s, unnest(s.setconfig) as setting
        where s.setrole = 0 and s.setdatabase
            = (select oid from pg_catalog.pg_database where datname = current_database())
"""
# The size of one large object is at most 1 GB here: it is hashed as one value.
_LARGE_OBJECTS = """
    select count(*), coalesce(sum(hash_record_extended(row(oid, pg_catalog.lo_get(oid)), 0)), 0)::text
    from pg_catalog.pg_largeobject_metadata
"""

# A snapshot is held, idle, for as long as its dump takes. Older servers lack some of these.
_NEVER_IDLE_OUT = """
    select pg_catalog.set_config(name, '0', false) from pg_catalog.pg_settings
    where name in ('idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout')
"""

Database = Connection[tuple[Any, ...]]


def fix_settings(database: Database) -> None:
    """Sets what decides how values are printed."""
    for name, value in SETTINGS.items():
        database.execute("select pg_catalog.set_config(%s, %s, false)", (name, value))
    database.execute(_NEVER_IDLE_OUT)


def table_items(database: Database, persistence: str = "pu") -> dict[str, Item]:
    """Every table to its fingerprint, and all large objects as one more, where there are any.

    Args:
        persistence: `p` for those that are in the log, `u` for unlogged ones, which a replica cannot read.
    """
    tables: dict[tuple[str, str], list[sql.Composable]] = {}
    for schema, table, column, kind, deterministic in database.execute(_COLUMNS, (list(persistence),)).fetchall():
        columns = tables.setdefault((schema, table), [])
        if column is not None:
            columns.append(_hashed(sql.Identifier(column), kind, deterministic))
    items = {
        f"{schema}.{table}": _fingerprint(database, schema, table, tables[schema, table]) for schema, table in tables
    }
    count, total = database.execute(_LARGE_OBJECTS).fetchone() or (0, "0")
    if count:
        items["of large objects"] = Item(count=count, digest=total, method=METHOD)
    return items


METHOD = "postgresql-record-hash-1"


def _hashed(column: sql.Identifier, kind: str | None, deterministic: bool) -> sql.Composable:
    if kind in _BINARY:
        return sql.SQL("pg_catalog.{}({})").format(sql.Identifier(_BINARY[kind]), column)
    if kind in _EXACT and deterministic:
        return column
    # concat() prints by the type's own output function; a cast would take the blanks off a bpchar.
    text = 'case when {0} is not null then pg_catalog.concat({0}) collate "C" end'
    return sql.SQL(text).format(column)


def _fingerprint(database: Database, schema: str, table: str, columns: list[sql.Composable]) -> Item:
    query = "select count(*), coalesce(sum(pg_catalog.hash_record_extended(row({}), 0)), 0)::text from only {}"
    statement = sql.SQL(query).format(sql.SQL(", ").join(columns), sql.Identifier(schema, table))
    count, total = database.execute(statement).fetchone() or (0, "0")
    return Item(count=count, digest=total, method=METHOD)


def sequence_positions(database: Database) -> dict[str, int]:
    """Every sequence to the number it gives next. Sequences stand outside snapshots: this is what they give *now*."""
    positions = {}
    for schema, name, increment in database.execute(_SEQUENCES).fetchall():
        query = sql.SQL("select last_value, is_called from {}").format(sql.Identifier(schema, name))
        last, called = database.execute(query).fetchone() or (0, False)
        positions[f"sequence {schema}.{name}"] = last + increment if called else last
    return positions


def between(before: dict[str, int], after: dict[str, int]) -> dict[str, tuple[int, int]]:
    """The range of every sequence that is in both."""
    return {name: (min(low, after[name]), max(low, after[name])) for name, low in before.items() if name in after}


def catalogue_traits(database: Database) -> dict[str, str]:
    """Encoding, collation, extensions and the database's own settings."""
    return dict(database.execute(_TRAITS).fetchall())
