import json

import pytest
from botocore.exceptions import ClientError

from sluice.cloud.emulator.clients import Cloud


def policy(action, **whom):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, **whom}]})


def test_the_callers_own_aws_configuration_does_not_count(embedded_cloud, monkeypatch, tmp_path):
    (tmp_path / "config").write_text("[default]\nregion = us-west-1\nendpoint_url = http://127.0.0.1:9\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", "not-there")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    cloud = Cloud(embedded_cloud.endpoint, "eu-north-1")
    assert cloud.account == "000000000000"
    assert cloud.client("s3").meta.region_name == "eu-north-1"


def test_a_role_may_do_what_its_policy_says_and_nothing_else(embedded_cloud):
    cloud = Cloud(embedded_cloud.endpoint, "eu-north-1")
    cloud.client("s3").create_bucket(Bucket="role-test", CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
    trust = policy("sts:AssumeRole", Principal={"Service": "lambda.amazonaws.com"})
    role = cloud.client("iam").create_role(RoleName="reader", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    list_only = policy("s3:ListBucket", Resource="*")
    cloud.client("iam").put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=list_only)
    s3 = cloud.as_role(role).client("s3")
    assert s3.list_objects_v2(Bucket="role-test")["KeyCount"] == 0
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket="role-test", Key="k", Body=b"")


def test_functions_are_invoked_once_however_long_they_take(embedded_cloud):
    config = Cloud(embedded_cloud.endpoint, "eu-north-1").invoking().meta.config
    assert config.retries["total_max_attempts"] == 1
    assert config.read_timeout == 900
