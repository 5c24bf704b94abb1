"""A tree of many small files and some large ones: first and unchanged backup, restore; against restic and rclone.

Usage: `.venv/bin/python benchmarks/backup_files.py [--small 100000] [--large 4] [--rounds 3] [--folder DIR]`. All sides
run in turns on one tree and one S3 server (SeaweedFS on disk). Needs restic and rclone on the PATH; one that is not
there is left out, and said so. rclone copies file by file, unencrypted. What was restored stays until the end: for some
minutes ext4 searches long for an inode that was not freed just now, and real restores don't follow upon a deletion.
"""

import argparse
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from data import fill_tree
from measure import in_turns, peak_megabytes, print_table
from running import workspace
from servers import ACCESS, BUCKET, REGION, SECRET, s3_store, vault_at

from blocks.backups import BackupStore
from blocks.keys import BackupKeys
from blocks.sources.files import FilesSource
from recovery.content import prove
from recovery.manifest import Manifest

RESTED_SECONDS = 61  # files that changed in the last minute before a backup are read again by the next
FIRST, AGAIN, RESTORE = "Lifeboat: first backup", "Lifeboat: unchanged tree", "Lifeboat: restore"
PROVED = "Lifeboat: proof of the restored tree"


class World:
    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.tree, self.url = folder, folder / "tree", url
        self.source = FilesSource(folder=str(self.tree))
        self.manifest: Manifest | None = None
        self.remote = ""

    def first(self) -> None:
        self.store = BackupStore(vault_at(self.url, f"{secrets.token_hex(4)}/"), BackupKeys.generate())
        self.again()

    def again(self) -> None:
        self.manifest = self.store.take("shop", {"files": self.source}, lambda line: None)

    def restore(self) -> None:
        assert self.manifest is not None
        archive = self.folder / "archive"
        self.target = FilesSource(folder=str(self.folder / f"restored-{secrets.token_hex(4)}"))
        self.store.fetch(self.manifest, "files", archive, lambda line: None)
        self.target.restore(archive)
        archive.unlink()

    def prove(self) -> None:
        assert self.manifest is not None
        found = prove(self.store.expected(self.manifest, "files"), self.target.content(staged=True))
        assert found.equal, found.sentence

    def restic_first(self) -> None:
        self.remote = secrets.token_hex(4)
        self.restic("init")
        self.restic("backup", str(self.tree))

    def restic_again(self) -> None:
        self.restic("backup", str(self.tree))

    def restic_restore(self) -> None:
        self.restic("restore", "latest", "--target", str(self.folder / f"restic-{secrets.token_hex(4)}"))

    def restic(self, *words: str) -> None:
        at = {"RESTIC_REPOSITORY": f"s3:{self.url}/{BUCKET}/{self.remote}", "RESTIC_PASSWORD": "a pass phrase"}
        at |= {"AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": REGION}
        self._run(["restic", "--quiet", "--cache-dir", str(self.folder / "cache"), *words], at)

    def rclone_first(self) -> None:
        self.remote = secrets.token_hex(4)
        self.rclone()

    def rclone(self) -> None:
        at = {"TYPE": "s3", "PROVIDER": "Other", "ACCESS_KEY_ID": ACCESS, "SECRET_ACCESS_KEY": SECRET}
        at |= {"ENDPOINT": self.url, "REGION": REGION}
        words = ["--transfers=16", "--checkers=16", "--fast-list", "--s3-no-check-bucket", "--links"]
        command = ["rclone", "copy", *words, str(self.tree), f"store:{BUCKET}/{self.remote}"]
        self._run(command, {f"RCLONE_CONFIG_STORE_{name}": value for name, value in at.items()})

    def _run(self, command: list[str], words: dict[str, str]) -> None:
        settings = os.environ | words | {"RCLONE_CONFIG": str(self.folder / "none.conf")}
        settings.pop("AWS_CA_BUNDLE", None)  # Debian's rclone does not start with it; there is no TLS here
        subprocess.run(command, env=settings, check=True, timeout=900, stdout=subprocess.DEVNULL)


def sides_of(world: World, with_rclone: bool) -> dict[str, Callable[[], object]]:
    ours = {FIRST: world.first, AGAIN: world.again, RESTORE: world.restore, PROVED: world.prove}
    restic = {
        "restic: first backup": world.restic_first,
        "restic: unchanged tree": world.restic_again,
        "restic: restore": world.restic_restore,
    }
    rclone = {"rclone: first copy": world.rclone_first, "rclone: unchanged tree": world.rclone}
    sides: dict[str, Callable[[], object]] = dict(ours)
    if shutil.which("restic"):
        sides |= restic
    if with_rclone and shutil.which("rclone"):
        sides |= rclone
    return sides


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=100_000)
    parser.add_argument("--large", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-rclone", action="store_true", help="it takes minutes for 100,000 objects")
    parser.add_argument("--folder")
    arguments = parser.parse_args()
    with workspace(arguments.folder) as folder, s3_store(folder) as url:
        (folder / "tree").mkdir()
        size = fill_tree(folder / "tree", arguments.small, arguments.large)
        print(f"{arguments.small} small files, {arguments.large} large ones, {size / 1e6:,.0f} MB")
        for name in ("restic", "rclone"):
            if not shutil.which(name):
                print(f"Left out, for it is not on the PATH: {name}")
        time.sleep(RESTED_SECONDS)
        seconds = in_turns(sides_of(World(folder, url), not arguments.no_rclone), arguments.rounds)
        for ours, theirs in ((FIRST, "first"), (AGAIN, "unchanged"), (RESTORE, "restore")):
            chosen = {name: each for name, each in seconds.items() if name == ours or f": {theirs}" in name}
            print_table(chosen, ours, {name: 1.0 for name in chosen if name != ours})
        print_table({AGAIN: seconds[AGAIN], FIRST: seconds[FIRST]}, AGAIN, {FIRST: 0.1})
        print_table({PROVED: seconds[PROVED]}, PROVED, {})
        print(f"Peak memory {peak_megabytes()} MB (at most 400)")


if __name__ == "__main__":
    main()
