"""What the cloud of a week holds, compared with what was asked of it."""

import json
import re
from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sluice.cloud.emulator.outbox import Mail, mails
from sluice.cloud.triggers.schedules import Fired
from sluice.ledger import Entry, entries
from sluice.rejects import rejects
from sluice.trail import lines_of
from tests.proof.soak.changes import archived, mailed
from tests.proof.soak.files import held
from tests.proof.soak.settings import KEYS, RECIPIENTS
from tests.proof.soak.week import Week
from tests.stacks import imports_of, target


class Found(NamedTuple):
    """What the cloud holds, beside what it has to hold."""

    cases: int
    lost: list[Any]
    doubled: list[Any]
    """What is there once too often, or should not be there at all."""


def compared(wanted: Counter[Any], found: Counter[Any]) -> Found:
    return Found(wanted.total(), list((wanted - found).elements()), list((found - wanted).elements()))


class Account:
    """Compares what the cloud of a week holds with what was asked of it.

    Attributes:
        late_answers: how many mails of reports were told as sent without an answer in time, if some went twice.
    """

    def __init__(self, week: Week, fired: list[Fired]) -> None:
        self._week, self._fired = week, fired
        self.late_answers = 0

    def undone(self) -> list[str]:
        """What is not done so far, and will be."""
        return self._files_undone() or list(map(str, self.reports().lost))

    def _files_undone(self) -> list[str]:
        ledger = self._ledger()
        return [
            name for name, file in self._week.load.files.items() if ledger.get(name, {}).get("status") != file.status
        ]

    def _ledger(self) -> dict[str, Entry]:
        """The last import of each object."""
        return {entry["object"]: entry for entry in entries(imports_of(self._week.stack))}

    def changes(self) -> Found:
        """Lines of the archive."""
        return compared(self._week.load.changes.archived, archived(lines_of(target(self._week.stack)), KEYS))

    def mails(self) -> Found:
        """Mails about changes."""
        return compared(self._week.load.changes.mailed, mailed(self._sent()))

    def reports(self) -> Found:
        """Mails of reports, one to each recipient each time that a schedule came due.

        One more is no fault for each answer of SES that came later than its run waited, as the run has said.
        """
        names = {one["function_name"]: name for name, one in self._week.stack.outputs["reports"].items()}
        due = [(names[one.function], datetime.fromisoformat(one.scheduled_time)) for one in self._fired]
        wanted = [(to, f"{at.day} {at:%B %Y, %H:%M} UTC") for name, at in due for to in RECIPIENTS[name]]
        reports = [mail for mail in self._sent() if mail["text"].startswith("Table report")]
        sent = Counter((to, mail["text"].splitlines()[1]) for mail in reports for to in mail["to"])
        found = compared(Counter(wanted), sent)
        self.late_answers = self._late_answers() if found.doubled else 0
        return found._replace(doubled=[]) if len(found.doubled) <= self.late_answers else found

    def _late_answers(self) -> int:
        """How many mails the reporters told as sent without an answer in time."""
        stack, found = self._week.stack, 0
        for report in stack.outputs["reports"].values():
            function = stack.cloud.client("lambda").get_function_configuration(FunctionName=report["function_name"])
            reading = stack.cloud.client("logs").get_paginator("filter_log_events")
            pages = reading.paginate(logGroupName=function["LoggingConfig"]["LogGroup"])
            errors = [event["message"] for page in pages for event in page["events"]]
            told = [error for error in errors if "ReportFailedError: " in error]
            found += sum(len(re.findall(r"recipient \d+ of \d+: Timeout", error)) for error in told)
        return found

    def totals(self) -> Found:
        """What the last report counts, table by table."""
        stack, last, counts = self._week.stack, self._week.load.last_reported, Counter[str]()
        for report in stack.outputs["reports"].values():
            key = f"reports/date={last[:10]}/{last.replace(':', '-')}.json"
            body = stack.cloud.client("s3").get_object(Bucket=report["bucket_name"], Key=key)["Body"].read()
            tables = [table for group in json.loads(body)["groups"].values() for table in group["tables"]]
            counts.update({table["name"]: table["count"] for table in tables})
        return compared(Counter({name: len(items) for name, items in self._week.load.counted.items()}), counts)

    def items(self) -> Found:
        """Rows of files that are items, each with its values."""
        wanted, there = Counter[Any](), Counter[Any]()
        for file in self._week.load.files.values():
            wanted.update((key, text, Decimal(price)) for key, (text, price) in file.items.items())
        for pipeline in imports_of(self._week.stack):
            pages = pipeline.client("dynamodb").get_paginator("scan").paginate(TableName=pipeline["table_name"])
            there.update(item for page in pages for item in held(page["Items"]))
        return compared(wanted, there)

    def rejects(self) -> Found:
        """Rows of files that are rejects, each with its line."""
        wanted, there = Counter[Any](), Counter[Any]()
        for name, file in self._week.load.files.items():
            bucket, _, key = name.partition("/")
            wanted.update((name, line) for line in file.rejected)
            there.update((name, one.line) for one in rejects(target(self._week.stack), bucket, key))
        return compared(wanted, there)

    def rows(self) -> Found:
        """Rows as the ledger counts them."""
        ledger, wanted, there = self._ledger(), Counter[Any](), Counter[Any]()
        for name, file in self._week.load.files.items():
            wanted.update({(name, "written"): len(file.items), (name, "rejected"): len(file.rejected)})
            there.update({(name, of): ledger[name][f"rows_{of}"] for of in ("written", "rejected")})
        return compared(wanted, there)

    def _sent(self) -> list[Mail]:
        return mails(self._week.cloud.endpoint, self._week.cloud.server.token)


PROMISES = {
    "each change is archived once": Account.changes,
    "each mail that a rule asks for is sent once": Account.mails,
    "each report is mailed once": Account.reports,
    "the last reports count all": Account.totals,
    "each good row is an item": Account.items,
    "each bad row is a reject": Account.rejects,
    "the ledger counts each row once": Account.rows,
}
