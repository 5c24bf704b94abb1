"""Great Expectations on one database, with its own traps kept in here."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from recovery.content import Content
from recovery.errors import RecoveryError
from recovery.model import Frozen


class Expectation(Frozen):
    """One expectation and whether it was met."""

    ok: bool
    sentence: str


_KEYS = """
select c.conrelid::regclass::text, array_agg(a.attname::text order by a.attnum)
from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any(c.conkey)
where c.contype = 'p' and c.connamespace::regnamespace::text not in ('pg_catalog', 'information_schema')
group by c.oid, c.conrelid
"""


def run_suite(dsn: str, expected: Content, suite: Path | None) -> list[Expectation]:
    """Checks a database.

    Args:
        dsn: the restored copy, `postgresql://…`.
        expected: what the manifest says it holds.
        suite: a JSON file `{"table": [{"type": "expect_…", "kwargs": {…}}]}` of the user's, or None.

    Returns:
        Every expectation of the built-in suite and of the user's.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    # Imported here: it takes seconds and a quarter of a gigabyte, which only a verification should pay.
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_postgres("restored", connection_string=_for_sqlalchemy(dsn))
    wanted = _built_in(dsn, expected)
    for table, more in _users(suite).items():
        wanted.setdefault(table, []).extend(more)
    results: list[Expectation] = []
    for table, expectations in sorted(wanted.items()):
        schema, _, name = table.rpartition(".")
        asset = source.add_table_asset(table, table_name=name, schema_name=schema or "public")
        batch = asset.add_batch_definition_whole_table("all").get_batch()
        suite_of_table = gx.ExpectationSuite(name=table)
        for each in expectations:
            suite_of_table.add_expectation_configuration(_configuration(gx, each))
        results.extend(_read(table, batch.validate(suite_of_table).to_json_dict()))
    return results


def _built_in(dsn: str, expected: Content) -> dict[str, list[dict[str, Any]]]:
    """Row counts as the manifest has them; primary keys never null and, where of one column, unique."""
    wanted: dict[str, list[dict[str, Any]]] = {
        table: [{"type": "expect_table_row_count_to_equal", "kwargs": {"value": item.count}}]
        for table, item in expected.items.items()
    }
    with psycopg.connect(dsn, connect_timeout=5) as connection:
        for table, columns in connection.execute(_KEYS):
            name = table if "." in table else f"public.{table}"
            for column in columns if name in wanted else ():
                wanted[name].append({"type": "expect_column_values_to_not_be_null", "kwargs": {"column": column}})
            if len(columns) == 1 and name in wanted:
                wanted[name].append({"type": "expect_column_values_to_be_unique", "kwargs": {"column": columns[0]}})
    return wanted


def _users(suite: Path | None) -> dict[str, list[dict[str, Any]]]:
    if suite is None:
        return {}
    try:
        loaded: dict[str, list[dict[str, Any]]] = json.loads(suite.read_text())
    except (OSError, ValueError) as error:
        raise RecoveryError(f"The expectations {suite} cannot be read: {error}.") from error
    return {table if "." in table else f"public.{table}": wanted for table, wanted in loaded.items()}


def _configuration(gx: Any, expectation: dict[str, Any]) -> Any:
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    return ExpectationConfiguration(type=expectation["type"], kwargs=expectation.get("kwargs", {}))


def _read(table: str, report: dict[str, Any]) -> Iterator[Expectation]:
    for result in report["results"]:
        config = result["expectation_config"]
        column = config["kwargs"].get("column")
        where = f"{table}.{column}" if column else table
        observed = result["result"].get("observed_value", result["result"].get("unexpected_count"))
        sentence = f"{where}: {config['type'].removeprefix('expect_').replace('_', ' ')} (observed {observed})"
        yield Expectation(ok=bool(result["success"]), sentence=sentence)


def _for_sqlalchemy(dsn: str) -> str:
    return dsn.replace("postgresql://", "postgresql+psycopg://", 1)
