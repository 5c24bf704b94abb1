"""Keeps the tracebacks of expected errors out of the runs' logs.

A `RecoveryError` says what failed, what was changed and what to do now. At 3 a.m. sixty lines of Python below it would
only hide that. Any other error keeps its traceback: it is a fault of Lifeboat's, and somebody has to find it.
"""

import logging

from recovery.errors import RecoveryError


def _only_words(record: logging.LogRecord) -> bool:
    if record.exc_info and isinstance(record.exc_info[1], RecoveryError):
        record.exc_info = record.exc_text = None
    return True


def speak_plainly() -> None:
    """Applies to the logs of flow and task runs. Calling it again does nothing more."""
    for name in ("prefect.flow_runs", "prefect.task_runs"):
        logging.getLogger(name).addFilter(_only_words)
