"""The page `docs/without-lifeboat.md`, run as it stands: a backup is restored by public tools alone, and is equal."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from corruption import CHUNK, KEYS, damage_at
from files_place import FilesPlace
from postgresql_place import PostgresPlace, source
from server_fixtures import Cluster, S3Store, primary, programs, s3_store, standby  # noqa: F401 - fixtures
from test_vaults import s3_vault

from blocks.backups import BackupStore
from blocks.sources import files_index
from blocks.sources.kind import Source
from blocks.vaults.folder import FolderVault
from blocks.vaults.kind import Vault
from recovery.content import prove
from recovery.manifest import Manifest

PAGE = Path(__file__).resolve().parent.parent / "docs" / "without-lifeboat.md"
# Program to Debian's package.
PACKAGES = {"age": "age", "zstd": "zstd", "jq": "jq", "b3sum": "b3sum", "openssl": "openssl", "curl": "curl"}
ORDINARY = ("bash", "tar", "cat", "cp", "dirname", "find", "grep", "mkdir", "mv", "rm", "sed", "sort", "tail")


def script(route: str) -> str:
    """All commands of the page, in order, with one of the two ways to read a vault."""
    blocks = re.findall(r"^```bash ?(\w*)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert {kind for kind, _ in blocks} == {"", "folder", "s3"}
    return "".join(text for kind, text in blocks if kind in ("", route))


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder with only those programs in it that the page names."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in (*PACKAGES, *ORDINARY):
        found = shutil.which(name)
        if found is None:
            pytest.skip(f"{name} is not installed here: the Debian package {PACKAGES.get(name, name)}")
        (folder / name).symlink_to(found)
    for name in ("pg_restore", "psql"):
        (folder / name).symlink_to(programs() / name)
    return folder


def run(route: str, tools: Path, here: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    here.mkdir()
    (here / "identity.txt").write_text(KEYS.secret_identity() + "\n")
    (here / "trusted.pem").write_text(KEYS.trusted[0])
    environment = {"PATH": str(tools), "HOME": str(here), "LC_ALL": "C.UTF-8", "APPLICATION": "shop", **settings}
    command = [str(tools / "bash"), "-c", script(route)]
    return subprocess.run(
        command, cwd=here, env=environment, capture_output=True, text=True, errors="replace", timeout=120, check=False
    )


def taken(vault: Vault, **parts: Source) -> Manifest:
    store = BackupStore(vault, KEYS, CHUNK * 4)
    store.take("shop", parts, print)
    return store.take("shop", parts, print)


@pytest.fixture
def vault(tmp_path: Path) -> FolderVault:
    (tmp_path / "vault").mkdir()
    return FolderVault(folder=str(tmp_path / "vault"))


def test_files_come_back_equal(tmp_path: Path, vault: FolderVault, tools: Path) -> None:
    place, here = FilesPlace(tmp_path), tmp_path / "here"
    manifest = taken(vault, uploads=place.source)
    assert len(manifest.parts[0].archives[0].chunks) > 3
    done = run("folder", tools, here, VAULT=vault.folder)
    assert done.returncode == 0, done.stderr
    assert "Signature Verified Successfully" in done.stdout
    (here / "uploads").rename(place.staged)
    expected = BackupStore(vault, KEYS).expected(manifest, "uploads")
    assert prove(expected, place.target.content(staged=True)).equal
    assert not (here / "backup.key").exists()


def test_a_backup_that_needs_a_removed_one_comes_back_equal(
    tmp_path: Path, vault: FolderVault, tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Groups of three backups, of which only the newest is still one."""
    monkeypatch.setattr(files_index, "RESTED_SECONDS", 0.0)
    monkeypatch.setattr(files_index, "GROUP_BYTES", 100_000)
    place, here, store = FilesPlace(tmp_path), tmp_path / "here", BackupStore(vault, KEYS, CHUNK * 4)
    older = []
    for number in range(2):
        older.append(store.take("shop", {"uploads": place.source}, print))
        (place.live / f"new {number}").write_bytes(bytes(200_000))
    manifest = store.take("shop", {"uploads": place.source}, print)
    for each in older:
        store.care.remove("shop", each.backup)
    assert {group.backup for group in manifest.parts[0].groups} == {each.backup for each in (*older, manifest)}
    done = run("folder", tools, here, VAULT=vault.folder, BACKUP=manifest.backup)
    assert done.returncode == 0, done.stderr
    (here / "uploads").rename(place.staged)
    assert prove(store.expected(manifest, "uploads"), place.target.content(staged=True)).equal


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("manifest", "Signature Verification Failure"),
        ("signature", "Signature Verification Failure"),
        ("replayed", "false"),
        ("chunk", "FAILED"),
        ("chunk missing", "No such file"),
        ("key", "age: error"),
    ],
)
def test_damage_stops_it(tmp_path: Path, vault: FolderVault, tools: Path, what: str, words: str) -> None:
    place, here = FilesPlace(tmp_path), tmp_path / "here"
    manifest = taken(vault, uploads=place.source)
    path = f"manifests/shop/{manifest.backup}"
    chunk = manifest.parts[0].archives[0].chunks[1].key
    if what == "replayed":
        old = next(each.backup for each in BackupStore(vault, KEYS).list("shop") if each.backup != manifest.backup)
        for ending in (".json", ".sig"):
            vault.put(path + ending, vault.get(f"manifests/shop/{old}{ending}").data)
    elif what == "chunk missing":
        vault.remove(chunk)
    else:
        key = {"manifest": f"{path}.json", "signature": f"{path}.sig", "chunk": chunk, "key": manifest.key}[what]
        vault.put(key, damage_at(vault.get(key).data, 60, 0))
    done = run("folder", tools, here, VAULT=vault.folder, BACKUP=manifest.backup)
    assert done.returncode != 0
    assert words in done.stdout + done.stderr
    assert not (here / "uploads").exists()


@pytest.mark.slow
class TestDatabase:
    @pytest.fixture
    def place(self, primary: Cluster, standby: Cluster) -> Iterator[PostgresPlace]:  # noqa: F811
        place = PostgresPlace(primary, standby)
        yield place
        for (found,) in standby.run("postgres", f"select datname from pg_database where datname = '{place.name}'"):
            standby.run("postgres", f"drop database {found} with (force)")
        place.drop()

    def test_from_an_s3_store(
        self,
        place: PostgresPlace,
        s3_store: S3Store,  # noqa: F811
        tools: Path,
        tmp_path: Path,
    ) -> None:
        files, here, vault = FilesPlace(tmp_path), tmp_path / "here", s3_vault(s3_store, "without/")
        manifest = taken(vault, db=place.source, uploads=files.source)
        password = tmp_path / "pgpass"
        password.write_text(f"*:*:*:*:{Cluster.password.replace(':', chr(92) + ':')}\n")
        password.chmod(0o600)
        settings = {
            "BUCKET": f"{s3_store.url}/{s3_store.bucket}",
            "PREFIX": "without/",
            "AWS_REGION": s3_store.region,
            "AWS_ACCESS_KEY_ID": s3_store.access_key,
            "AWS_SECRET_ACCESS_KEY": s3_store.secret_key,
            "PGHOST": "127.0.0.1",
            "PGPORT": str(place.standby.port),
            "PGUSER": "postgres",
            "PGPASSFILE": str(password),
        }
        done = run("s3", tools, here, **settings)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        (here / "uploads").rename(files.staged)
        store = BackupStore(vault, KEYS)
        assert prove(store.expected(manifest, "uploads"), files.target.content(staged=True)).equal
        restored = source(place.standby, place.name, "postgres").content(staged=False)
        proof = prove(store.expected(manifest, "db"), restored)
        assert proof.equal, proof.sentence
        assert "has " not in done.stdout.partition("db.content")[2]
