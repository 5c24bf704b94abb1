"""The rules of one day by which backups are looked through for ransomware, as one digest: other rules, another look."""

from blake3 import blake3

from recovery.manifest import canonical, canonical_json
from recovery.plan_verification import Thresholds


def rules_digest(thresholds: Thresholds, lists: bytes, yara: bytes | None, clamav: str | None) -> str:
    """What a verification's `rules` holds.

    Args:
        thresholds: the plan's.
        lists: the file of known endings, notes and beginnings.
        yara: the file of rules, or None where the plan asks for none.
        clamav: the scanner's version with that of its signatures, or None where the plan does not ask for it.
    """
    parts = [canonical(thresholds), lists, yara or b"", canonical_json(clamav)]
    return blake3(b"".join(blake3(part).digest() for part in parts)).hexdigest()[:32]
