"""A stream pipeline with its consumers, recorded."""

from typing import Any

from infra.bucket import Bucket
from infra.stream_pipeline import StreamPipeline
from tests.infra.reading import HANDLER, record

KEY = {"partition_key": {"name": "userId"}}
CONSUMER = {"handler": HANDLER, "description": "Archives", "filters": [{"events": ["INSERT"]}]}


def pipeline(consumers=("archiver",), *, preview=False, operations=None, table=None, consumer=None, **args):
    """Records a pipeline whose consumers all have the arguments of `consumer` besides the required ones."""
    consumer_args: Any = {**CONSUMER, **(consumer or {})}

    def build():
        own: Any = {"table": table()} if table else KEY
        operated: Any = {"operations": operations} if operations else {}
        stream = StreamPipeline("stream", {"failures": Bucket("failures", {}), **own, **operated, **args})
        for name in consumers:
            stream.subscribe(name, consumer_args)

    return record(build, preview=preview)
