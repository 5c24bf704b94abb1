"""A PostgreSQL backup, proof included, against what a careful user would write, and the restore against pg_restore.

Usage: `.venv/bin/python benchmarks/backup_postgresql.py [--megabytes 1500] [--rounds 3] [--folder DIR]`. All sides run
in turns on one database, one S3 server (SeaweedFS on disk) and one scratch server. Needs zstd, openssl and the aws CLI
on the PATH; without the aws CLI that side is left out, and said so. The embedded PostgreSQL's pg_dump has no zstd:
`pg_dump -Fc -Z0 | zstd -1` stands for `pg_dump -Fc -Z zstd:1`.
"""

import argparse
import os
import secrets
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from data import fill_database
from measure import in_turns, peak_megabytes, print_table
from running import workspace
from servers import (
    ACCESS,
    BUCKET,
    REGION,
    SECRET,
    postgres,
    postgres_programs,
    s3_store,
    source_at,
    vault_at,
)

from blocks.backups import BackupStore
from blocks.keys import BackupKeys
from recovery.content import prove
from recovery.manifest import Manifest

OURS = "Lifeboat: dump, proof, seal, upload, manifest"
BY_HAND = "pg_dump -Fc -Z0 | zstd -1 | openssl enc | aws s3 cp -"
GZIP = "pg_dump -Fc to a file (gzip, its default)"
ZSTD = "pg_dump -Fc -Z0 | zstd -1 > file"


class World:
    """One database, one store, and the ways to back the one up to the other."""

    def __init__(self, folder: Path, port: int, url: str) -> None:
        self.folder, self.port, self.url = folder, port, url
        self.manifest: Manifest | None = None
        self.store = BackupStore(vault_at(url, f"{secrets.token_hex(4)}/"), BackupKeys.generate())
        self._dump = f"{postgres_programs() / 'pg_dump'} -h 127.0.0.1 -p {port} -U postgres -d shop -Fc"

    def ours(self) -> None:
        self.manifest = self.store.take("shop", {"database": source_at(self.port, "shop")}, lambda line: None)

    def by_hand(self) -> None:
        cipher = "openssl enc -aes-256-ctr -pbkdf2 -pass env:SEAL"
        target = f"s3://{BUCKET}/by-hand/{secrets.token_hex(4)}"
        self._shell(f"{self._dump} -Z0 | zstd -1 -c | {cipher} | aws --endpoint-url {self.url} s3 cp - {target}")

    def gzip(self) -> None:
        self._shell(f"{self._dump} > {self.folder / 'gzip.dump'}")

    def zstd(self) -> None:
        self._shell(f"{self._dump} -Z0 | zstd -1 -c > {self.folder / 'zstd.dump'}")

    def _shell(self, line: str) -> None:
        words = {"AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": REGION}
        environment = os.environ | words | {"SEAL": "a pass phrase"}
        subprocess.run(
            ["bash", "-c", f"set -euo pipefail; {line}"],
            env=environment,
            check=True,
            timeout=600,
            stdout=subprocess.DEVNULL,
        )


def restore_sides(world: World) -> tuple[dict[str, Callable[[], object]], list[float]]:
    """Ours from the vault with its proof, and pg_restore of the same dump from disk; and how long each proof took."""
    assert world.manifest is not None
    manifest, proofs = world.manifest, []
    plain, target = world.folder / "plain.dump", source_at(world.port, "restored")
    world.store.fetch(manifest, "database", plain, lambda line: None)

    def ours() -> None:
        size = manifest.part("database").archive.size
        with target.restoring(size, world.folder, lambda line: None) as sink:
            world.store.pour(manifest, "database", sink, lambda line: None)

    def proof() -> None:
        begun = time.monotonic()
        found = prove(world.store.expected(manifest, "database"), target.content(staged=True))
        proofs.append(time.monotonic() - begun)
        assert found.equal, found.sentence
        target.discard()

    def bare() -> None:
        at = ["-h", "127.0.0.1", "-p", str(world.port), "-U", "postgres"]
        subprocess.run([postgres_programs() / "createdb", *at, "bare"], check=True, timeout=60)
        subprocess.run([postgres_programs() / "pg_restore", *at, "-j2", "-d", "bare", plain], check=True, timeout=600)

    def drop() -> None:
        at = ["-h", "127.0.0.1", "-p", str(world.port), "-U", "postgres"]
        subprocess.run([postgres_programs() / "dropdb", *at, "bare"], check=True, timeout=60)

    sides = {RESTORE: ours, PROOF: proof, BARE: bare, "(drop)": drop}
    return sides, proofs


RESTORE = "Lifeboat: fetch, check, open, restore"
PROOF = "Lifeboat: the proof"
BARE = "pg_restore -j2 of the same dump from disk"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder")
    arguments = parser.parse_args()
    with workspace(arguments.folder) as folder, postgres(folder) as port, s3_store(folder) as url:
        size = fill_database(port, "shop", arguments.megabytes)
        print(f"A database of {size / 1e6:,.0f} MB")
        world = World(folder, port, url)
        sides: dict[str, Callable[[], object]] = {OURS: world.ours, BY_HAND: world.by_hand}
        sides |= {ZSTD: world.zstd, GZIP: world.gzip}
        if not shutil.which("aws"):
            print(f"Left out, for there is no aws on the PATH: {BY_HAND}")
            del sides[BY_HAND]
        print_table(in_turns(sides, arguments.rounds), OURS, {BY_HAND: 0.7, GZIP: 0.25, ZSTD: 1.25})
        assert world.manifest is not None
        archive = world.manifest.part("database").archive
        print(f"{archive.size / 1e6:,.0f} MB of dump, {archive.sealed_size / 1e6:,.0f} MB in the vault")
        restores = in_turns(restore_sides(world)[0], arguments.rounds)
        del restores["(drop)"]
        proofs = restores.pop(PROOF)
        print_table(restores, RESTORE, {BARE: 1.1})
        share = statistics.median(proof / whole for proof, whole in zip(proofs, restores[RESTORE], strict=True))
        print(f"The proof takes {statistics.median(proofs):.2f} s: {share:.3f} of the restore (at most 0.12)")
        print(f"Peak memory {peak_megabytes()} MB (at most 400)")


if __name__ == "__main__":
    main()
