"""Secrets in AWS Secrets Manager, or parameters in the SSM parameter store."""

from collections.abc import Sequence
from typing import Literal

from botocore.exceptions import ClientError
from pydantic import Field

from blocks.amazon import AmazonAccess, error_code
from blocks.secret_stores.kind import SecretStore

MOST = 50  # values that one filter of SSM takes


class AmazonSecretStore(AmazonAccess, SecretStore):
    """Looks whether secrets are there, by what AWS tells about them: no value is read or decrypted.

    Needs secretsmanager:DescribeSecret, or ssm:DescribeParameters. One that waits to be deleted counts as missing.
    """

    _block_type_name = "AWS secret store"
    _block_type_slug = "aws-secret-store"
    _description = "Tells whether secrets are present in AWS Secrets Manager or SSM, without reading their values."

    service: Literal["secretsmanager", "ssm"] = Field(
        default="secretsmanager", title="Service", description="AWS Secrets Manager, or the SSM parameter store."
    )

    def missing(self, names: Sequence[str]) -> tuple[str, ...]:
        found = self._parameters(names) if self.service == "ssm" else {name for name in names if self._is_there(name)}
        return tuple(name for name in names if name not in found)

    def _is_there(self, name: str) -> bool:
        with self.aws_errors(f"looking for the secret {name}"):
            try:
                return "DeletedDate" not in self.aws("secretsmanager").describe_secret(SecretId=name)
            except ClientError as error:
                if error_code(error) == "ResourceNotFoundException":
                    return False
                raise

    def _parameters(self, names: Sequence[str]) -> set[str]:
        found = set[str]()
        for start in range(0, len(names), MOST):
            wanted = [{"Key": "Name", "Option": "Equals", "Values": list(names[start : start + MOST])}]
            with self.aws_errors("looking for parameters"):
                pages = self.aws("ssm").get_paginator("describe_parameters").paginate(ParameterFilters=wanted)
                found |= {each["Name"] for page in pages for each in page["Parameters"]}
        return found
