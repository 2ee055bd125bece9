"""A stream pipeline with its consumers, recorded."""

from typing import Any

from infra.bucket import Bucket
from infra.code import archive
from infra.filters import pattern
from infra.stream_pipeline import StreamPipeline
from tests.infra.reading import HANDLER, record

KEY = {"partition_key": {"name": "userId"}}
INSERTS = pattern({"events": ["INSERT"]})


def pipeline(consumers=("archiver",), *, tables=None, consumer=None, **args):
    """Records a pipeline whose consumers all have the arguments of `consumer` besides the required ones.

    Args:
        consumers: Their names.
        tables: Makes the tables that it is given; left out, it makes one.
        consumer: Arguments of every consumer.
        args: Arguments of the pipeline.
    """

    def build():
        own: Any = {"tables": tables()} if tables else KEY
        each: Any = {"handler": HANDLER, "code": archive(HANDLER), "filters": [INSERTS], **(consumer or {})}
        failures = Bucket("failures", {}).arn
        made: Any = {"failures_bucket_arn": failures, "consumers": dict.fromkeys(consumers, each), **own, **args}
        StreamPipeline("stream", made)

    return record(build)
