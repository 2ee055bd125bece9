"""Made-up outputs of resources: each has the form that programs may rely on."""

from collections.abc import Mapping
from typing import Any

from sluice.cloud.program.schema import properties

ACCOUNT = "123456789012"
GET_TABLE = "aws:dynamodb/getTable:getTable"
"""The provider's function that looks up a table."""
_GET_REGION = "aws:index/getRegion:getRegion"
_GET_CALLER_IDENTITY = "aws:index/getCallerIdentity:getCallerIdentity"
_ARNS = {
    "aws:cloudwatch/dashboard:Dashboard": "cloudwatch::{account}:dashboard/{name}",
    "aws:cloudwatch/eventRule:EventRule": "events:{region}:{account}:rule/{name}",
    "aws:cloudwatch/logGroup:LogGroup": "logs:{region}:{account}:log-group:{name}",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "cloudwatch:{region}:{account}:alarm:{name}",
    "aws:dynamodb/table:Table": "dynamodb:{region}:{account}:table/{name}",
    "aws:iam/role:Role": "iam::{account}:role/{name}",
    "aws:lambda/eventSourceMapping:EventSourceMapping": "lambda:{region}:{account}:event-source-mapping:{name}",
    "aws:lambda/function:Function": "lambda:{region}:{account}:function:{name}",
    "aws:s3/bucket:Bucket": "s3:::{name}",
    "aws:scheduler/schedule:Schedule": "scheduler:{region}:{account}:schedule/default/{name}",
    "aws:ses/template:Template": "ses:{region}:{account}:template/{name}",
    "aws:sesv2/configurationSet:ConfigurationSet": "ses:{region}:{account}:configuration-set/{name}",
    "aws:sesv2/emailIdentity:EmailIdentity": "ses:{region}:{account}:identity/{name}",
}
"""Resource type -> its ARN, if that is not `service:region:account:name`, as for topics and queues."""
_NAMES = ("name", "bucket", "configurationSetName", "emailIdentity")
"""The inputs that name a resource; without one it has its logical name."""
_STREAM_LABEL = "2026-11-21T10:00:00.000"


def outputs(type_: str, name: str, inputs: Mapping[str, Any], region: str) -> dict[str, Any]:
    """Returns every output that pulumi-aws declares for a resource, except those that the program sets itself."""
    values = {
        output: _plausible(kind, f"{name}-{output}")
        for output, kind in properties(type_).items()
        if output not in inputs
    }
    physical = next((inputs[given] for given in _NAMES if isinstance(inputs.get(given), str)), name)
    service = type_.split(":")[1].partition("/")[0]
    form = _ARNS.get(type_, service + ":{region}:{account}:{name}")
    values["arn"] = f"arn:aws:{form.format(region=region, account=ACCOUNT, name=physical)}"
    if type_ == "aws:sesv2/emailIdentity:EmailIdentity":
        values["dkimSigningAttributes"] = {"tokens": [f"token{number}" for number in range(1, 4)]}
    if inputs.get("streamEnabled"):
        values["streamArn"] = f"{values['arn']}/stream/{_STREAM_LABEL}"
    if "url" in values:
        values["url"] = f"https://sqs.{region}.amazonaws.com/{ACCOUNT}/{physical}"
    values.update({automatic: name for automatic in ("name", "bucket") if automatic in values})
    return values


def table(name: str, region: str) -> dict[str, Any]:
    """Returns the lookup result for an existing table: it has a stream of both images, and its keys are not known."""
    arn = f"arn:aws:dynamodb:{region}:{ACCOUNT}:table/{name}"
    stream = {
        "streamArn": f"{arn}/stream/{_STREAM_LABEL}",
        "streamEnabled": True,
        "streamViewType": "NEW_AND_OLD_IMAGES",
    }
    return {"name": name, "arn": arn, **stream, "hashKey": "", "rangeKey": "", "attributes": []}


def where(function: str, region: str, account: str) -> dict[str, Any] | None:
    """Returns the answer of a provider function about region or caller; None for other functions."""
    if function == _GET_REGION:
        return {"region": region, "name": region, "id": region, "description": region, "endpoint": ""}
    if function == _GET_CALLER_IDENTITY:
        return {"accountId": account, "arn": f"arn:aws:iam::{account}:root", "userId": account, "id": account}
    return None


def _plausible(kind: Any, text: str) -> Any:
    return {str: text, bool: False, int: 0, float: 0.0}.get(kind)
