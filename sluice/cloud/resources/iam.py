"""IAM: roles and their policies."""

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.emulator.ministack import enforceable
from sluice.cloud.program.recording import Created
from sluice.cloud.resources.inputs import Inputs
from sluice.cloud.resources.naming import physical_name
from sluice.cloud.resources.registry import creates


@creates("aws:iam/role:Role")
def role(cloud: Cloud, name: str, inputs: Inputs) -> Created:
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


@creates("aws:iam/rolePolicy:RolePolicy")
def role_policy(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    """An inline policy of a role."""
    role_name, policy_name = inputs.take("role"), inputs.take("name") or physical_name(name)
    cloud.client("iam").put_role_policy(
        RoleName=role_name, PolicyName=policy_name, PolicyDocument=enforceable(inputs.take("policy"))
    )
    return Created(f"{role_name}:{policy_name}", {"name": policy_name})
