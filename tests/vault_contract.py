"""What every vault must do. A provider's tests subclass this and give the fixtures `vault` and `unreachable`."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from blocks.vaults.kind import ABSENT, Vault
from recovery.errors import Conflict, Missing, Unreachable


class VaultContract:
    def test_what_was_put_is_got(self, vault: Vault) -> None:
        version = vault.put("a/b c/ünï.bin", bytes(range(256)) * 5000)
        stored = vault.get("a/b c/ünï.bin")
        assert stored.data == bytes(range(256)) * 5000
        assert stored.version == version

    def test_an_empty_object_is_an_object(self, vault: Vault) -> None:
        vault.put("empty", b"")
        assert vault.get("empty").data == b""
        assert [entry.size for entry in vault.entries("empty")] == [0]

    def test_putting_twice_overwrites(self, vault: Vault) -> None:
        first = vault.put("twice", b"one")
        second = vault.put("twice", b"two")
        assert vault.get("twice").data == b"two"
        assert first != second

    def test_what_is_not_there_is_missing(self, vault: Vault) -> None:
        vault.put("a/b", b"1")
        for key in ("nothing", "a", "a/b/c"):
            with pytest.raises(Missing, match=key):
                vault.get(key)

    def test_entries_are_sorted_and_sized(self, vault: Vault) -> None:
        for key in ("list/b", "list/a/2", "list/a/1", "list/ab", "other/x"):
            vault.put(key, key.encode())
        assert [entry.key for entry in vault.entries("list/")] == ["list/a/1", "list/a/2", "list/ab", "list/b"]
        assert [entry.key for entry in vault.entries("list/a")] == ["list/a/1", "list/a/2", "list/ab"]
        assert vault.entries("list/b")[0].size == len("list/b")
        assert abs(vault.entries("list/b")[0].written_at.timestamp() - time.time()) < 300
        assert vault.entries("nobody/") == []

    def test_all_of_many_entries_are_listed(self, vault: Vault) -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: vault.put(f"many/{number:04}", b"x"), range(1005)))
        assert [entry.key for entry in vault.entries("many/")] == [f"many/{number:04}" for number in range(1005)]

    def test_removing_twice_is_no_error(self, vault: Vault) -> None:
        vault.put("gone/now", b"x")
        vault.remove("gone/now")
        vault.remove("gone/now")
        assert vault.entries("gone/") == []

    def test_absent_only_creates(self, vault: Vault) -> None:
        vault.put("once", b"first", expect=ABSENT)
        with pytest.raises(Conflict, match="once"):
            vault.put("once", b"second", expect=ABSENT)
        assert vault.get("once").data == b"first"

    def test_a_version_only_replaces_itself(self, vault: Vault) -> None:
        old = vault.put("cas", b"first")
        new = vault.put("cas", b"second", expect=old)
        with pytest.raises(Conflict, match="cas"):
            vault.put("cas", b"third", expect=old)
        assert vault.get("cas").data == b"second"
        vault.put("cas", b"third", expect=new)
        assert vault.get("cas").data == b"third"

    def test_a_version_of_nothing_is_a_conflict(self, vault: Vault) -> None:
        version = vault.put("soon gone", b"x")
        vault.remove("soon gone")
        with pytest.raises(Conflict, match="soon gone"):
            vault.put("soon gone", b"y", expect=version)
        assert vault.entries("soon gone") == []

    def test_one_of_many_creators_wins(self, vault: Vault) -> None:
        def create(number: int) -> bool:
            try:
                vault.put("race", str(number).encode(), expect=ABSENT)
            except Conflict:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            won = [number for number, first in enumerate(pool.map(create, range(8))) if first]
        assert [str(number).encode() for number in won] == [vault.get("race").data]

    def test_unreachable_is_said_soon(self, unreachable: Vault) -> None:
        begun = time.monotonic()
        for call in (
            lambda: unreachable.put("x", b"1"),
            lambda: unreachable.get("x"),
            lambda: unreachable.entries(""),
            lambda: unreachable.remove("x"),
        ):
            with pytest.raises(Unreachable):
                call()
        assert time.monotonic() - begun < 40
