"""One run of the reporter: it writes the report's JSON first, the record from which the other outcomes are made.

Each of the four outcomes (JSON, totals, HTML, mail) is tried even if others fail, and can be repeated. The first run
for a scheduled time writes the record; every other run for that time uses it, reads no tables, and does the rest. A
repeated run counts again only if the record could not be written, or a table could not be read for it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import NamedTuple

from handlers.reporter import environment
from handlers.reporter.counting.newest import Listing
from handlers.reporter.counting.survey import survey
from handlers.reporter.judging import is_mailed, judge
from handlers.reporter.keeping.marks import Mark, Marks, MarkStore
from handlers.reporter.keeping.storage import Storage
from handlers.reporter.keeping.totals import Totals
from handlers.reporter.mailing import Mailer, usable
from handlers.reporter.report import FAILED, DamagedReportError, Past, Report, parse, render
from handlers.reporter.schedule import object_key, stamp
from handlers.reporter.settings import Settings
from handlers.reporter.showing import mail, page
from handlers.reporter.showing.view import compare
from handlers.shared.aws.client import AwsClient
from handlers.shared.aws.errors import AwsError
from handlers.shared.aws.s3 import Bucket
from handlers.shared.deadlines import Deadlines

_REASONS = 20
_CLAIM_CALLS = 4  # a mail and its marks take fewer calls, so a live run's claim does not expire


class ReportFailedError(Exception):
    """Some outcomes of a run failed; the message says which and why."""


class Services(NamedTuple):
    """The clients of a run."""

    dynamodb: AwsClient
    ses: AwsClient
    bucket: Bucket


class Summary:
    """What a run did, for its log line.

    Attributes:
        reasons: what failed.
        notes: what somebody should know although nothing failed: tables that may not be read, and damaged objects.
    """

    def __init__(self) -> None:
        self.tables = self.items = self.approximate = self.unreadable = self.broken = self.mails = self.skipped = 0
        self.units = 0.0
        self.reasons: list[str] = []
        self.notes: list[str] = []


def few(reasons: list[str]) -> list[str]:
    """Returns as many reasons as fit into a log line or a dead letter, and how many more there are."""
    more = len(reasons) - _REASONS
    return [*reasons[:_REASONS], f"and {more} more"] if more > 0 else reasons


class Run:
    """The run for one scheduled time."""

    def __init__(
        self, settings: Settings, services: Services, time: datetime, owner: str, deadlines: Deadlines
    ) -> None:
        self.summary = Summary()
        self._settings = settings
        self._services = services
        self._time = time
        self._owner = owner
        self._deadlines = deadlines
        self._refusals: dict[str, str] = {}  # table -> why it may not be read; empty if another run wrote the record
        self._former: Mark | None = None
        self._histories: dict[str, Sequence[Past] | None] = {}
        self._storage = Storage(services.bucket, deadlines)
        self._totals = {
            group.name: Totals(services.dynamodb, group.totals_table, group.name, deadlines)
            for group in settings.groups
        }

    def execute(self) -> Report:
        """Makes the report and its outcomes.

        Raises:
            AwsError: the tables could not be listed; nothing was done.
            ReportFailedError: some outcome failed; the others are done.
        """
        body = self._recorded() or self._count()
        with self._outcome("JSON"):
            body = self._storage.record(object_key(self._time, "json"), body, self._is_complete)
        report = parse(body)
        self._describe(report)
        with self._outcome("latest JSON"):
            self._storage.put_latest(body, "json", report.generated_at)
        self._put_totals(report)
        self._publish(report)
        if self.summary.reasons:
            raise ReportFailedError("; ".join(few(self.summary.reasons)))
        return report

    def _recorded(self) -> bytes | None:
        with suppress(AwsError):  # then read the tables; writing the record decides
            record = self._storage.read(object_key(self._time, "json"))
            return record.body if record and self._is_complete(record.body) else None
        return None

    def _is_complete(self, body: bytes) -> bool:
        """Whether a stored report is for this time, all its tables were read or gone, and its groups were judged."""
        try:
            report = parse(body)
            if report.generated_at != stamp(self._time):
                raise DamagedReportError(f"it is of {report.generated_at[:40]}")
        except DamagedReportError as error:
            self._note(f"{object_key(self._time, 'json')} is damaged ({error}): it is written again")
            return False
        failed = any(table.status == FAILED for group in report.groups for table in group.tables)
        return not failed and all(group.verdict for group in report.groups)

    def _count(self) -> bytes:
        settings = self._settings
        listing = Listing(settings.name_attribute, settings.date_attribute, settings.items_per_table)
        tables = survey(self._services.dynamodb, settings.groups, listing, settings.read_units, self._deadlines)
        self.summary.units = tables.units
        self.summary.reasons += tables.failures
        self._refusals = tables.refusals
        judges_all = settings.mail in (environment.CHANGES, environment.BREACHES)
        verdicts = {
            group.name: judge(group.expect, tables.groups[group.name], self._history(group.name))
            for group in settings.groups
            if judges_all or group.expect
        }
        return render(stamp(self._time), settings.environment, settings.groups, tables.groups, verdicts)

    def _history(self, group: str) -> Sequence[Past] | None:
        """Reads a group's rows before the report, once; None if they cannot be read."""
        if group not in self._histories:
            self._histories[group] = None
            with self._outcome(f"history of {group}"):
                self._histories[group] = self._totals[group].before(stamp(self._time))
        return self._histories[group]

    def _put_totals(self, report: Report) -> None:
        expires_at = self._time + timedelta(days=self._settings.history_days)
        for group in report.groups:
            if group.name not in self._totals:  # the record is from before a change of the settings
                self._note(f"the group {group.name[:40]} is no longer configured: its totals are ignored")
                continue
            with self._outcome(f"totals of {group.name}"):
                mark = self._totals[group.name].put(group, report.generated_at, int(expires_at.timestamp()))
                self._former = mark or self._former

    def _publish(self, report: Report) -> None:
        histories = {name: self._history(name) or () for name in self._totals}
        for totals in self._totals.values():
            self.summary.notes += totals.notes
        key = object_key(self._time, "html")
        view = compare(report, histories, f"s3://{self._settings.bucket}/{key}")
        with self._outcome("HTML"):
            body = b"".join(piece.encode() for piece in page.pieces(view))
            self._storage.put(key, body, "html")
            self._storage.put_latest(body, "html", report.generated_at)
        with self._outcome("mail"):
            if is_mailed(self._settings.mail, report):
                self._send(mail.render(view))

    def _send(self, content: mail.Mail) -> None:
        settings = self._settings
        if not settings.mail_enabled:
            return
        recipients = usable(settings.recipients, settings.mail_only_to)
        self.summary.skipped = len(settings.recipients) - len(recipients)
        if not recipients:
            return
        mailer = Mailer(
            self._services.ses,
            settings.mail_sender,
            settings.mail_configuration_set,
            self._deadlines,
            reply_to=settings.mail_reply_to,
        )
        store = MarkStore(self._storage, object_key(self._time, "mail"), self._note)
        marks = Marks(store, self._owner, _CLAIM_CALLS * self._deadlines.longest_call, former=self._former)
        try:
            mailer.send(content, recipients, marks)
        finally:
            self.summary.mails = mailer.sent
            self.summary.reasons += [f"mail: {refusal}" for refusal in mailer.refusals]

    def _describe(self, report: Report) -> None:
        tables = [table for group in report.groups for table in group.tables]
        self.summary.tables = len(tables)
        self.summary.items = sum(group.total for group in report.groups)
        self.summary.approximate = sum(table.approximate for table in tables)
        self.summary.broken = sum(len(group.broken) for group in report.groups)
        locked = [table for table in tables if table.locked]
        self.summary.unreadable = len(locked)
        for table in locked:  # from the report, so that each run that counts a table names it
            self._note(": ".join(filter(None, (table.name, table.status, self._refusals.get(table.name)))))

    @contextmanager
    def _outcome(self, name: str) -> Iterator[None]:
        try:
            yield
        except AwsError as error:
            self.summary.reasons.append(f"{name}: {error}")
        except Exception as error:
            self.summary.reasons.append(f"{name}: {type(error).__name__}: {error}")

    def _note(self, note: str) -> None:
        if note not in self.summary.notes:
            self.summary.notes.append(note)
