"""Where Terraform gets its providers from on this machine: the registry, a mirror on disk, or nowhere."""

import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import httpx

from recovery.model import Frozen

REGISTRIES = {"terraform": "registry.terraform.io", "tofu": "registry.opentofu.org"}
PROBE_SECONDS = 2.0
SEARCH_SECONDS = 1.0
SEARCH_DEPTH = 3


class ProviderSource(Frozen):
    """Where providers come from.

    Args:
        kind: `configuration` (the user's CLI configuration file says so), `registry`, `mirror` or `built-in`.
        registry: the registry's host name.
        place: the configuration file or the mirror's folder.
    """

    kind: Literal["configuration", "registry", "mirror", "built-in"]
    registry: str
    place: Path | None = None

    def can_provide(self, provider: str) -> bool:
        """Whether a provider such as `hashicorp/aws` should be had; a user's own configuration is believed."""
        if self.kind == "mirror" and self.place:
            return (self.place / self.registry / provider).is_dir()
        return self.kind in ("configuration", "registry")

    @property
    def sentence(self) -> str:
        return {
            "configuration": f"providers as {self.place} says",
            "registry": f"providers from {self.registry}",
            "mirror": f"providers from the mirror {self.place}",
            "built-in": "built-in resources only: no provider registry and no mirror was found",
        }[self.kind]


def find_providers(flavour: Literal["terraform", "tofu"]) -> ProviderSource:
    """Looks at the CLI configuration, asks the registry (at most 2 s), then searches the disk (at most 1 s)."""
    host = REGISTRIES[flavour]
    configuration = configuration_file()
    if configuration and "provider_installation" in configuration.read_text(errors="replace"):
        return ProviderSource(kind="configuration", registry=host, place=configuration)
    if _registry_answers(host):
        return ProviderSource(kind="registry", registry=host)
    mirror = next(_mirrors(host, configuration), None)
    if mirror:
        return ProviderSource(kind="mirror", registry=host, place=mirror)
    return ProviderSource(kind="built-in", registry=host)


def configuration_file() -> Path | None:
    """The user's Terraform CLI configuration file, if there is one."""
    named = [os.environ[name] for name in ("TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG") if os.environ.get(name)]
    usual = [str(Path.home() / name) for name in (".terraformrc", ".tofurc")]
    return next((Path(name) for name in named or usual if Path(name).is_file()), None)


def cache_folder() -> Path:
    """Where providers from the registry are kept: what was fetched once also serves when the registry is away."""
    caches = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(os.environ.get("TF_PLUGIN_CACHE_DIR") or Path(caches) / "lifeboat" / "terraform-plugins")


def _registry_answers(host: str) -> bool:
    """Asks in a thread, since looking up a name has no time-out of its own. Proxies and CA settings count."""
    answered = threading.Event()

    def ask() -> None:
        try:
            address = f"https://{host}/.well-known/terraform.json"
            if httpx.get(address, timeout=PROBE_SECONDS, follow_redirects=True).status_code == 200:
                answered.set()
        except (httpx.HTTPError, OSError):
            pass  # no answer is the answer

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PROBE_SECONDS)
    return answered.is_set()


def _mirrors(host: str, configuration: Path | None) -> Iterator[Path]:
    home = Path.home()
    named = re.findall(r'plugin_cache_dir\s*=\s*"([^"]+)"', configuration.read_text()) if configuration else []
    share = [Path("/usr/local/share"), Path("/usr/share"), home / ".local/share"]
    likely = [*map(Path, named), cache_folder(), home / ".terraform.d/plugins"]
    likely += [folder / flavour / "plugins" for folder in share for flavour in ("terraform", "opentofu")]
    yield from (folder for folder in likely if _holds_provider(folder / host))
    deadline = time.monotonic() + SEARCH_SECONDS
    for root in (home / ".terraform.d", Path("/opt"), Path("/usr/local"), Path("/srv"), *share):
        yield from _search(root, host, SEARCH_DEPTH, deadline)


def _search(folder: Path, host: str, depth: int, deadline: float) -> Iterator[Path]:
    if time.monotonic() > deadline:
        return
    if _holds_provider(folder / host):
        yield folder
    try:
        inner = sorted(Path(entry.path) for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False))
    except OSError:
        return  # not there, or not ours to read
    if depth:
        for child in inner:
            yield from _search(child, host, depth - 1, deadline)


def _holds_provider(registry_folder: Path) -> bool:
    """A mirror keeps HOST/NAMESPACE/TYPE/VERSION/PLATFORM/, or HOST/NAMESPACE/TYPE/*.zip."""
    try:
        return any(registry_folder.glob("*/*/*/*_*")) or any(registry_folder.glob("*/*/*.zip"))
    except OSError:
        return False
