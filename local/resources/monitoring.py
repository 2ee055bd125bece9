"""CloudWatch, CloudWatch Logs and SNS: logs, alarms and whom they reach."""

from local.clients import Cloud
from local.emulator import without_tls
from local.recording import Created
from local.resources.inputs import Inputs
from local.resources.naming import physical_name
from local.resources.registry import creates


@creates("aws:cloudwatch/logGroup:LogGroup")
def log_group(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    """A log group with retention."""
    client, physical = cloud.client("logs"), inputs.take("name") or physical_name(name, 512)
    client.create_log_group(logGroupName=physical, tags=inputs.take("tags", {}))
    retention = inputs.take("retentionInDays")
    if retention:
        client.put_retention_policy(logGroupName=physical, retentionInDays=retention)
    arn = f"arn:aws:logs:{cloud.region}:{cloud.account}:log-group:{physical}"
    return Created(physical, {"name": physical, "arn": arn})


@creates("aws:cloudwatch/metricAlarm:MetricAlarm")
def metric_alarm(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    """An alarm on a metric."""
    client, physical = cloud.client("cloudwatch"), inputs.take("name") or physical_name(name, 255)
    dimensions = [{"Name": key, "Value": value} for key, value in inputs.take("dimensions", {}).items()]
    actions = {"OKActions": inputs.take("okActions", []), "Tags": inputs.tag_list()}
    client.put_metric_alarm(AlarmName=physical, Dimensions=dimensions, **actions, **inputs.rest())
    arn = f"arn:aws:cloudwatch:{cloud.region}:{cloud.account}:alarm:{physical}"
    return Created(physical, {"name": physical, "arn": arn})


@creates("aws:cloudwatch/dashboard:Dashboard")
def dashboard(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    """A dashboard."""
    name = inputs.take("dashboardName")
    cloud.client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=inputs.take("dashboardBody"))
    return Created(name, {"dashboardArn": f"arn:aws:cloudwatch::{cloud.account}:dashboard/{name}"})


@creates("aws:sns/topic:Topic")
def topic(cloud: Cloud, name: str, inputs: Inputs) -> Created:
    """A topic."""
    physical = inputs.take("name") or physical_name(name, 256)
    arn = cloud.client("sns").create_topic(Name=physical, Tags=inputs.tag_list())["TopicArn"]
    return Created(arn, {"name": physical, "arn": arn})


@creates("aws:sns/topicPolicy:TopicPolicy")
def topic_policy(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    """A topic's policy."""
    arn, policy = inputs.take("arn"), without_tls(inputs.take("policy"))
    if policy:
        cloud.client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    return Created(arn, {})


@creates("aws:sns/topicSubscription:TopicSubscription")
def topic_subscription(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    """A subscription."""
    made = cloud.client("sns").subscribe(
        TopicArn=inputs.take("topic"),
        Protocol=inputs.take("protocol"),
        Endpoint=inputs.take("endpoint"),
        ReturnSubscriptionArn=True,
    )
    return Created(made["SubscriptionArn"], {"arn": made["SubscriptionArn"]})
