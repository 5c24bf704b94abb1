"""The log of the long-running doors: words for people, or JSON for what collects logs (`LIFEBOAT_LOG=json`)."""

import json
import logging
import os
import sys
from datetime import UTC, datetime


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, logger, message, and error where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            fields["error"] = self.formatException(record.exc_info)
        return json.dumps(fields, ensure_ascii=False)


def log_to_stderr() -> None:
    """Writes Lifeboat's log, and others' warnings, to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    wanted = os.environ.get("LIFEBOAT_LOG", "text")
    plain = logging.Formatter("%(asctime)s  %(message)s", datefmt="%H:%M:%S")
    handler.setFormatter(JsonLines() if wanted == "json" else plain)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("lifeboat").setLevel(logging.INFO)
