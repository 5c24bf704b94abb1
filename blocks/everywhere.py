"""Writing one backup into several vaults at once: a vault that fails loses its copy, and the others stay whole."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from blocks.removing import remove_unfinished
from blocks.vaults.kind import ANY, Vault
from recovery.errors import RecoveryError


class Everywhere:
    """Several vaults, written to as if they were one, for one backup. Every object goes to all of them at once.

    A vault that fails once gets nothing more, so that it never gets a manifest: there is no backup in it then.
    """

    def __init__(self, vaults: Mapping[str, Vault]) -> None:
        """Args:
        vaults: name to vault, the main one first.
        """
        self._vaults = dict(vaults)
        self.failed: dict[str, RecoveryError] = {}

    def put(self, key: str, data: bytes, expect: str = ANY) -> str:
        """Returns the version in the first vault that took it.

        Raises:
            RecoveryError: no vault is left that takes anything; the first one's reason.
        """
        done = self._each(lambda vault: vault.put(key, data, expect))
        if not done:
            raise next(iter(self.failed.values()))
        return next(iter(done.values()))

    def lose(self, name: str, error: RecoveryError) -> None:
        """This vault gets nothing more of the backup."""
        self.failed.setdefault(name, error)

    def wipe(self, application: str, backup: str, prefix: str) -> None:
        """Removes what was written of a backup from every vault, also from those that failed.

        Raises:
            RecoveryError: something may be left in one; the others were seen to all the same.
        """
        errors = [error for vault in self._vaults.values() if (error := _wiped(vault, application, backup, prefix))]
        if errors:
            raise errors[0]

    def tidy(self, application: str, backup: str, prefix: str) -> list[str]:
        """Removes what was written into vaults that then failed.

        Returns:
            One sentence for each of those.
        """
        said = []
        for name, error in self.failed.items():
            stuck = _wiped(self._vaults[name], application, backup, prefix)
            left = f"Objects under {prefix} may be left." if stuck else "What was written of it there was removed."
            said.append(f"There is no copy of backup {backup} in {name}: {error.what} {left}")
        return said

    def standing(self) -> dict[str, Vault]:
        """The vaults that did not fail yet, by name."""
        return {name: vault for name, vault in self._vaults.items() if name not in self.failed}

    def _each(self, act: Callable[[Vault], str]) -> dict[str, str]:
        standing, done = self.standing(), {}
        with ThreadPoolExecutor(max(1, len(standing))) as pool:
            running = {name: pool.submit(act, vault) for name, vault in standing.items()}
        for name, future in running.items():
            try:
                done[name] = future.result()
            except RecoveryError as error:
                self.failed.setdefault(name, error)
        return done


def _wiped(vault: Vault, application: str, backup: str, prefix: str) -> RecoveryError | None:
    try:
        remove_unfinished(vault, application, backup, prefix)
    except RecoveryError as error:
        return error
    return None
