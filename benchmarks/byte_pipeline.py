"""How fast bytes are compressed, hashed, encrypted, cut and hashed again, and opened again: no source, no vault.

Usage: `.venv/bin/python benchmarks/byte_pipeline.py [--megabytes 1280] [--rounds 5]`. The data is one that zstd halves.
Beside it, what the shell does with the same bytes. On a busy machine look at the fastest round, and at the CPU time.
"""

import argparse
import itertools
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

import pyrage
from data import plain_blocks
from measure import peak_megabytes

from recovery.memory import use_memory_again
from recovery.opening import unseal
from recovery.sealing import Sealed, seal
from recovery.streams import as_file

KEPT = 64


class Nowhere:
    """Takes bytes and keeps none."""

    def write(self, data: bytes) -> int:
        return len(data)


def timed(name: str, megabytes: int, rounds: int, side: Callable[[], object]) -> None:
    speeds, processor = [], []
    for _ in range(rounds):
        begun, used = time.monotonic(), time.process_time()
        side()
        speeds.append(megabytes * 1.048576 / (time.monotonic() - begun))
        processor.append(time.process_time() - used)
    own = f"{statistics.median(processor):>8.2f}s" if max(processor) > 0.5 else ""
    print(f"{name:<44}{statistics.median(speeds):>8.0f}{max(speeds):>9.0f}{min(speeds):>9.0f}{own}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1280)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    use_memory_again()  # as every store of backups does
    blocks, identity = plain_blocks(KEPT), pyrage.x25519.Identity.generate()
    stored: dict[str, bytes] = {}

    def plain() -> Iterator[bytes]:
        return itertools.islice(itertools.cycle(blocks), arguments.megabytes)

    def sealing() -> Sealed:
        return seal(as_file(plain()), [str(identity.to_public())], "p/", lambda key, data: None)

    def shell() -> None:
        line = "set -o pipefail; zstd -1 -T2 -c | openssl enc -aes-256-ctr -pbkdf2 -pass pass:x | sha256sum"
        process = subprocess.Popen(["bash", "-c", line], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        assert process.stdin is not None
        for block in plain():
            process.stdin.write(block)
        process.stdin.close()
        if process.wait(timeout=120):
            raise SystemExit("The shell's pipeline failed.")

    print(f"{'MB/s of plain bytes':<44}{'median':>8}{'fastest':>9}{'slowest':>9}{'CPU':>9}")
    timed("seal: blake3, zstd, age, cut, blake3", arguments.megabytes, arguments.rounds, sealing)
    print(f"Peak memory so far {peak_megabytes()} MB, of which the data is {KEPT}")
    sealed = seal(as_file(plain()), [str(identity.to_public())], "p/", stored.__setitem__)
    nowhere = cast("BinaryIO", Nowhere())
    opening = lambda: unseal(sealed, str(identity), stored.__getitem__, nowhere)  # noqa: E731 - a side, as the others
    timed("open: blake3, age, zstd, blake3", arguments.megabytes, arguments.rounds, opening)
    if shutil.which("zstd") and shutil.which("openssl"):
        timed("zstd -1 -T2 | openssl enc | sha256sum", arguments.megabytes, arguments.rounds, shell)


if __name__ == "__main__":
    main()
