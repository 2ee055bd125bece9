"""SES: identities, configuration sets, where their events go, and templates."""

from typing import Any

from local.resources import Cloud, Created, Inputs, creates, pascal, tag_list


@creates("aws:sesv2/emailIdentity:EmailIdentity")
def identity(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    """An identity; the emulator takes every identity for verified."""
    email = inputs.take("emailIdentity")
    made = cloud.client("sesv2").create_email_identity(EmailIdentity=email, Tags=tag_list(inputs))
    tokens = made.get("DkimAttributes", {}).get("Tokens", [])
    arn = f"arn:aws:ses:{cloud.region}:{cloud.account}:identity/{email}"
    return Created(email, {"arn": arn, "dkimSigningAttributes": {"tokens": tokens}})


@creates("aws:sesv2/configurationSet:ConfigurationSet")
def configuration_set(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    """A configuration set."""
    name, tags = inputs.take("configurationSetName"), tag_list(inputs)
    cloud.client("sesv2").create_configuration_set(ConfigurationSetName=name, Tags=tags, **inputs.rest())
    return Created(name, {"arn": f"arn:aws:ses:{cloud.region}:{cloud.account}:configuration-set/{name}"})


@creates("aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination")
def event_destination(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    """Where events of a configuration set go."""
    configuration_set, name = inputs.take("configurationSetName"), inputs.take("eventDestinationName")
    destination: dict[str, Any] = pascal(inputs.take("eventDestination"))
    cloud.client("sesv2").create_configuration_set_event_destination(
        ConfigurationSetName=configuration_set, EventDestinationName=name, EventDestination=destination
    )
    return Created(f"{configuration_set}|{name}", {})


@creates("aws:ses/template:Template")
def template(cloud: Cloud, _name: str, inputs: Inputs) -> Created:
    """A template."""
    name = inputs.take("name")
    parts = {"SubjectPart": "subject", "TextPart": "text", "HtmlPart": "html"}
    cloud.client("ses").create_template(
        Template={"TemplateName": name, **{part: inputs.take(ours) for part, ours in parts.items()}}
    )
    return Created(name, {"arn": f"arn:aws:ses:{cloud.region}:{cloud.account}:template/{name}"})
