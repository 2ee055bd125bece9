"""Import pipelines for tests."""

from typing import Any

import pulumi_aws as aws

from infra.import_pipeline import ImportPipeline
from tests.infra.reading import record

KEY: Any = {"partition_key": {"name": "id"}}


def pipeline(*, bucket=False, table=False, **args: Any):
    def build():
        given: Any = {**KEY, **args}
        if bucket:
            drop = aws.s3.Bucket("drop", bucket="team-drop")
            given["bucket"] = {"name": drop.bucket, "arn": drop.arn}
        if table:
            prices = aws.dynamodb.Table("prices", name="Prices")
            given["table"] = {"name": prices.name, "arn": prices.arn}
        ImportPipeline("import", given)

    return record(build)


def variables(graph):
    return graph.named("import-importer").inputs["environment"]["variables"]
