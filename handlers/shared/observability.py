"""One line an invocation: its summary and its metrics in CloudWatch's embedded metric format.

It goes out through `print`, because the runtime wraps whatever goes through `logging`. Format:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import time
from collections.abc import Mapping
from typing import Any

NAMESPACE = "Sluice"
DIMENSION = "FunctionName"
"""Of every metric; its value is the function's physical name."""


def emit(context: Any, metrics: Mapping[str, tuple[float, str]], **properties: object) -> None:
    """Prints the line that ends an invocation.

    Args:
        context: As Lambda passes it.
        metrics: Metric -> value and CloudWatch unit (`Count`, `Milliseconds`, ...).
        properties: What else the line says; never personal data.
    """
    line = {
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": NAMESPACE,
                    "Dimensions": [[DIMENSION]],
                    "Metrics": [{"Name": name, "Unit": unit} for name, (_, unit) in metrics.items()],
                }
            ],
        },
        "request_id": context.aws_request_id,
        **properties,
        DIMENSION: context.function_name,
        **{name: value for name, (value, _) in metrics.items()},
    }
    print(json.dumps(line, default=str))
