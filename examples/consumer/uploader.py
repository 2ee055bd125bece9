"""A role for whoever uploads files that Sluice imports."""

import re
from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from documents import allow, document, trust


class UploaderArgs(TypedDict):
    """Arguments of an uploader."""

    principal: str
    """Who may assume the role: an account's number, the ARN of a role or user, or an AWS service."""
    bucket_name: pulumi.Input[str]
    """Sluice's import bucket."""
    prefix: pulumi.Input[str]
    """Sluice's import prefix: the role has no access to anything else."""
    tags: Mapping[str, str]


class Uploader(pulumi.ComponentResource):
    """A role that may upload (`roster:index:Uploader`).

    It makes:

    - a role that the principal may assume;
    - its policy, which allows putting objects below the prefix and aborting multipart uploads, but no reading or
      deleting.
    """

    role_arn: pulumi.Output[str]

    def __init__(self, name: str, args: UploaderArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("roster:index:Uploader", name, None, opts)
        role = aws.iam.Role(
            f"{name}-role",
            description="Uploads files for import",
            assume_role_policy=trust(principal(args["principal"])),
            tags=args["tags"],
            opts=pulumi.ResourceOptions(parent=self),
        )
        below = pulumi.Output.concat("arn:aws:s3:::", args["bucket_name"], "/", args["prefix"], "*")
        aws.iam.RolePolicy(
            f"{name}-policy",
            role=role.name,
            policy=document(allow("Upload", ["s3:PutObject", "s3:AbortMultipartUpload"], [below])),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.role_arn = role.arn
        self.register_outputs({"roleArn": self.role_arn})


def principal(text: str) -> dict[str, str]:
    """Returns the principal of a trust policy.

    Raises:
        pulumi.RunError: The text names no principal.
    """
    if re.fullmatch(r"\d{12}", text):
        return {"AWS": f"arn:aws:iam::{text}:root"}
    if re.fullmatch(r"arn:aws:iam::\d{12}:(role|user)/[\w+=,.@/-]+", text):
        return {"AWS": text}
    if re.fullmatch(r"[a-z0-9-]+\.amazonaws\.com", text):
        return {"Service": text}
    raise pulumi.RunError(
        f"roster:uploader: found {text!r}; allowed: the number of an account, the ARN of a role or user, or a service "
        "such as transfer.amazonaws.com"
    )
