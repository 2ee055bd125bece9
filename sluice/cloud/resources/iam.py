"""IAM: roles and their policies."""

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.emulator.ministack import enforceable
from sluice.cloud.program.graph import Created
from sluice.cloud.resources.inputs import Inputs
from sluice.cloud.resources.naming import Name, physical_name
from sluice.cloud.resources.registry import creates, deletes


@creates("aws:iam/role:Role")
def role(cloud: Cloud, name: Name, inputs: Inputs) -> Created:
    """A role."""
    response = cloud.client("iam").create_role(
        RoleName=inputs.take("name") or physical_name(name),
        AssumeRolePolicyDocument=inputs.take("assumeRolePolicy"),
        Description=inputs.take("description", ""),
        Tags=inputs.tag_list(),
    )["Role"]
    return Created(
        response["RoleName"], {"name": response["RoleName"], "arn": response["Arn"], "uniqueId": response["RoleId"]}
    )


@creates(
    "aws:iam/rolePolicy:RolePolicy",
    fixed=(
        "role",
        "name",
    ),
)
def role_policy(cloud: Cloud, name: Name, inputs: Inputs) -> Created:
    """An inline policy of a role."""
    role_name, policy_name = inputs.take("role"), inputs.take("name") or physical_name(name)
    cloud.client("iam").put_role_policy(
        RoleName=role_name, PolicyName=policy_name, PolicyDocument=enforceable(inputs.take("policy"))
    )
    return Created(f"{role_name}:{policy_name}", {"name": policy_name})


@deletes("aws:iam/rolePolicy:RolePolicy")
def delete_role_policy(cloud: Cloud, id_: str) -> None:
    """Deletes an inline policy."""
    role_name, _, policy_name = id_.partition(":")
    cloud.client("iam").delete_role_policy(RoleName=role_name, PolicyName=policy_name)


@deletes("aws:iam/role:Role")
def delete_role(cloud: Cloud, id_: str) -> None:
    """Deletes a role whose policies are already deleted."""
    cloud.client("iam").delete_role(RoleName=id_)
