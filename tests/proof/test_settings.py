"""Whatever pipelines the settings name: the embedded cloud deploys them, names nothing twice, and leaves nothing."""

from collections import Counter

from hypothesis import HealthCheck, Phase, given, settings

from sluice.cloud.embedded import EmbeddedCloud
from tests.infra.test_program_settings import configured, imported, reports, streamed

_NAMES = {
    "aws:dynamodb/table:Table": "name",
    "aws:iam/role:Role": "name",
    "aws:lambda/function:Function": "name",
    "aws:s3/bucket:Bucket": "bucket",
    "aws:sqs/queue:Queue": "name",
    "aws:scheduler/schedule:Schedule": "name",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "name",
    "aws:cloudwatch/logGroup:LogGroup": "name",
    "aws:ses/template:Template": "name",
}
"""Type -> the input or output that is its name in AWS."""


def test_any_number_of_pipelines_is_deployed_and_named_once(full, promised):
    deployed = 0

    @settings(
        deadline=None,
        max_examples=40 if full else 2,
        phases=[Phase.explicit, Phase.generate],  # to shrink an example would deploy it a hundred times
        suppress_health_check=list(HealthCheck),
    )
    @given(streamed(), imported(), reports())
    def deploy(streams, imports, reported):
        nonlocal deployed
        with EmbeddedCloud() as cloud:
            stack = cloud.deploy("local", config=configured(streams, imports, reported, "local"))
            stack.wait_idle()
            assert stack.outputs["streams"].keys() == streams.keys()
            assert stack.outputs["imports"].keys() == imports.keys()
            assert stack.outputs["reports"].keys() == reported.keys()
            names = Counter(
                (resource.type, {**resource.inputs, **resource.outputs}[_NAMES[resource.type]])
                for resource in stack.graph.resources.values()
                if resource.type in _NAMES
            )
            assert [name for name, times in names.items() if times > 1] == []
        deployed += 1

    deploy()
    promised("generated settings are deployed", cases=deployed, lost=0)
