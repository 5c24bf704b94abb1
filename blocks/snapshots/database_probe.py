"""Reads a restored PostgreSQL, where it can be reached: rows that must be there, and how fresh the newest one is."""

import socket
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from recovery.duration import say_duration


class TableCheck(BaseModel):
    """What one table must hold."""

    model_config = ConfigDict(extra="forbid")

    table: str = Field(title="Table", description="Its name, with its schema if need be: public.orders.")
    at_least: int = Field(default=1, ge=0, title="At least", description="How many rows it must have.")
    newest: str | None = Field(
        default=None, title="Newest", description="A column of timestamps; its newest must lie within the RPO."
    )
    rpo_seconds: float = Field(
        default=86400, gt=0, title="RPO", description="How much older than the snapshot the newest may be, in seconds."
    )


class DatabaseProbe(BaseModel):
    """How to read a restored database, and what must be in it. The user should only be allowed to read."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    dsn: str = Field(
        default="host={host} port={port} dbname=postgres sslmode=require",
        title="DSN",
        description="Without user and password; {host} and {port} stand for the restored one's. Or name a tunnel's.",
    )
    user: str = Field(title="User", description="As in the source: a restored database has the source's users.")
    password: SecretStr = Field(title="Password", description="Belongs to the user.")
    checks: tuple[TableCheck, ...] = Field(min_length=1, title="Checks", description="What must be in it.")
    timeout_seconds: float = Field(
        default=60, gt=0, title="Time-out", description="For connecting, and for each check, in seconds."
    )

    @field_validator("dsn")
    @classmethod
    def _readable(cls, dsn: str) -> str:
        try:
            told = conninfo_to_dict(dsn.format(host="h", port=1))
        except (psycopg.Error, KeyError, IndexError, ValueError) as error:
            raise ValueError("it is no PostgreSQL DSN with {host} and {port}") from error
        if told.keys() & {"user", "password"} or not told.get("host"):
            raise ValueError("it must name a host, and neither user nor password")
        return dsn

    def read(self, endpoint: tuple[str, int], taken_at: datetime) -> tuple[str, list[str]] | None:
        """Runs every check.

        Args:
            endpoint: host and port of the restored database.
            taken_at: the moment of the snapshot, which freshness is counted from.

        Returns:
            What was read, and what is wrong, one sentence each; None where nothing answers at all.
        """
        dsn = self.dsn.format(host=endpoint[0], port=endpoint[1])
        if not self._answers(dsn):
            return None
        wait = max(2, int(self.timeout_seconds))
        # A timestamp without a zone is taken for UTC.
        options = f"-c timezone=UTC -c statement_timeout={int(self.timeout_seconds * 1000)}"
        options += " -c default_transaction_read_only=on"
        try:
            with psycopg.connect(
                dsn,
                user=self.user,
                password=self.password.get_secret_value(),
                connect_timeout=wait,
                options=options,
                autocommit=True,
            ) as connection:
                return self._run(connection, taken_at)
        except psycopg.Error as error:
            return "it was reached but not read", [f"the restored database refused the probe: {_say(error)}"]

    def _answers(self, dsn: str) -> bool:
        told = conninfo_to_dict(dsn)
        try:
            where = (str(told.get("hostaddr") or told["host"]), int(told.get("port") or 5432))
            socket.create_connection(where, timeout=self.timeout_seconds).close()
        except OSError:
            return False
        return True

    def _run(self, connection: psycopg.Connection[Any], taken_at: datetime) -> tuple[str, list[str]]:
        found, problems = [], []
        for check in self.checks:
            try:
                rows, newest = _read(connection, check)
            except psycopg.Error as error:
                problems.append(f"table {check.table} cannot be read: {_say(error)}")
                continue
            found.append(f"table {check.table} has {rows} rows")
            problems += judge(check, rows, newest, taken_at)
        return f"read in it: {', '.join(found) or 'nothing'}; not compared row by row with its source", problems


def judge(check: TableCheck, rows: int, newest: datetime | None, taken_at: datetime) -> list[str]:
    """What is wrong with a table, by what was read of it."""
    found = []
    if rows < check.at_least:
        found.append(f"table {check.table} has {rows} rows, fewer than {check.at_least}")
    if check.newest and newest is None:
        found.append(f"table {check.table} has no newest {check.newest}")
    elif newest and taken_at - newest > timedelta(seconds=check.rpo_seconds):
        age = say_duration((taken_at - newest).total_seconds())
        found.append(f"the newest {check.newest} of table {check.table} is {age} older than the snapshot: over its RPO")
    return found


def _read(connection: psycopg.Connection[Any], check: TableCheck) -> tuple[int, datetime | None]:
    newest = sql.SQL("max({})::timestamptz").format(sql.Identifier(check.newest)) if check.newest else sql.SQL("null")
    table = sql.Identifier(*check.table.split(".", 1))
    row = connection.execute(sql.SQL("select count(*), {} from {}").format(newest, table)).fetchone()
    rows, at = row or (0, None)
    return int(rows), at


def _say(error: psycopg.Error) -> str:
    """The server's first line; it never holds a password."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
