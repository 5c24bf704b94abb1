"""What is wrong with copies, by what AWS tells of them. Pure."""

from collections.abc import Iterable, Sequence

from blocks.snapshots.held import Held


def faults(held: Sequence[Held], key: str) -> list[str]:
    """What is wrong with copies, by what AWS tells of them.

    Args:
        key: the ARN of the KMS key that they must be encrypted with.
    """
    found = []
    for each in held:
        if None in each.keys or not each.keys:
            found.append(f"{each.reference} is not encrypted")
        elif others := set(each.keys) - {key}:
            found.append(f"{each.reference} is encrypted with {', '.join(map(str, others))}, not with {key}")
        if each.expected_size not in (None, each.size):
            found.append(f"{each.reference} is of {each.size} bytes, its source of {each.expected_size}")
    return found


def sharing(what: str, who: Iterable[str]) -> list[str]:
    """Who else may use a copy.

    Args:
        what: the copy.
        who: accounts or organisations; `all` for everybody.
    """
    return [
        f"{what} is public: everybody may use it" if each == "all" else f"{what} is shared with {each}" for each in who
    ]
