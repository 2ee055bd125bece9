"""Mail through SES: its sender, how it is sent, its templates, and its bounces and complaints."""

from collections.abc import Sequence
from pathlib import Path
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from infra import mail_defaults, mail_templates
from infra.component import Component
from infra.iam import region_of
from infra.mail_records import MailRecords, dkim_host
from infra.metrics import metric
from infra.operations import Operations
from infra.sending import Sending

_EVENTS = ["BOUNCE", "COMPLAINT", "REJECT", "RENDERING_FAILURE"]
"""Events that would go unnoticed otherwise: SES accepts a mail and reports only later that it was not delivered."""

_BOUNCES_REVIEWED_AT = 0.05
_COMPLAINTS_REVIEWED_AT = 0.001
"""Rates at which AWS puts an account under review:
https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-bounce-rate.html"""

_SANDBOX = "In SES's sandbox, where accounts start, recipients must be verified too. Steps: docs/first-deployment.md."


class MailerArgs(TypedDict):
    """Arguments of a mailer."""

    sender: str
    """The address that mails are from. Without `domain` it must be able to receive mail, since SES sends it a link to
    open; its mails are signed by SES's domain, not its own, so they are not aligned for DMARC and may be taken for
    spam."""
    domain: NotRequired[str | None]
    """The sender's domain, to be verified; left out, the address itself is verified."""
    from_name: NotRequired[str]
    """The name that mail programs show in place of the address."""
    reply_to: NotRequired[str | None]
    """The address for replies; the sender when left out."""
    hosted_zone: NotRequired[str]
    """The id of the Route 53 zone in which the domain's DKIM, MAIL FROM and DMARC records are made; none by default.
    Requires `domain`, and an identity that is made here."""
    create_identity: NotRequired[bool]
    """False where another environment or team of the account has verified the identity already."""
    templates: Sequence[str]
    """Names of templates, each a folder with `subject.txt`, `body.txt` and `body.html`."""
    templates_folder: NotRequired[str]
    """The folder that contains them; `infra/templates` of this repository by default."""
    events_topic_arn: pulumi.Input[str]
    """The SNS topic that bounces, complaints, rejects and rendering failures go to; its policy must let SES publish."""
    operations: NotRequired[Operations]


class Mailer(Component):
    """A sender of mails (`sluice:index:Mailer`).

    It makes:

    - an SES identity, the domain or the address, unless it exists already; given a hosted zone, also what `MailRecords`
      lists;
    - a configuration set that requires TLS, suppresses addresses that bounced or complained, and reports bounces,
      complaints, rejects and rendering failures to a topic;
    - a template for each given name;
    - alarms on the rates of bounces and complaints at which AWS reviews an account.
    """

    sending: Sending
    """How functions send mail from it."""
    templates: dict[str, aws.ses.Template]

    def __init__(self, name: str, args: MailerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Makes the mailer.

        Raises:
            TemplateError: A template has a mistake.
            ValueError: The sender's name cannot be shown, or a hosted zone is given without a domain to verify here.
        """
        super().__init__("sluice:index:Mailer", name, args.get("operations"), opts)
        self._args = args
        self._check_zone()
        self.configuration_set = self._create_configuration_set()
        self.sending = {
            "sender": args["sender"],
            "configuration_set_name": self.configuration_set.configuration_set_name,
            "configuration_set_arn": self.configuration_set.arn,
            "from_name": args.get("from_name", ""),
            "reply_to": args.get("reply_to"),
        }
        self._create_event_destination()
        self.templates = {template: self._create_template(template) for template in args["templates"]}
        self._create_alarms()
        if args.get("create_identity", mail_defaults.CREATE_IDENTITY):
            identity = self._create_identity()
            self._create_records(identity)
            self._log_what_is_left_to_do(identity)
        self.register_outputs(
            {"sender": args["sender"], "configurationSetName": self.configuration_set.configuration_set_name}
        )

    def _check_zone(self) -> None:
        args = self._args
        makes = args.get("domain") and args.get("create_identity", mail_defaults.CREATE_IDENTITY)
        if args.get("hosted_zone") and not makes:
            raise ValueError(f"{self._name}: hosted_zone needs a domain whose identity is created here")

    def _create_records(self, identity: aws.sesv2.EmailIdentity) -> None:
        domain, zone = self._args.get("domain"), self._args.get("hosted_zone")
        if domain and zone:
            MailRecords(f"{self._name}-records", {"domain": domain, "zone_id": zone}, identity, self._child())

    def _create_identity(self) -> aws.sesv2.EmailIdentity:
        return aws.sesv2.EmailIdentity(
            f"{self._name}-identity",
            email_identity=self._args.get("domain") or self._args["sender"],
            tags=self._operations.get("tags"),
            opts=self._child(),
        )

    def _create_configuration_set(self) -> aws.sesv2.ConfigurationSet:
        return aws.sesv2.ConfigurationSet(
            f"{self._name}-settings",
            configuration_set_name=f"{self._name}-settings",  # SES does not name it automatically
            delivery_options={"tls_policy": "REQUIRE"},
            reputation_options={"reputation_metrics_enabled": True},
            sending_options={"sending_enabled": True},
            suppression_options={"suppressed_reasons": ["BOUNCE", "COMPLAINT"]},
            tags=self._operations.get("tags"),
            opts=self._child(),
        )

    def _create_event_destination(self) -> None:
        aws.sesv2.ConfigurationSetEventDestination(
            f"{self._name}-events",
            configuration_set_name=self.configuration_set.configuration_set_name,
            event_destination_name="topic",
            event_destination={
                "enabled": True,
                "matching_event_types": _EVENTS,
                "sns_destination": {"topic_arn": self._args["events_topic_arn"]},
            },
            opts=self._child(),
        )

    def _create_template(self, template: str) -> aws.ses.Template:
        parts = mail_templates.read(Path(self._args.get("templates_folder", mail_templates.DEFAULT)) / template)
        return aws.ses.Template(
            f"{self._name}-{template}",
            name=f"{self._name}-{template}",
            subject=parts.subject,
            text=parts.text,
            html=parts.html,
            opts=self._child(),
        )

    def _create_alarms(self) -> None:
        dimensions = {"ses:configuration-set": self.configuration_set.configuration_set_name}
        for kind, rate, threshold in (
            ("bounces", "Reputation.BounceRate", _BOUNCES_REVIEWED_AT),
            ("complaints", "Reputation.ComplaintRate", _COMPLAINTS_REVIEWED_AT),
        ):
            self._alarm(
                kind,
                {
                    "metric": metric("AWS/SES", rate, dimensions, statistic="Average"),
                    "threshold": threshold,
                    "period_seconds": 3600,
                    "meaning": f"At this rate of {kind} AWS reviews an account, and may stop its mails.",
                    "look": f"Look at the messages about {kind} on the alarm topic: each names the recipient.",
                    "section": "mail",
                    "essential": True,
                },
            )

    def _log_what_is_left_to_do(self, identity: aws.sesv2.EmailIdentity) -> None:
        """Logs the steps that only a person can do."""
        domain, zone = self._args.get("domain"), self._args.get("hosted_zone")
        if zone:
            pulumi.log.info(
                f"Until SES finds the DKIM records of {domain} in the zone {zone}, usually within minutes, mails are "
                f"refused. {_SANDBOX}",
                self,
            )
        elif domain:
            tokens = identity.dkim_signing_attributes.apply(lambda dkim: (dkim and dkim.tokens) or [])
            pulumi.Output.all(tokens, region_of(identity.arn)).apply(lambda values: self._log_records(domain, *values))
        else:
            pulumi.log.info(
                f"SES mails {self._args['sender']} a link: until somebody opens it, mails are refused. {_SANDBOX}", self
            )

    def _log_records(self, domain: str, tokens: Sequence[str], region: str) -> None:
        host = dkim_host(region)
        records = [f"{token}._domainkey.{domain} CNAME {token}.{host}" for token in tokens]
        request = f"Put these DKIM records into the DNS of {domain}: until SES finds them, mails are refused."
        check = (
            f"SES shows whether it found them, and where they point (SigningHostedZone: {host}): "
            f"aws sesv2 get-email-identity --email-identity {domain} --region {region} --query DkimAttributes"
        )
        pulumi.log.info("\n".join([f"{request} {_SANDBOX}", *records, check]), self)
