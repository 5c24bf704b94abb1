"""The emulated AWS: moto's server, without a log line for every request.

Run it with `python -m demo.aws ADDRESS PORT`.
"""

import logging
import sys
from typing import Any

from moto.route53.models import ChangeList
from moto.server import main


def forget_what_is_gone() -> None:
    """Makes moto judge changes of records by what is there now, as Route 53 does.

    By itself it refuses for ever to create a record again that it ever created, and takes away one that is not there
    any more. So a change that takes a record away, or replaces it, makes it forget the old one.
    """
    append = ChangeList.append

    def appending(changes: ChangeList, item: Any) -> None:
        append(changes, item)
        gone = item["ResourceRecordSet"]
        if item["Action"] in ("DELETE", "UPSERT"):
            same = [each for each in changes[:-1] if _key(each["ResourceRecordSet"]) == _key(gone)]
            for each in same:
                changes.remove(each)

    ChangeList.append = appending  # type: ignore[method-assign]


def _key(record: dict[str, Any]) -> tuple[str, str, str]:
    return str(record["Name"]), str(record["Type"]), str(record.get("SetIdentifier"))


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    forget_what_is_gone()
    main(["-H", sys.argv[1], "-p", sys.argv[2]])
