import pulumi
import pulumi_aws as aws
import pytest

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.program import execution as program
from sluice.cloud.resources.deployment import Deployment, DeploymentError


@pytest.fixture
def deploy(embedded_cloud):
    cloud = Cloud(embedded_cloud.endpoint, "eu-north-1")

    def deploy(build, on_created=lambda _: None):
        return program.run("test", Deployment(cloud, on_created), config={}, program=build)

    return deploy


def test_what_was_created_is_told_and_exported(deploy):
    told = []

    def build():
        pulumi.export("arn", aws.sns.Topic("alarms", name="told-topic").arn)

    assert deploy(build, lambda resource: told.append(resource.name))["arn"].endswith(":told-topic")
    assert told == ["alarms"]


def test_a_type_that_is_not_known_is_an_error_that_names_the_resource(deploy):
    with pytest.raises(DeploymentError, match=r"aws:ec2/vpc:Vpc net: .* cannot create this type"):
        deploy(lambda: aws.ec2.Vpc("net", cidr_block="10.0.0.0/16"))


def test_an_input_that_is_not_known_is_an_error_that_names_resource_and_input(deploy):
    with pytest.raises(DeploymentError, match=r"aws:sns/topic:Topic alarms: .*the input fifoTopic"):
        deploy(lambda: aws.sns.Topic("alarms", fifo_topic=True))


def test_what_the_api_refuses_is_an_error_that_names_the_resource(deploy):
    def build():
        aws.dynamodb.Table("t", hash_key="id", billing_mode="PAY_PER_REQUEST", attributes=[{"name": "id", "type": "Q"}])

    with pytest.raises(DeploymentError, match=r"aws:dynamodb/table:Table t: .*ValidationException"):
        deploy(build)


def test_nothing_is_created_after_a_failure(deploy):
    told = []

    def build():
        bad = aws.ec2.Vpc("net", cidr_block="10.0.0.0/16")
        aws.sns.Topic("late", display_name=bad.id)

    with pytest.raises(DeploymentError):
        deploy(build, told.append)
    assert told == []


def test_an_input_that_nobody_gives_is_an_error_that_names_both_ends(deploy):
    def build():
        topic = aws.sns.Topic("alarms")
        aws.sns.TopicSubscription("team", topic=topic.owner, protocol="email", endpoint="team@example.com")

    with pytest.raises(DeploymentError, match=r"TopicSubscription team uses owner of aws:sns/topic:Topic alarms"):
        deploy(build)


def test_an_export_that_nobody_gives_is_an_error(deploy):
    with pytest.raises(DeploymentError, match=r"Stack .* uses owner of aws:sns/topic:Topic alarms"):
        deploy(lambda: pulumi.export("owner", aws.sns.Topic("alarms").owner))
