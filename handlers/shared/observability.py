"""One line per invocation: its summary and metrics in CloudWatch's embedded metric format.

It is printed, because the runtime wraps what goes through `logging`. Format:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import time
from collections.abc import Mapping
from typing import Any

NAMESPACE = "Sluice"
DIMENSION = "FunctionName"
"""Of every metric; the value is the function's physical name."""


def emit(context: Any, metrics: Mapping[str, tuple[float, str]], **properties: object) -> None:
    """Prints the line that ends an invocation.

    Args:
        context: As Lambda passes it.
        metrics: Metric -> value and CloudWatch unit (`Count`, `Milliseconds`, ...).
        properties: Other members of the line; never personal data.
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
