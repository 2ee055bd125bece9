"""CloudWatch, CloudWatch Logs and SNS: logs, alarms and their subscribers."""

from typing import Any

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.emulator.ministack import without_tls
from sluice.cloud.program.graph import Created
from sluice.cloud.resources.inputs import Inputs
from sluice.cloud.resources.naming import Name, physical_name
from sluice.cloud.resources.registry import creates, deletes, updates


@creates("aws:cloudwatch/logGroup:LogGroup")
def log_group(cloud: Cloud, name: Name, inputs: Inputs) -> Created:
    """A log group with retention."""
    client, physical = cloud.client("logs"), inputs.take("name") or physical_name(name, 512)
    client.create_log_group(logGroupName=physical, tags=inputs.take("tags", {}))
    change_log_group(cloud, physical, inputs)
    arn = f"arn:aws:logs:{cloud.region}:{cloud.account}:log-group:{physical}"
    return Created(physical, {"name": physical, "arn": arn})


@updates("aws:cloudwatch/logGroup:LogGroup", "retentionInDays")
def change_log_group(cloud: Cloud, id_: str, inputs: Inputs) -> None:
    """Changes how long a log is kept."""
    if retention := inputs.take("retentionInDays"):
        cloud.client("logs").put_retention_policy(logGroupName=id_, retentionInDays=retention)
    else:
        cloud.client("logs").delete_retention_policy(logGroupName=id_)


@deletes("aws:cloudwatch/logGroup:LogGroup")
def keep_log_group(_cloud: Cloud, _id: str) -> None:
    """Keeps a log for later inspection."""


@creates("aws:cloudwatch/metricAlarm:MetricAlarm", fixed=("name",))
def metric_alarm(cloud: Cloud, name: Name, inputs: Inputs) -> Created:
    """An alarm on a metric, or on a formula over several."""
    client, physical = cloud.client("cloudwatch"), inputs.take("name") or physical_name(name, 255)
    actions = {"OKActions": inputs.take("okActions", []), "Tags": inputs.tag_list()}
    formula = [_query(query) for query in inputs.objects("metricQueries")]
    dimensions = _dimensions(inputs.take("dimensions", {}))
    watched = {"Metrics": formula} if formula else {"Dimensions": dimensions}
    client.put_metric_alarm(AlarmName=physical, **watched, **actions, **inputs.rest())
    arn = f"arn:aws:cloudwatch:{cloud.region}:{cloud.account}:alarm:{physical}"
    return Created(physical, {"name": physical, "arn": arn})


@deletes("aws:cloudwatch/metricAlarm:MetricAlarm")
def delete_metric_alarm(cloud: Cloud, id_: str) -> None:
    """Deletes an alarm."""
    cloud.client("cloudwatch").delete_alarms(AlarmNames=[id_])


def _query(query: Inputs) -> dict[str, Any]:
    """One metric of an alarm's formula, or the formula itself, in the API's form."""
    metric = query.object("metric")
    term: dict[str, Any] = {"Id": query.take("id"), "ReturnData": query.take("returnData", False)}
    if name := metric.take("metricName"):
        dimensions = _dimensions(metric.take("dimensions", {}))
        of = {"Namespace": metric.take("namespace"), "MetricName": name, "Dimensions": dimensions}
        return {**term, "MetricStat": {"Metric": of, "Period": metric.take("period"), "Stat": metric.take("stat")}}
    return {**term, "Expression": query.take("expression"), "Label": query.take("label")}


def _dimensions(values: dict[str, str]) -> list[dict[str, str]]:
    return [{"Name": key, "Value": value} for key, value in values.items()]


@creates("aws:cloudwatch/dashboard:Dashboard", fixed=("dashboardName",))
def dashboard(cloud: Cloud, _name: Name, inputs: Inputs) -> Created:
    """A dashboard."""
    name = inputs.take("dashboardName")
    cloud.client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=inputs.take("dashboardBody"))
    return Created(name, {"dashboardArn": f"arn:aws:cloudwatch::{cloud.account}:dashboard/{name}"})


@creates("aws:sns/topic:Topic")
def topic(cloud: Cloud, name: Name, inputs: Inputs) -> Created:
    """A topic."""
    physical = inputs.take("name") or physical_name(name, 256)
    arn = cloud.client("sns").create_topic(Name=physical, Tags=inputs.tag_list())["TopicArn"]
    return Created(arn, {"name": physical, "arn": arn})


@creates("aws:sns/topicPolicy:TopicPolicy", fixed=("arn",))
def topic_policy(cloud: Cloud, _name: Name, inputs: Inputs) -> Created:
    """A topic's policy."""
    arn, policy = inputs.take("arn"), without_tls(inputs.take("policy"))
    if policy:
        cloud.client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    return Created(arn, {})


@creates("aws:sns/topicSubscription:TopicSubscription")
def topic_subscription(cloud: Cloud, _name: Name, inputs: Inputs) -> Created:
    """A subscription."""
    response = cloud.client("sns").subscribe(
        TopicArn=inputs.take("topic"),
        Protocol=inputs.take("protocol"),
        Endpoint=inputs.take("endpoint"),
        ReturnSubscriptionArn=True,
    )
    return Created(response["SubscriptionArn"], {"arn": response["SubscriptionArn"]})
