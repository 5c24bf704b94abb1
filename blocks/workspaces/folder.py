"""The private folder of one plan: the module's copy, its inputs, the plan file, and what came of it."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

from blocks.workspaces.providers import ProviderSource
from recovery.errors import Missing, Refused

# Relative module paths start here: the folder that holds the blocks package.
PROJECT = Path(__file__).resolve().parents[2]
_LEFT_OUT = shutil.ignore_patterns(".terraform", "*.tfstate", "*.tfstate.*", "*.tfplan", ".git")


class PlanFolder:
    """Names the files in the folder, and makes and removes them. All are for this user only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.module = self.folder / "module"
        self.plan = self.folder / "plan.tfplan"
        self.variables = self.folder / "variables.tfvars.json"
        self.backend = self.folder / "backend.tfbackend.json"
        self.configuration = self.folder / "terraform.rc"
        self._applied = self.folder / "applied.json"

    def prepare(
        self, module: str, variables: dict[str, Any], backend: dict[str, Any], providers: ProviderSource
    ) -> None:
        """Copies the module and writes its inputs. What an earlier plan left in the folder is replaced.

        Raises:
            Missing: there is no such module.
        """
        source = PROJECT / module  # an absolute path stays as it is
        if not any(source.glob("*.tf")):
            raise Missing(f"There is no Terraform module in {source}.", remedy="Correct the workspace's module folder.")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.chmod(0o700)
        self.discard()
        self._applied.unlink(missing_ok=True)
        shutil.rmtree(self.module, ignore_errors=True)
        shutil.copytree(source, self.module, ignore=_LEFT_OUT)
        _write(self.variables, json.dumps(variables))
        _write(self.backend, json.dumps(backend))
        _write(self.configuration, _configuration(providers))

    def refuse_lost_state(self) -> None:
        """A state inside this folder would be lost with it, and the next incident would build everything twice.

        Raises:
            Refused: the module's backend keeps its state in here.
        """
        record = self.module / ".terraform" / "terraform.tfstate"
        backend = json.loads(record.read_text()).get("backend") if record.exists() else None
        path = (backend or {}).get("config", {}).get("path")
        if backend and (backend["type"] != "local" or (path and Path(path).is_absolute())):
            return
        raise Refused(
            "The Terraform module keeps its state beside itself, where it would be lost.",
            remedy="Give the module a backend (s3, say); for `local`, set an absolute path in its configuration.",
        )

    def applied(self, digest: str) -> dict[str, Any] | None:
        """The outputs of that plan, if it was applied."""
        if not self._applied.exists():
            return None
        record: dict[str, Any] = json.loads(self._applied.read_text())
        return record["outputs"] if record["digest"] == digest else None

    def keep_outputs(self, digest: str, outputs: dict[str, Any]) -> None:
        """Records that the plan was applied, then removes its file: it holds secrets in plain text."""
        _write(self._applied, json.dumps({"digest": digest, "outputs": outputs}))
        self.discard()

    def discard(self) -> None:
        self.plan.unlink(missing_ok=True)

    def stranded_state(self) -> Path | None:
        """The state that Terraform could not write to its backend, if there is one."""
        path = self.module / "errored.tfstate"
        return path if path.exists() else None


def _configuration(providers: ProviderSource) -> str:
    """A Terraform CLI configuration file; from a mirror, providers are linked, not copied."""
    lines = ["disable_checkpoint = true"]
    if providers.kind == "mirror":
        place = json.dumps(str(providers.place)).replace("${", "$${")
        lines += ["provider_installation {", f"  filesystem_mirror {{ path = {place} }}", "}"]
    return "\n".join(lines) + "\n"


def _write(path: Path, text: str) -> None:
    """For this user only from its first byte on."""
    temporary = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    temporary.replace(path)
