"""The lease in a vault: one holder, a heartbeat, and no second life for one that was taken over."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from blocks.vaults.folder import FolderVault
from blocks.vaults.kind import Vault
from recovery.errors import Conflict, Refused, Unreachable
from recovery.journal import Journal, read_journal
from recovery.lease import Lease
from recovery.model import now
from tasks.lease import LeaseHolder
from tasks.mirror import JournalMirror


def place(folder: Path) -> Path:
    """The vault's folder, which has to be there."""
    (folder / "vault").mkdir(exist_ok=True)
    return folder / "vault"


@pytest.fixture
def vault(tmp_path: Path) -> FolderVault:
    return FolderVault(folder=str(place(tmp_path)))


def held(vault: Vault) -> Lease:
    return Lease.model_validate_json(vault.get("leases/shop.json").data)


def test_only_one_holds_it(vault: FolderVault) -> None:
    with LeaseHolder(vault, "shop", "i-1"), pytest.raises(Refused, match="i-1 is recovering shop right now"):
        LeaseHolder(vault, "shop", "i-2").__enter__()
    assert held(vault).released
    with LeaseHolder(vault, "shop", "i-2"):
        assert held(vault).number == 2


def test_many_at_once_one_gets_it(vault: FolderVault) -> None:
    got: list[LeaseHolder] = []
    turned_away: list[Exception] = []
    barrier = threading.Barrier(8)

    def take(number: int) -> None:
        holder = LeaseHolder(vault, "shop", f"i-{number}")
        barrier.wait(10)
        try:
            got.append(holder.__enter__())
        except (Refused, Conflict) as error:
            turned_away.append(error)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (len(got), len(turned_away)) == (1, 7)
    got[0].__exit__()


def test_the_heartbeat_keeps_it(vault: FolderVault) -> None:
    with LeaseHolder(vault, "shop", "i-1", term=timedelta(milliseconds=300)):
        first = held(vault).until
        beaten = threading.Event()
        for _ in range(100):
            if held(vault).until > first:
                break
            beaten.wait(0.02)
        assert held(vault).until > first


def test_one_that_was_taken_over_knows_it_and_gives_nothing_back(vault: FolderVault) -> None:
    holder = LeaseHolder(vault, "shop", "i-1", term=timedelta(hours=1)).__enter__()
    lapsed = held(vault).model_copy(update={"until": now() - timedelta(seconds=1)})
    vault.put("leases/shop.json", lapsed.model_dump_json().encode())
    with LeaseHolder(vault, "shop", "i-2"):
        holder._renew(released=False)
        assert holder.lost is not None
        assert "took over" in holder.lost
        holder.__exit__()
        assert held(vault).incident == "i-2"
        assert not held(vault).released


def test_one_that_slept_through_its_term_asks_before_it_acts(vault: FolderVault) -> None:
    """Its heartbeat is as late as itself: nothing told it yet."""
    sleeper = LeaseHolder(vault, "shop", "i-1", term=timedelta(hours=1)).__enter__()
    assert sleeper.taken_over() is None
    sleeper._lease = sleeper._lease.model_copy(update={"until": now() - timedelta(seconds=1)})
    vault.put("leases/shop.json", sleeper._bytes())
    sleeper._version = vault.get("leases/shop.json").version
    with LeaseHolder(vault, "shop", "i-2"):
        assert "took over" in str(sleeper.taken_over())
        sleeper.__exit__()
        assert held(vault).incident == "i-2"


def test_a_write_whose_answer_was_lost_is_its_own(vault: FolderVault) -> None:
    with LeaseHolder(vault, "shop", "i-1", term=timedelta(hours=1)) as holder:
        before = holder._version
        holder._renew(released=False)
        holder._version = before  # the answer never came
        holder._renew(released=False)
        assert holder.lost is None
        assert holder._version == vault.get("leases/shop.json").version


def test_a_lease_that_lapses_is_waited_for_and_one_that_is_kept_alive_is_not_had(vault: FolderVault) -> None:
    with LeaseHolder(vault, "shop", "i-1", term=timedelta(hours=1)) as other:
        held_elsewhere = other._lease.model_copy(update={"until": now() + timedelta(milliseconds=200), "process": None})
        vault.put("leases/shop.json", held_elsewhere.model_dump_json().encode())
        with LeaseHolder(vault, "shop", "i-1", wait=timedelta(seconds=20)) as heir:
            assert heir.number == 2
        other.lost = "taken over"
    with LeaseHolder(vault, "shop", "i-1", term=timedelta(hours=1)), pytest.raises(Refused, match="right now"):
        LeaseHolder(vault, "shop", "i-1", wait=timedelta(milliseconds=100)).__enter__()


LET_GO = threading.Event()


class StuckVault(FolderVault):
    """Takes no object until it is let go."""

    _block_type_slug = "stuck-vault"
    _block_type_name = "Stuck vault"

    def put(self, key: str, data: bytes, expect: str = "any") -> str:
        if not LET_GO.wait(20):
            raise Unreachable("It is stuck.")
        return super().put(key, data, expect)


def test_a_stuck_vault_never_holds_up_the_journal(tmp_path: Path) -> None:
    vault = StuckVault(folder=str(place(tmp_path)))
    journal = Journal(tmp_path / "journal.jsonl")
    mirror = JournalMirror(vault, "journals/shop/i-1.jsonl", journal)
    for number in range(50):
        journal.write("mark", f"m-{number}", "written")
    assert mirror.close(0.05) is False
    LET_GO.set()
    assert mirror.close(20) is True
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(vault.get("journals/shop/i-1.jsonl").data)
    assert len(list(read_journal(copy))) == 50
