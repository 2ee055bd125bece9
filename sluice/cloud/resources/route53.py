"""Route 53: records."""

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.program.graph import Created
from sluice.cloud.resources.inputs import Inputs
from sluice.cloud.resources.naming import Name
from sluice.cloud.resources.registry import creates


@creates("aws:route53/record:Record")
def record(_cloud: Cloud, _name: Name, inputs: Inputs) -> Created:
    """A record, which is not created: the zone is the team's own, and nobody resolves names here."""
    zone, name, kind = (inputs.take(input_) for input_ in ("zoneId", "name", "type"))
    inputs.take("ttl")
    inputs.take("records")
    return Created(f"{zone}_{name}_{kind}", {"fqdn": name})
