"""Great Expectations on one database, with its own traps kept in here."""

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from recovery.content import Content
from recovery.errors import RecoveryError
from tasks.expectations_built_in import Expectation, Wanted, built_in, references_intact, relations, schema_unchanged

__all__ = ["Expectation", "import_in_background", "run_suite"]
_importing = threading.Lock()


def import_in_background() -> None:
    """Imports Great Expectations in a thread of its own. Returns at once."""
    threading.Thread(target=_library, name="warm-up", daemon=True).start()


def run_suite(dsn: str, expected: Content, suite: Path | None) -> list[Expectation]:
    """Checks a database.

    Args:
        dsn: the restored copy, `postgresql://…`.
        expected: what the manifest says it holds.
        suite: a JSON file `{"table": [{"type": "expect_…", "kwargs": {…}}]}` of the user's, or None.

    Returns:
        Every expectation of the built-in suite and of the user's.
    """
    with psycopg.connect(dsn, connect_timeout=5) as connection:
        wanted = built_in(connection, expected)
        results = [schema_unchanged(connection, expected), *references_intact(connection)]
        there = relations(connection)
    for table, more in _users(suite).items():
        wanted.setdefault(table, []).extend(more)
    results += [_absent(table, len(more)) for table, more in sorted(wanted.items()) if table not in there]
    results += _asked_of_library(dsn, {table: more for table, more in sorted(wanted.items()) if table in there})
    return results


def _asked_of_library(dsn: str, wanted: Wanted) -> list[Expectation]:
    gx = _library()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_postgres("restored", connection_string=_for_sqlalchemy(dsn))
    results: list[Expectation] = []
    try:
        for table, expectations in wanted.items():
            schema, _, name = table.rpartition(".")
            asset = source.add_table_asset(table, table_name=name, schema_name=schema or "public")
            batch = asset.add_batch_definition_whole_table("all").get_batch()
            suite_of_table = gx.ExpectationSuite(name=table)
            for each in expectations:
                suite_of_table.add_expectation_configuration(_configuration(each))
            results.extend(_read(table, batch.validate(suite_of_table).to_json_dict()))
    finally:
        # Its connections would stay open until the garbage collector comes round.
        source.get_engine().dispose()
    return results


def _absent(table: str, expectations: int) -> Expectation:
    return Expectation(ok=False, sentence=f"{table}: is not there, though {expectations} expectation(s) are about it")


def _library() -> Any:
    """Imported here: it takes seconds and a quarter of a gigabyte, which only a verification should pay, and once."""
    with _importing:
        os.environ["GX_ANALYTICS_ENABLED"] = "false"
        import great_expectations

        return great_expectations


def _users(suite: Path | None) -> dict[str, list[dict[str, Any]]]:
    if suite is None:
        return {}
    try:
        loaded: dict[str, list[dict[str, Any]]] = json.loads(suite.read_text())
    except (OSError, ValueError) as error:
        raise RecoveryError(f"The expectations {suite} cannot be read: {error}.") from error
    return {table if "." in table else f"public.{table}": wanted for table, wanted in loaded.items()}


def _configuration(expectation: dict[str, Any]) -> Any:
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    return ExpectationConfiguration(type=expectation["type"], kwargs=expectation.get("kwargs", {}))


def _read(table: str, report: dict[str, Any]) -> Iterator[Expectation]:
    for result in report["results"]:
        config = result["expectation_config"]
        kwargs = config["kwargs"]
        column = kwargs.get("column") or ",".join(kwargs.get("column_list", []))
        where = f"{table}.{column}" if column else table
        observed = result["result"].get("observed_value", result["result"].get("unexpected_count"))
        sentence = f"{where}: {config['type'].removeprefix('expect_').replace('_', ' ')} (observed {observed})"
        yield Expectation(ok=bool(result["success"]), sentence=sentence)


def _for_sqlalchemy(dsn: str) -> str:
    return dsn.replace("postgresql://", "postgresql+psycopg://", 1)
