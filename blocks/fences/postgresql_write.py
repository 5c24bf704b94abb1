"""Tries to write as the application would, doing all that a session may do to get around a fence."""

import psycopg

# Needs no privilege beyond the usual one, and is gone with the transaction.
_WRITE = "create temporary table lifeboat_fence_probe () on commit drop"
# What a server says, once the password was found right, to one connection too many for the database. libpq has no code
# for it at this point; a server that speaks another language than English is not understood, and so nothing is proved.
_FULL = "too many connections for database"


def try_to_write(connection_string: str) -> tuple[bool, str]:
    """Connects, switches to read-write, and writes; then rolls back.

    Returns:
        Whether the fence refused it, and what was seen. A wrong password or a dead server refuses too, and proves
        nothing: the fence itself must be what says no.
    """
    try:
        connection = psycopg.connect(connection_string, autocommit=False)
    except psycopg.OperationalError as error:
        said = str(error).strip().splitlines()[-1]
        if _FULL in said:
            return True, f"a write was tried and its connection was refused: {_FULL}"
        return False, f"a write could not be tried, so nothing is known: {said}"
    try:
        with connection:
            connection.execute("set transaction read write")
            connection.execute(_WRITE)
            raise psycopg.Rollback
    except psycopg.Rollback:
        return False, "a write went through"
    except psycopg.Error as error:
        said = (error.diag.message_primary or str(error) or type(error).__name__).strip().splitlines()[0]
        return False, f"a session could be opened, and a write was refused only so: {said}"
    finally:
        connection.close()
