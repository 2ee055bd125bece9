"""The table of who joined and who left, by day."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from roster import environment


class Days(pulumi.ComponentResource):
    """The table (`roster:index:Days`), on demand and disposable: it can be rebuilt from the archive."""

    name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(self, name: str, tags: Mapping[str, str], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("roster:index:Days", name, None, opts)
        table = aws.dynamodb.Table(
            name,
            billing_mode="PAY_PER_REQUEST",
            hash_key=environment.DAY,
            range_key=environment.EVENT_ID,
            attributes=[{"name": environment.DAY, "type": "S"}, {"name": environment.EVENT_ID, "type": "S"}],
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.name, self.arn = table.name, table.arn
        self.register_outputs({"name": self.name, "arn": self.arn})
