"""Prints the latest report of a Sluice stack.

    pulumi stack output --stack organization/sluice/dev --json > sluice.json
    python read_report.py sluice.json

It uses the ordinary AWS credentials, which need `s3:GetObject` on `reports/latest.json` of the report bucket.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3

LATEST = "reports/latest.json"


def latest(outputs: Mapping[str, Any], name: str = "tables") -> dict[str, Any]:
    """Returns the latest report.

    Args:
        outputs: The stack outputs, as `pulumi stack output --json` prints them.
        name: The name of the report in the stack.
    """
    s3 = boto3.client("s3", region_name=outputs["region"])
    return json.load(s3.get_object(Bucket=outputs["reports"][name]["bucket_name"], Key=LATEST)["Body"])


def lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Yields the report in words: a line for each group and for each of its tables."""
    yield f"{report['environment']}, {report['generated_at']}"
    for name, group in report["groups"].items():
        yield f"{name}  {group['label']}: {group['total']:,}"
        for table in group["tables"]:
            about = "about " if table["approximate"] else ""
            yield f"  {table['name']}: {about}{table['count']:,}"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python read_report.py OUTPUTS.json")
    print("\n".join(lines(latest(json.loads(Path(sys.argv[1]).read_text())))))
