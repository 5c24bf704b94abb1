"""The record of the rules that a fence revoked, in an SSM parameter: any machine can give them back."""

import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from blocks.amazon import AmazonAccess, error_code
from blocks.fences.ingress import Rule
from recovery.errors import Missing, Refused

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

LARGEST = 8192  # of a parameter of the advanced tier, in bytes


class RuleRecord:
    """Args:
    access: the keys.
    region: the region of the parameter; None for the block's own.
    group_id: the security group.
    """

    def __init__(self, access: AmazonAccess, region: str | None, group_id: str) -> None:
        self._access, self._region = access, region
        self._group_id, self.name = group_id, f"/lifeboat/fences/{group_id}"

    def read(self) -> list[Rule]:
        """The rules; none where there is no record.

        Raises:
            Missing: there is one, but it is unreadable.
        """
        with self._access.aws_errors(f"reading {self.name}"):
            try:
                text = self._ssm().get_parameter(Name=self.name)["Parameter"]["Value"]
            except ClientError as error:
                if error_code(error) == "ParameterNotFound":
                    return []
                raise
        try:
            return list(json.loads(text))
        except ValueError as error:
            remedy = "Give the group its rules by hand, from your infrastructure's code, then remove the parameter."
            raise Missing(f"The record {self.name} cannot be read.", remedy=remedy) from error

    def write(self, rules: list[Rule]) -> None:
        """Raises `Refused` where there are more rules than a parameter holds."""
        text = json.dumps(rules, separators=(",", ":"))
        if len(text.encode()) > LARGEST:
            raise Refused(
                f"The rules of {self._group_id} need more than {LARGEST} bytes and could not be given back.",
                remedy="Use prefix lists in the group, or a group of its own for what is fenced.",
            )
        with self._access.aws_errors(f"keeping the rules of {self._group_id}"):
            self._ssm().put_parameter(
                Name=self.name, Value=text, Type="String", Overwrite=True, Tier="Intelligent-Tiering"
            )

    def remove(self) -> None:
        with self._access.aws_errors(f"removing {self.name}", changed="The rules were restored."):
            self._ssm().delete_parameters(Names=[self.name])  # one that is gone is no error

    def _ssm(self) -> "SSMClient":
        client: SSMClient = self._access.aws("ssm", self._region)
        return client
