"""Drift of the standby is healed from git, where nothing speaks against it: on a real Terraform and a real git."""

import asyncio
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from plan_fixtures import SHOP

from blocks.chat.courier import Courier
from blocks.vaults.folder import FolderVault
from blocks.workspaces.revision import read_revision
from blocks.workspaces.terraform import TerraformWorkspace
from blocks.zones.kind import Record, Zone
from recovery.decision import done, go, refuse
from recovery.drift import Revision, may_apply, may_heal
from recovery.errors import Refused
from recovery.journal import Journal
from recovery.outcome import Outcome
from recovery.plan_file import read_plan
from recovery.secrets import Scrubber
from tasks.heal_drift import heal_drift
from tasks.lease import LeaseHolder
from tasks.run import Run

CODE = 'terraform {\n  backend "local" {}\n}\nresource "terraform_data" "%s" {\n  input = %d\n}\n'


class FixedZone(Zone):
    """A zone that holds one address."""

    _block_type_name = "Fixed zone"
    _block_type_slug = "fixed-zone"

    address: str

    def read(self, name: str) -> Record | None:
        return Record(name=name, values=(self.address,), ttl=5)

    def swap(self, expected: Record, target: Record) -> str:
        raise AssertionError("nothing is swapped")

    def answers(self, name: str) -> dict[str, tuple[str, ...]]:
        return {}


class Standby:
    """A standby that was built from a git repository."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.module = folder, folder / "repository" / "standby"
        self.module.mkdir(parents=True)
        (folder / "vault").mkdir()
        self.vault = FolderVault(folder=str(folder / "vault"))
        self.state = folder / "state.tfstate"
        self.git("init", "--quiet")
        (self.module.parent / ".gitignore").write_text("*.auto.tfvars\n*.log\n")
        self.commit(CODE % ("one", 1))
        self.workspace = TerraformWorkspace(module=str(self.module), backend_config={"path": str(self.state)})
        self.apply()

    def git(self, *words: str) -> str:
        who = ["-c", "user.name=test", "-c", "user.email=test@example.test", "-c", "commit.gpgsign=false"]
        command = ["git", "-C", str(self.module.parent), *who, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout

    def commit(self, code: str) -> None:
        (self.module / "main.tf").write_text(code)
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", "a change that was reviewed")

    def apply(self) -> None:
        self.workspace.apply(self.folder / "by-hand", self.workspace.plan(self.folder / "by-hand", print).digest, print)

    def inputs(self) -> dict[str, Any]:
        held = json.loads(self.state.read_text())["resources"]
        return {each["name"]: each["instances"][0]["attributes"]["input"]["value"] for each in held}

    def heal(self, address: str = "") -> Outcome:
        plan = read_plan(SHOP)
        blocks = {
            plan.backup.vault: self.vault,
            plan.infrastructure.workspace: self.workspace,
            plan.dns.zone: FixedZone(address=address or plan.sites.primary.address),
        }
        run = Run(
            playbook="readiness",
            plan=plan,
            incident="shop-readiness-1",
            folder=self.folder / "run",
            journal=Journal(self.folder / "run" / "journal.jsonl"),
            blocks=blocks,
            scrubber=Scrubber(),
            courier=Courier([]),
            dry_run=False,
            break_glass=None,
            on_platform=False,
        )
        return asyncio.run(heal_drift(run))


@pytest.fixture
def standby(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Standby:
    monkeypatch.setenv("LIFEBOAT_HOME", str(tmp_path / "home"))
    return Standby(tmp_path)


def drifted(standby: Standby) -> Standby:
    """Somebody wrote new code, which was reviewed, and nobody applied it."""
    standby.commit(CODE % ("one", 2))
    return standby


@pytest.mark.slow
def test_what_lies_in_git_is_applied_and_the_commit_is_on_record(standby: Standby) -> None:
    outcome = drifted(standby).heal()
    assert standby.inputs() == {"one": 2}
    assert outcome.facts["commit"] == standby.git("rev-parse", "HEAD").strip()
    assert outcome.facts["healed"]["update"] == ["terraform_data.one"]
    assert outcome.facts["check"] == {
        "name": "infrastructure",
        "state": "ready",
        "sentence": "The standby is as its code says.",
        "remedy": "",
    }
    again = standby.heal()
    assert "There is no drift any more." in again.sentence
    assert again.facts["healed"] == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (
            lambda each: (each.module / "main.tf").write_text(CODE % ("one", 3)),
            "(standby/main.tf): nobody has reviewed",
        ),
        (lambda each: (each.module / "more.tf").write_text(""), "(standby/more.tf): nobody has reviewed that"),
        (lambda each: (each.module / "x.auto.tfvars").write_text(""), "(standby/x.auto.tfvars): nobody has reviewed"),
        (lambda each: each.commit(CODE % ("two", 1)), "The Terraform plan would destroy terraform_data.one"),
    ],
)
def test_what_was_not_reviewed_or_destroys_is_refused(
    standby: Standby, spoil: Callable[[Standby], None], sentence: str
) -> None:
    spoil(drifted(standby))
    with pytest.raises(Refused) as caught:
        standby.heal()
    assert sentence in caught.value.what
    assert standby.inputs() == {"one": 1}


@pytest.mark.slow
def test_never_during_an_incident_or_at_the_site_that_serves_the_users(standby: Standby) -> None:
    plan = read_plan(SHOP)
    drifted(standby)
    assert "the standby serves the users" in standby.heal(plan.sites.standby.address).sentence
    assert "which site serves the users is not known" in standby.heal("203.0.113.9").sentence
    with LeaseHolder(standby.vault, "failover-shop", "shop-failover-1"):
        assert "shop-failover-1 is under way" in standby.heal().sentence
    journal = Journal(standby.folder / "home" / "incidents" / "shop-failover-20260101T000000Z-0001" / "journal.jsonl")
    journal.write("opened", "failover", "failover of shop", incident=journal.path.parent.name, dry_run=False)
    journal.write("intent", "fence primary", "It is fenced.")
    assert "shop-failover-20260101T000000Z-0001 was cut off" in standby.heal().sentence
    assert standby.inputs() == {"one": 1}


def test_a_folder_outside_of_git_is_refused_and_logs_do_not_count(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="does not lie in git"):
        read_revision(tmp_path)
    subprocess.run(["git", "-C", str(tmp_path), "init", "--quiet"], check=True, timeout=30)
    with pytest.raises(Refused, match="does not lie in git"):  # nothing was ever committed
        read_revision(tmp_path)


@pytest.mark.parametrize(
    ("live", "recovering", "verdict", "sentence"),
    [
        ("primary", "", "go", "The primary serves the users, and no recovery is under way."),
        ("standby", "", "done", "Nothing is healed: the standby serves the users."),
        (None, "", "done", "which site serves the users is not known."),
        ("primary", "i-1 is under way.", "done", "Nothing is healed: i-1 is under way."),
    ],
)
def test_may_heal(live: str | None, recovering: str, verdict: str, sentence: str) -> None:
    decision = may_heal(live, recovering)
    assert (decision.verdict, sentence in decision.sentence) == (verdict, True)


def test_may_apply() -> None:
    clean, dirty = Revision(commit="0123456789abcdef"), Revision(commit="0123456789abcdef", changed=("a.tf",))
    assert may_apply(clean, go("Terraform plan: 1 to update.")).sentence == (
        "Applying commit 0123456789ab. Terraform plan: 1 to update."
    )
    assert may_apply(clean, done("Nothing.")).verdict == "done"
    assert may_apply(clean, refuse("It would destroy a.", "Mend it.")).verdict == "refuse"
    assert may_apply(dirty, done("Nothing.")).verdict == "refuse"
