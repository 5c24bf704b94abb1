"""The standby's module with the real AWS provider against an emulated AWS API, its state in an S3 backend."""

from pathlib import Path
from typing import Any

import pytest
from aws_fixtures import client, moto_url
from pydantic import SecretStr

from blocks.workspaces.programs import describe
from blocks.workspaces.terraform import TerraformWorkspace
from recovery.errors import Conflict, RecoveryError
from recovery.terraform import judge

__all__ = ["moto_url"]
SECRET = "correct-horse-battery"
REGION = "eu-west-1"
KEY = "shop/standby.tfstate"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not describe().providers.can_provide("hashicorp/aws"), reason="no AWS provider can be had on this machine"
    ),
]


def silent(line: str) -> None:
    pass


@pytest.fixture(scope="module")
def workspace(moto_url: str) -> TerraformWorkspace:
    client("s3", moto_url).create_bucket(Bucket="terraform-state")
    return TerraformWorkspace(
        module="infra/terraform/standby",
        variables={
            "account_id": "123456789012",
            "region": REGION,
            "application": "shop",
            "address": "127.0.0.2",
            "port": 8080,
            "database_address": "127.0.0.2:5432",
        },
        secret_variables={"database_password": SecretStr(SECRET)},
        backend_config={"bucket": "terraform-state", "key": KEY, "region": REGION, "use_lockfile": True},
        environment={
            "AWS_ENDPOINT_URL": moto_url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
        },
        secret_environment={"AWS_SECRET_ACCESS_KEY": SecretStr("not-to-be-shown")},
        lock_seconds=0,
    )


def changed(workspace: TerraformWorkspace, **variables: Any) -> TerraformWorkspace:
    return workspace.model_copy(update={"variables": {**workspace.variables, **variables}})


@pytest.fixture(scope="module")
def built(workspace: TerraformWorkspace, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], list[str]]:
    """The standby, built once: its outputs and the log."""
    folder, lines = tmp_path_factory.mktemp("built") / "run", list[str]()
    plan = workspace.plan(folder, lines.append)
    assert judge(plan, ()).verdict == "go"
    outputs = workspace.apply(folder, plan.digest, lines.append)
    left = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert not [path for path in left if path.stat().st_size < 10**7 and SECRET.encode() in path.read_bytes()]
    return outputs, lines


def test_the_standby_is_built(built: tuple[dict[str, Any], list[str]], moto_url: str) -> None:
    outputs, lines = built
    assert outputs["url"] == "http://127.0.0.2:8080"
    parameters = client("ssm", moto_url, REGION)
    prefix = outputs["parameters"]
    password = parameters.get_parameter(Name=f"{prefix}/database/password", WithDecryption=True)["Parameter"]
    assert password["Type"] == "SecureString"
    assert password["Value"] == SECRET
    assert parameters.get_parameter(Name=f"{prefix}/role")["Parameter"]["Value"] == "standby"
    versioning = client("s3", moto_url, REGION).get_bucket_versioning(Bucket=outputs["uploads"])
    assert versioning["Status"] == "Enabled"
    groups = client("ec2", moto_url, REGION).describe_security_groups(
        Filters=[{"Name": "group-name", "Values": ["shop-standby-front-door"]}]
    )["SecurityGroups"]
    assert [rule["FromPort"] for rule in groups[0]["IpPermissions"]] == [8080]
    assert SECRET not in "\n".join(lines)
    assert "not-to-be-shown" not in "\n".join(lines)


@pytest.mark.usefixtures("built")
def test_planning_again_finds_nothing_to_do(workspace: TerraformWorkspace, tmp_path: Path) -> None:
    assert judge(workspace.plan(tmp_path / "run", silent), ()).verdict == "done"


def test_what_was_changed_behind_its_back_is_found(
    workspace: TerraformWorkspace, built: tuple[dict[str, Any], list[str]], moto_url: str, tmp_path: Path
) -> None:
    role = f"{built[0]['parameters']}/role"
    parameters = client("ssm", moto_url, REGION)
    parameters.put_parameter(Name=role, Value="primary", Type="String", Overwrite=True)
    plan = workspace.plan(tmp_path / "run", silent)
    assert plan.update == ("aws_ssm_parameter.role",)
    workspace.apply(tmp_path / "run", plan.digest, silent)
    assert parameters.get_parameter(Name=role)["Parameter"]["Value"] == "standby"


@pytest.mark.usefixtures("built")
def test_a_plan_that_would_replace_the_uploads_is_refused(workspace: TerraformWorkspace, tmp_path: Path) -> None:
    plan = changed(workspace, site="elsewhere").plan(tmp_path / "run", silent)
    decision = judge(plan, ())
    assert decision.verdict == "refuse"
    assert "aws_s3_bucket.uploads" in plan.replace
    assert "aws_s3_bucket.uploads" in decision.sentence


@pytest.mark.usefixtures("built")
def test_a_lock_in_the_bucket_names_its_holder(workspace: TerraformWorkspace, moto_url: str, tmp_path: Path) -> None:
    bucket = client("s3", moto_url)
    lock = '{"ID":"11111111-2222-3333-4444-555555555555","Operation":"OperationTypeApply","Who":"carol@laptop",'
    lock += f'"Version":"1.11.4","Created":"2026-11-24T08:00:00Z","Path":"terraform-state/{KEY}"}}'
    bucket.put_object(Bucket="terraform-state", Key=f"{KEY}.tflock", Body=lock.encode())
    try:
        with pytest.raises(Conflict, match=r"locked by carol@laptop.*lock 11111111-2222-3333-4444-555555555555"):
            workspace.plan(tmp_path / "run", silent)
    finally:
        bucket.delete_object(Bucket="terraform-state", Key=f"{KEY}.tflock")


@pytest.mark.usefixtures("built")
def test_another_account_is_refused(workspace: TerraformWorkspace, tmp_path: Path) -> None:
    with pytest.raises(RecoveryError, match="not allowed"):
        changed(workspace, account_id="999999999999").plan(tmp_path / "run", silent)
