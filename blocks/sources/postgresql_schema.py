"""A database's schema, object by object, from the script that pg_dump prints.

It is complete, since a restore is made from the same text, and it names the object that differs. Both sides must be
printed by the same version of pg_dump.
"""

import re

from blake3 import blake3

_OBJECT = re.compile(r"^-- Name: (.*); Type: (.*); Schema: (.*); Owner: .*$")
# pg_dump draws these lines anew each time.
_UNSTABLE = ("\\restrict ", "\\unrestrict ")


def schema_traits(script: str) -> dict[str, str]:
    """Every object of a `pg_dump --schema-only` script to the digest of its definition, whatever their order."""
    objects: dict[str, list[str]] = {}
    current: list[str] = []
    for line in script.splitlines():
        if found := _OBJECT.match(line):
            name, kind, schema = found.groups()
            label = f"{kind.lower()} {name}" if schema == "-" else f"{kind.lower()} {schema}.{name}"
            objects.setdefault(label, []).append("")
            current = objects[label]
        elif current and line not in ("", "--") and not line.startswith(_UNSTABLE):
            current[-1] += line + "\n"
    return {label: blake3("\n".join(sorted(texts)).encode()).hexdigest() for label, texts in objects.items()}
