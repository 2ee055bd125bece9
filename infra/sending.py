"""How functions send mail: from whom, through which configuration set, to whom; and the permissions for it."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi

from infra import mail_from
from infra.iam import Statement, allow, beside


class Sending(TypedDict):
    """How a function sends mail; `Mailer.sending` is one."""

    sender: str
    """The address that mails are from; it, or its domain, must be verified."""
    configuration_set_name: pulumi.Input[str]
    """The SES configuration set that mails are sent through."""
    configuration_set_arn: pulumi.Input[str]
    """The ARN of the configuration set."""
    from_name: NotRequired[str]
    """The name that mail programs show in place of the address; none by default."""
    reply_to: NotRequired[str | None]
    """The address for replies; the sender by default."""
    enabled: NotRequired[bool]
    """False: everything is done except that no mail is sent; true by default."""
    only_to: NotRequired[Sequence[str]]
    """Addresses and domains that may be mailed; all by default."""


def from_header(sending: Sending) -> str:
    """Returns the From header.

    Raises:
        ValueError: The sender's name cannot be shown.
    """
    return mail_from.header(sending.get("from_name", ""), sending["sender"])


def may_send(sending: Sending) -> Statement:
    """Returns the permission to send mails without a template, from this sender only."""
    return allow(
        "SendMail",
        ["ses:SendEmail"],
        [_identities(sending), sending["configuration_set_arn"]],
        {"StringEquals": {"ses:FromAddress": sending["sender"]}},
    )


def may_send_bulk(sending: Sending, template_arns: Sequence[pulumi.Input[str]]) -> Statement:
    """Returns the permission to send these templates in bulk."""
    # SendBulkEmail of SES's API v2 is documented to need its own action; some accounts also check that of API v1
    # (django-anymail's notes on IAM errors).
    return allow(
        "SendTemplates",
        ["ses:SendBulkEmail", "ses:SendBulkTemplatedEmail"],
        [_identities(sending), sending["configuration_set_arn"], *template_arns],
    )


def _identities(sending: Sending) -> pulumi.Output[str]:
    """Returns the ARN of every identity of the account and region.

    SES requires permission on the sender's, and on a recipient's if it is verified here, as all are in its sandbox.
    """
    return beside(pulumi.Output.from_input(sending["configuration_set_arn"]), "identity/*")
