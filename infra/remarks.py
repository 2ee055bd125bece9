"""Remarks on the settings, logged before a deployment makes anything: what may surprise, and who is mailed when."""

import pulumi

from infra.mail_rules import sentence
from infra.settings import Settings


def tell(settings: Settings) -> None:
    """Logs warnings about what may surprise, and each mail rule as a sentence."""
    for warning in settings.warnings():
        pulumi.log.warn(warning)
    for name, stream in settings.streams.items():
        for rule in stream.rules:
            pulumi.log.info(f"streams.{name} mails {sentence(rule, stream.address_attribute)}")
