"""Backups as a whole: taken, listed, fetched, vouched for, and everything that is done to them found."""

import random
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest
from files_place import flip
from postgresql_place import PostgresPlace, children, kill_dump
from pydantic import PrivateAttr
from server_fixtures import Cluster, S3Store, primary, s3_store, standby  # noqa: F401 - fixtures
from test_vaults import s3_vault

from blocks.backups import BackupStore
from blocks.keys import BackupKeys
from blocks.sources.files import FilesSource
from blocks.vaults.folder import FolderVault
from blocks.vaults.kind import ANY
from blocks.vaults.s3 import S3Vault
from recovery.content import prove
from recovery.errors import NotProved, RecoveryError, Unreachable
from recovery.manifest import canonical
from recovery.signing import sign

KEYS = BackupKeys.generate()
CHUNK = 64 * 1024


def quiet(line: str) -> None:
    assert line


class World:
    """A folder to back up, a vault in a folder, and a store between them."""

    def __init__(self, folder: Path, vault: FolderVault | None = None) -> None:
        (folder / "live" / "sub").mkdir(parents=True)
        (folder / "live" / "noise").write_bytes(random.Random(1).randbytes(300_000))
        (folder / "live" / "sub" / "text").write_text("text")
        (folder / "vault").mkdir()
        self.folder = folder
        self.vault = vault or FolderVault(folder=str(folder / "vault"))
        self.store = BackupStore(self.vault, KEYS, CHUNK)
        self.sources = {"files": FilesSource(folder=str(folder / "live"))}
        self.target = FilesSource(folder=str(folder / "restored"))

    def take(self):  # type: ignore[no-untyped-def]
        return self.store.take("shop", self.sources, quiet)

    def restore(self, store: BackupStore, backup: str):  # type: ignore[no-untyped-def]
        """What a recovery does, up to the proof."""
        manifest = store.manifest("shop", backup)
        store.fetch(manifest, "files", self.folder / "archive", quiet)
        self.target.restore(self.folder / "archive")
        return prove(store.expected(manifest, "files"), self.target.content(staged=True))

    def objects(self) -> list[str]:
        return [entry.key for entry in self.vault.entries("")]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_backup_comes_back_equal(world: World) -> None:
    manifest = world.take()
    assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{6}", manifest.backup)
    assert world.restore(world.store, manifest.backup).equal
    assert [(each.backup, each.manifest) for each in world.store.list("shop")] == [(manifest.backup, manifest)]
    assert world.store.list("other") == []
    assert manifest.parts[0].items == 2
    assert manifest.parts[0].total == 300_004
    assert manifest.finished_at >= manifest.taken_at
    # Neither a file's name nor its text is to be read in the vault.
    for key in world.objects():
        assert b"noise" not in world.vault.get(key).data


def test_many_come_in_order_and_apart(world: World) -> None:
    first, second = world.take(), world.take()
    flip(world.folder / "live" / "noise", 7)
    third = world.take()
    names = [each.backup for each in world.store.list("shop")]
    assert sorted(names) == names
    assert set(names) == {first.backup, second.backup, third.backup}
    assert world.store.expected(first, "files").items == world.store.expected(second, "files").items
    assert world.store.expected(first, "files").items != world.store.expected(third, "files").items


def test_public_tools_alone_open_it(world: World, tmp_path: Path) -> None:
    """The steps of a rescue without Lifeboat: key, data, archive."""
    manifest = world.take()
    vault = tmp_path / "vault"
    wrapped = (vault / manifest.key).read_bytes()
    ours = pyrage.x25519.Identity.from_str(KEYS.secret_identity())
    own = pyrage.x25519.Identity.from_str(pyrage.decrypt(wrapped, [ours]).decode().strip())
    streams = [[vault / chunk.key for chunk in archive.chunks] for archive in manifest.parts[0].archives]
    opened = [pyrage.decrypt(b"".join(path.read_bytes() for path in chunks), [own]) for chunks in streams]
    (tmp_path / "archive.zst").write_bytes(b"".join(opened))
    subprocess.run(["zstd", "-dq", str(tmp_path / "archive.zst")], check=True, timeout=30)
    (tmp_path / "out").mkdir()
    subprocess.run(["tar", "-xf", str(tmp_path / "archive"), "-C", str(tmp_path / "out")], check=True, timeout=30)
    assert (tmp_path / "out" / "noise").read_bytes() == (tmp_path / "live" / "noise").read_bytes()


def test_the_key_is_wrapped_for_others_without_touching_data(world: World) -> None:
    manifest, other = world.take(), BackupKeys.generate()
    theirs = BackupStore(world.vault, other.model_copy(update={"trusted": KEYS.trusted}), CHUNK)
    with pytest.raises(NotProved, match="does not open with our age identity"):
        world.restore(theirs, manifest.backup)
    ours = pyrage.x25519.Identity.from_str(KEYS.secret_identity())
    secret = pyrage.decrypt(world.vault.get(manifest.key).data, [ours])
    world.vault.put(manifest.key, pyrage.encrypt(secret, [pyrage.x25519.Recipient.from_str(other.recipients[0])]))
    assert world.restore(theirs, manifest.backup).equal


def test_every_flipped_bit_in_every_object_is_found(world: World) -> None:
    manifest = world.take()
    dice, tried, found = random.Random(5), 0, 0
    for key in world.objects():
        whole = world.vault.get(key).data
        for at in {0, len(whole) - 1, *(dice.randrange(len(whole)) for _ in range(10))}:
            damaged = bytearray(whole)
            damaged[at] ^= 1 << dice.randrange(8)
            world.vault.put(key, bytes(damaged))
            tried += 1
            try:
                world.restore(world.store, manifest.backup)
            except NotProved as error:
                found += manifest.backup in str(error)
            assert not (world.folder / "archive.partial").exists()
        world.vault.put(key, whole)
    assert found == tried > 80
    assert world.restore(world.store, manifest.backup).equal


def cut(world: World, key: str) -> None:
    world.vault.put(key, world.vault.get(key).data[:-7])


DAMAGE = {"missing": lambda world, key: world.vault.remove(key), "cut short": cut}


@pytest.mark.parametrize("how", DAMAGE)
def test_every_lost_or_cut_object_is_found_and_named(world: World, how: str) -> None:
    manifest = world.take()
    for key in world.objects():
        whole = world.vault.get(key).data
        DAMAGE[how](world, key)
        named = manifest.backup if key.startswith("manifests/") else re.escape(key)
        with pytest.raises(NotProved, match=named) as raised:
            world.restore(world.store, manifest.backup)
        assert raised.value.remedy or key.startswith("manifests/")
        assert not (world.folder / "archive.partial").exists()
        world.vault.put(key, whole)


def test_an_edited_manifest_is_found(world: World) -> None:
    manifest = world.take()
    path = f"manifests/shop/{manifest.backup}"
    for edited in (
        manifest.model_copy(update={"taken_at": manifest.finished_at}),
        manifest.model_copy(update={"application": "other"}),
        manifest.model_copy(update={"parts": ()}),
    ):
        world.vault.put(f"{path}.json", canonical(edited))
        with pytest.raises(NotProved, match="is not what was signed"):
            world.restore(world.store, manifest.backup)
    [summary] = world.store.list("shop")
    assert summary.manifest is None
    assert "is not what was signed" in summary.reason


def test_a_stripped_signature_and_a_stranger_s_are_told_apart(world: World) -> None:
    manifest = world.take()
    path = f"manifests/shop/{manifest.backup}"
    world.vault.remove(f"{path}.sig")
    assert "has no signature" in world.store.list("shop")[0].reason
    stranger = BackupKeys.generate().secret_signing_key()
    world.vault.put(f"{path}.sig", sign(canonical(manifest), stranger))
    assert "a key that is not trusted signed it" in world.store.list("shop")[0].reason
    world.vault.remove(f"{path}.json")
    assert "is missing" in world.store.list("shop")[0].reason


def test_an_old_backup_is_not_taken_for_a_new_one(world: World) -> None:
    old, new = world.take(), world.take()
    for ending in (".json", ".sig"):
        whole = world.vault.get(f"manifests/shop/{old.backup}{ending}").data
        world.vault.put(f"manifests/shop/{new.backup}{ending}", whole)
    with pytest.raises(NotProved, match=f"is that of backup {old.backup} of shop: it was swapped"):
        world.restore(world.store, new.backup)


def test_old_chunks_under_a_new_manifest_are_found(world: World) -> None:
    old, new = world.take(), world.take()
    for theirs, ours in zip(old.parts[0].archives[0].chunks, new.parts[0].archives[0].chunks, strict=True):
        world.vault.put(ours.key, world.vault.get(theirs.key).data)
    with pytest.raises(NotProved, match="damaged or replaced"):
        world.restore(world.store, new.backup)
    world.vault.put(new.key, world.vault.get(old.key).data)
    with pytest.raises(NotProved, match="holds the key of another backup"):
        world.restore(world.store, new.backup)


def test_a_part_that_is_not_there_is_said(world: World) -> None:
    with pytest.raises(NotProved, match="has no part db: it has files"):
        world.store.expected(world.take(), "db")


def test_verifications_are_signed_bound_and_told(world: World) -> None:
    manifest, other = world.take(), world.take()
    record = world.store.attest(manifest, {"files": "Equal to its source."}, "proved equal", 1.5)
    failed = world.store.attest(manifest, {}, "checksummed", 0.1, problem="00001.age is missing")
    assert world.store.verifications("shop") == [record, failed]
    assert record.manifest == manifest.digest
    assert world.store.verifications("other") == []
    [first, *_] = [key for key in world.objects() if key.startswith("verifications/")]
    stem = first.rpartition(".")[0]
    for ending in (".json", ".sig"):  # a true record, where it says of another backup what it does not say
        moved = stem.replace(manifest.backup, other.backup) + ending
        world.vault.put(moved, world.vault.get(stem + ending).data)
    assert len(world.store.verifications("shop")) == 2
    forged = canonical(failed.model_copy(update={"problem": None, "depth": "proved equal"}))
    world.vault.put(f"verifications/shop/{manifest.backup}/forged.json", forged)
    world.vault.put(f"verifications/shop/{manifest.backup}/forged.sig", world.vault.get(f"{stem}.sig").data)
    assert world.store.verifications("shop") == [record, failed]


class FailingVault(FolderVault):
    """A real vault that stops answering after some calls, for a while or for good."""

    _block_type_name = "Failing vault"
    _block_type_slug = "failing-vault"

    _puts: int = PrivateAttr(default=0)
    _fails_at: int = PrivateAttr(default=10**9)
    _for_good: bool = PrivateAttr(default=False)
    _error: BaseException = PrivateAttr(default_factory=lambda: Unreachable("The vault does not answer."))

    def fail_at(self, put: int, error: BaseException | None = None, for_good: bool = False) -> None:
        self._puts, self._fails_at, self._for_good = 0, put, for_good
        self._error = error or self._error

    def put(self, key: str, data: bytes, expect: str = ANY) -> str:
        self._puts += 1
        if self._puts == self._fails_at or (self._for_good and self._puts > self._fails_at):
            raise self._error
        return super().put(key, data, expect)

    def remove(self, key: str) -> None:
        if self._for_good and self._puts >= self._fails_at:
            raise self._error
        super().remove(key)


def test_a_vault_that_fails_at_any_put_leaves_nothing(tmp_path: Path) -> None:
    vault = FailingVault(folder=str(tmp_path / "vault"))
    world = World(tmp_path, vault)
    vault.fail_at(10**9)
    kept = world.take()
    puts, before = vault._puts, world.objects()
    assert puts > 7
    for number in range(1, puts + 1):
        vault.fail_at(number)
        with pytest.raises(Unreachable, match="was not taken: The vault does not answer") as raised:
            world.take()
        assert "It has no manifest, and what was written of it was removed." in str(raised.value)
        assert world.objects() == before
    assert [each.backup for each in world.store.list("shop")] == [kept.backup]


def test_a_vault_that_is_gone_for_good_is_owned_up_to(tmp_path: Path) -> None:
    vault = FailingVault(folder=str(tmp_path / "vault"))
    world = World(tmp_path, vault)
    vault.fail_at(4, for_good=True)
    with pytest.raises(Unreachable, match=r"objects under data/shop/.* may be left"):
        world.take()
    vault.fail_at(10**9)
    assert world.store.list("shop") == []


def test_an_interrupt_leaves_nothing(tmp_path: Path) -> None:
    vault = FailingVault(folder=str(tmp_path / "vault"))
    world = World(tmp_path, vault)
    vault.fail_at(4, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        world.take()
    assert world.objects() == []


def test_what_cannot_be_backed_up_is_said_before_anything_is_written(world: World, tmp_path: Path) -> None:
    gone = {"files": world.sources["files"], "more": FilesSource(folder=str(tmp_path / "not mounted"))}
    with pytest.raises(Unreachable, match="not mounted is not there"):
        world.store.take("shop", gone, quiet)
    with pytest.raises(RecoveryError, match=r"'\.\./x' cannot be part"):
        world.store.take("shop", {"../x": world.sources["files"]}, quiet)
    bare = BackupKeys(recipients=KEYS.recipients, trusted=KEYS.trusted)
    with pytest.raises(RecoveryError, match="no signing key"):
        BackupStore(world.vault, bare).take("shop", world.sources, quiet)
    assert world.objects() == []


def test_an_unreachable_vault_is_unreachable(tmp_path: Path) -> None:
    world = World(tmp_path, FolderVault(folder=str(tmp_path / "not mounted")))
    calls: list[Callable[[], object]] = [world.take, lambda: world.store.list("shop")]
    for call in calls:
        with pytest.raises(Unreachable):
            call()


class KillingVault(S3Vault):
    """A real vault that strikes at somebody when the third object is put."""

    _block_type_name = "Killing vault"
    _block_type_slug = "killing-vault"

    _strike: Callable[[], None] = PrivateAttr()
    _puts: int = PrivateAttr(default=0)

    def put(self, key: str, data: bytes, expect: str = ANY) -> str:
        self._puts += 1
        if self._puts == 3:
            self._strike()
        return super().put(key, data, expect)


@pytest.mark.slow
class TestOnRealServers:
    """PostgreSQL and files together, through an S3 store."""

    @pytest.fixture
    def place(self, primary: Cluster, standby: Cluster):  # type: ignore[no-untyped-def] # noqa: F811
        place = PostgresPlace(primary, standby)
        yield place
        place.drop()

    @pytest.fixture
    def store(self, s3_store: S3Store, request: pytest.FixtureRequest) -> BackupStore:  # noqa: F811
        return BackupStore(s3_vault(s3_store, f"{request.node.name}/"), KEYS, CHUNK)

    def test_all_parts_come_back_equal(self, place: PostgresPlace, store: BackupStore, tmp_path: Path) -> None:
        world = World(tmp_path)
        manifest = store.take("shop", {"db": place.source, **world.sources}, quiet)
        assert manifest.newest == place.source.content(staged=False).newest
        assert manifest.taken_at == min(part.taken_at for part in manifest.parts)
        for name, target in (("db", place.target), ("files", world.target)):
            store.fetch(manifest, name, tmp_path / name, quiet)
            target.restore(tmp_path / name)
            assert prove(store.expected(manifest, name), target.content(staged=True)).equal

    @pytest.mark.parametrize("whom", ["pg_dump", "server session"])
    def test_a_source_killed_mid_dump_leaves_nothing(
        self,
        place: PostgresPlace,
        s3_store: S3Store,  # noqa: F811
        whom: str,
    ) -> None:
        def strike() -> None:
            if whom == "pg_dump":
                kill_dump()
            else:
                find = "select pg_terminate_backend(pid) from pg_stat_activity where query like 'COPY %'"
                assert place.primary.run("postgres", find) == [(True,)]

        big = (
            "insert into no_key select string_agg(md5(n::text || '-' || m), '') "
            "from generate_series(1, 2000) n, generate_series(1, 500) m group by n"
        )
        place.primary.run(place.name, big)
        plain = s3_vault(s3_store, f"killed {whom}/")
        vault = KillingVault(**dict(plain))
        vault._strike = strike
        killed = BackupStore(vault, KEYS, CHUNK)
        with pytest.raises(RecoveryError, match=r"was not taken: pg_dump (was killed|failed)") as raised:
            killed.take("shop", {"db": place.source}, quiet)
        assert "what was written of it was removed" in str(raised.value)
        assert vault.entries("") == []
        assert not [arguments for _, arguments in children() if "--format=custom" in arguments]
