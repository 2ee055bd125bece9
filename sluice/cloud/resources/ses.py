"""SES: identities, configuration sets, where their events go, and templates."""

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.program.recording import Created
from sluice.cloud.resources.inputs import Inputs
from sluice.cloud.resources.registry import creates


@creates("aws:sesv2/emailIdentity:EmailIdentity")
def identity(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    """An identity; the emulator takes every identity for verified."""
    email = inputs.take("emailIdentity")
    response = cloud.client("sesv2").create_email_identity(EmailIdentity=email, Tags=inputs.tag_list())
    tokens = response.get("DkimAttributes", {}).get("Tokens", [])
    arn = f"arn:aws:ses:{cloud.region}:{cloud.account}:identity/{email}"
    return Created(email, {"arn": arn, "dkimSigningAttributes": {"tokens": tokens}})


@creates("aws:sesv2/configurationSet:ConfigurationSet")
def configuration_set(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    """A configuration set."""
    name, tags = inputs.take("configurationSetName"), inputs.tag_list()
    cloud.client("sesv2").create_configuration_set(ConfigurationSetName=name, Tags=tags, **inputs.rest())
    return Created(name, {"arn": f"arn:aws:ses:{cloud.region}:{cloud.account}:configuration-set/{name}"})


@creates("aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination")
def event_destination(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    """Where events of a configuration set go."""
    configuration_set, name = inputs.take("configurationSetName"), inputs.take("eventDestinationName")
    destination = inputs.object("eventDestination").rest()
    cloud.client("sesv2").create_configuration_set_event_destination(
        ConfigurationSetName=configuration_set, EventDestinationName=name, EventDestination=destination
    )
    return Created(f"{configuration_set}|{name}", {})


@creates("aws:ses/template:Template")
def template(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    """A template."""
    name = inputs.take("name")
    parts = {"SubjectPart": inputs.take("subject"), "TextPart": inputs.take("text"), "HtmlPart": inputs.take("html")}
    texts = {part: text for part, text in parts.items() if text is not None}
    cloud.client("ses").create_template(Template={"TemplateName": name, **texts})
    return Created(name, {"arn": f"arn:aws:ses:{cloud.region}:{cloud.account}:template/{name}"})
