"""Recorded graphs in the form that rules look at, with ARNs as AWS writes them: statements are matched with those."""

import functools
from collections.abc import Callable
from typing import Any

from pulumi.output import Unknown

from policies.model import UNKNOWN, Resource, Stack
from sluice.cloud.program import execution as program
from sluice.cloud.program.recording import Created, Graph, Recorder
from sluice.cloud.program.recording import Resource as Recorded

REGION = "eu-north-1"
_FORMS = {
    "aws:cloudwatch/logGroup:LogGroup": "logs:{place}:log-group:{name}",
    "aws:dynamodb/table:Table": "dynamodb:{place}:table/{name}",
    "aws:iam/role:Role": "iam::{account}:role/{name}",
    "aws:lambda/function:Function": "lambda:{place}:function:{name}",
    "aws:s3/bucket:Bucket": "s3:::{name}",
    "aws:scheduler/schedule:Schedule": "scheduler:{place}:schedule/default/{name}",
    "aws:ses/template:Template": "ses:{place}:template/{name}",
    "aws:sesv2/configurationSet:ConfigurationSet": "ses:{place}:configuration-set/{name}",
    "aws:sesv2/emailIdentity:EmailIdentity": "ses:{place}:identity/{name}",
    "aws:sns/topic:Topic": "sns:{place}:{name}",
    "aws:sqs/queue:Queue": "sqs:{place}:{name}",
}
_HANDLES = ("arn", "bucket", "configurationSetName", "id", "name", "streamArn", "url", "uuid")


class Account(Recorder):
    """Makes ARNs up in AWS's own form."""

    def create(self, resource: Recorded) -> Created:
        """Makes outputs up."""
        created = super().create(resource)
        form = _FORMS.get(resource.type)
        if form and created.outputs:
            outputs = created.outputs
            name = resource.inputs.get("name") or resource.inputs.get("configurationSetName") or resource.name
            place = f"{REGION}:{self.ACCOUNT}"
            outputs["arn"] = f"arn:aws:{form.format(place=place, account=self.ACCOUNT, name=name)}"
            if "streamArn" in outputs:
                outputs["streamArn"] = f"{outputs['arn']}/stream/2026-11-21T10:00:00.000"
        return created


@functools.cache
def stack(name: str, *, preview: bool = False) -> Stack:
    """A stack of the checkout, recorded once a process."""
    recorder = Account(REGION, preview=preview)
    program.run(name, recorder, preview=preview)
    return neutral(recorder.graph, name)


def built(build: Callable[[], None], environment: str = "prod") -> Stack:
    """The stack of a program that `build` is."""
    recorder = Account(REGION)
    program.run("test", recorder, config={}, program=build)
    return neutral(recorder.graph, environment)


def neutral(graph: Graph, environment: str) -> Stack:
    """A recorded graph as rules look at it: what AWS would add to the inputs is left out, but for names and ARNs."""
    return Stack(environment, [_neutral(made) for made in graph.resources.values() if made.custom])


def _neutral(made: Recorded) -> Resource:
    known = {"id": made.id, **made.inputs, **made.outputs}
    return Resource(
        urn=made.urn,
        type=made.type,
        name=made.name,
        inputs=_plain(made.inputs),
        handles=frozenset(known[name] for name in _HANDLES if isinstance(known.get(name), str) and known[name]),
        dependencies=made.dependencies,
        protected=bool(made.options.get("protect")),
        retained=bool(made.options.get("retain_on_delete")),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
