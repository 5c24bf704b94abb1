"""One Terraform command: python-terraform builds its arguments, `running` runs it, `diagnostics` reads it."""

import os
from collections.abc import Callable, Mapping
from typing import Any

from python_terraform import IsFlagged, Terraform

from blocks.workspaces.diagnostics import Reader, failure
from blocks.workspaces.folder import PlanFolder
from blocks.workspaces.programs import TerraformChoice
from blocks.workspaces.providers import cache_folder
from blocks.workspaces.running import run_lines
from recovery.errors import RecoveryError


class Command:
    """Runs Terraform's commands in one plan folder."""

    def __init__(
        self,
        choice: TerraformChoice,
        place: PlanFolder,
        environment: Mapping[str, str],
        log: Callable[[str], None],
        clean: Callable[[str], str],
    ) -> None:
        """
        Args:
            choice: the program and where it gets providers from.
            place: the plan folder.
            environment: what the workspace adds to the environment.
            log: takes each line worth showing.
            clean: takes known secrets out of a text.
        """
        self._choice, self._place, self._log, self._clean = choice, place, log, clean
        self._environment = _environment(choice, place, environment)

    def run(self, command: str, seconds: float, *arguments: str, **options: Any) -> Reader:
        """Runs a command that reports in JSON lines.

        Args:
            command: `init`, `plan` or `apply`.
            seconds: how long it may take.
            arguments, options: as python-terraform takes them.

        Raises:
            RecoveryError: it failed; the type says how.
        """
        reader = Reader(self._log, self._clean)
        self._execute(command, seconds, reader, reader.take, *arguments, **options, input=False)
        return reader

    def capture(self, command: str, *arguments: str, seconds: float) -> list[str]:
        """The lines a command prints. They may hold secrets: they are not logged. Raises as `run` does."""
        lines: list[str] = []
        self._execute(command, seconds, Reader(self._log, self._clean), lines.append, *arguments)
        return lines

    def _execute(
        self, command: str, seconds: float, reader: Reader, line: Callable[[str], None], *arguments: str, **options: Any
    ) -> None:
        built = Terraform().generate_cmd_string(command, *arguments, json=IsFlagged, no_color=IsFlagged, **options)
        ending = run_lines(
            [*self._choice.program.argv, *built[1:]],
            folder=self._place.module,
            environment=self._environment,
            seconds=seconds,
            line=line,
        )
        if ending.code == 0:
            return
        error = failure(command, ending, reader.errors, seconds)
        stranded = self._place.stranded_state()
        if stranded:
            raise RecoveryError(
                error.what,
                changed=f"A part of the plan was applied, but its state could not be stored: it lies in {stranded}.",
                remedy="Keep that file. When the backend answers again: `terraform state push errored.tfstate`.",
            )
        raise error


def _environment(choice: TerraformChoice, place: PlanFolder, own: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without what would steer Terraform behind the workspace's back: TF_VAR_, TF_LOG."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    made = {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}
    providers = choice.providers
    steered = providers.place if providers.kind == "configuration" else place.configuration
    made["TF_CLI_CONFIG_FILE"] = str(steered)
    if providers.kind == "registry":
        cache_folder().mkdir(parents=True, exist_ok=True)
        made["TF_PLUGIN_CACHE_DIR"] = str(cache_folder())
        # Every incident starts without a lock file; without this, Terraform would fetch a provider it already has.
        made["TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE"] = "1"
    return {**kept, **made, **own}
