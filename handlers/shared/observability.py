"""One line an invocation: its summary and its metrics in CloudWatch's embedded metric format.

CloudWatch makes metrics of the numbers named under `_aws` and keeps the other fields searchable: one line is both. It
goes out through `print`, because the runtime wraps whatever goes through `logging`. Format:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import time
from collections.abc import Mapping

NAMESPACE = "Sluice"
DIMENSION = "FunctionName"
"""The one dimension of every metric; its value is the function's physical name."""


def emit(
    namespace: str,
    dimensions: Mapping[str, str],
    metrics: Mapping[str, tuple[float, str]],
    **properties: object,
) -> None:
    """Prints the line that ends an invocation.

    Args:
        namespace: the namespace of the metrics.
        dimensions: dimension -> value; together they identify each metric.
        metrics: metric -> value and CloudWatch unit (`Count`, `Milliseconds`, ...).
        properties: what else the line says; never personal data.
    """
    line = {
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": namespace,
                    "Dimensions": [list(dimensions)],
                    "Metrics": [{"Name": name, "Unit": unit} for name, (_, unit) in metrics.items()],
                }
            ],
        },
        **properties,
        **dimensions,
        **{name: value for name, (value, _) in metrics.items()},
    }
    print(json.dumps(line, default=str))
