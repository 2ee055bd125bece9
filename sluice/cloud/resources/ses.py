"""SES: identities, configuration sets with their event destinations, and templates."""

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.program.graph import Created
from sluice.cloud.resources.inputs import Inputs
from sluice.cloud.resources.naming import Name
from sluice.cloud.resources.registry import creates, deletes, updates

_PARTS = {"subject": "SubjectPart", "text": "TextPart", "html": "HtmlPart"}
"""Input of a template -> its name in the API."""


@creates("aws:sesv2/emailIdentity:EmailIdentity")
def identity(cloud: Cloud, _name: Name, inputs: Inputs) -> Created:
    """An identity; the emulator treats every identity as verified."""
    email = inputs.take("emailIdentity")
    response = cloud.client("sesv2").create_email_identity(EmailIdentity=email, Tags=inputs.tag_list())
    tokens = response.get("DkimAttributes", {}).get("Tokens", [])
    arn = f"arn:aws:ses:{cloud.region}:{cloud.account}:identity/{email}"
    return Created(email, {"arn": arn, "dkimSigningAttributes": {"tokens": tokens}})


@creates("aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes")
def mail_from(_cloud: Cloud, _name: Name, inputs: Inputs) -> Created:
    """Where bounces of a domain go; nothing here delivers, so nothing bounces."""
    identity = inputs.take("emailIdentity")
    inputs.take("mailFromDomain")
    inputs.take("behaviorOnMxFailure")
    return Created(identity, {})


@creates("aws:sesv2/configurationSet:ConfigurationSet")
def configuration_set(cloud: Cloud, _name: Name, inputs: Inputs) -> Created:
    """A configuration set."""
    name, tags = inputs.take("configurationSetName"), inputs.tag_list()
    cloud.client("sesv2").create_configuration_set(ConfigurationSetName=name, Tags=tags, **inputs.rest())
    return Created(name, {"arn": f"arn:aws:ses:{cloud.region}:{cloud.account}:configuration-set/{name}"})


@creates("aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination")
def event_destination(cloud: Cloud, _name: Name, inputs: Inputs) -> Created:
    """Where events of a configuration set go."""
    configuration_set, name = inputs.take("configurationSetName"), inputs.take("eventDestinationName")
    destination = inputs.object("eventDestination").rest()
    cloud.client("sesv2").create_configuration_set_event_destination(
        ConfigurationSetName=configuration_set, EventDestinationName=name, EventDestination=destination
    )
    return Created(f"{configuration_set}|{name}", {})


@creates("aws:ses/template:Template")
def template(cloud: Cloud, _name: Name, inputs: Inputs) -> Created:
    """A template."""
    name = inputs.take("name")
    cloud.client("ses").create_template(Template={"TemplateName": name, **_parts(inputs)})
    return Created(name, {"arn": f"arn:aws:ses:{cloud.region}:{cloud.account}:template/{name}"})


@updates("aws:ses/template:Template", *_PARTS)
def change_template(cloud: Cloud, id_: str, inputs: Inputs) -> None:
    """Changes parts of a template; the others stay."""
    client = cloud.client("ses")
    before = client.get_template(TemplateName=id_)["Template"]
    client.update_template(Template={**before, **_parts(inputs)})


@deletes("aws:ses/template:Template")
def delete_template(cloud: Cloud, id_: str) -> None:
    """Deletes a template."""
    cloud.client("ses").delete_template(TemplateName=id_)


def _parts(inputs: Inputs) -> dict[str, str]:
    taken = {part: inputs.take(name) for name, part in _PARTS.items()}
    return {part: text for part, text in taken.items() if text is not None}
