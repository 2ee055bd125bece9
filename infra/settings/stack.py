"""All settings of one stack, and the checks across sections."""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Annotated

from infra.settings.imports import ImportSettings
from infra.settings.mail import MailSettings
from infra.settings.operations import OperationsSettings
from infra.settings.reports import ReportSettings
from infra.settings.section import Section
from infra.settings.streams import StreamSettings
from infra.settings.types import Region, matching

_PipelineName = Annotated[str, matching(re.compile(r"[a-z0-9-]{1,16}"), "a name of 1 to 16 of a-z 0-9 -")]
_READERS = 2
"""How many functions can read a stream's shard without being throttled, by DynamoDB's documentation."""


class Settings(Section):
    """All settings of one stack: any number of pipelines of each kind, by name."""

    environment: Annotated[
        str,
        matching(
            re.compile(r"[a-z][a-z0-9-]{0,15}"),
            "a stack name of up to 16 of a-z 0-9 -, starting with a letter: it is part of resource names",
        ),
    ]
    """The name of the stack."""
    region: Region
    """The region of the stack."""
    mail: MailSettings | None = None
    """Who mails are from, and who may get them."""
    streams: dict[_PipelineName, StreamSettings] = {}
    """Streams by name: changes of tables are archived and mailed."""
    imports: dict[_PipelineName, ImportSettings] = {}
    """Imports by name: files in S3 become items of a table."""
    reports: dict[_PipelineName, ReportSettings] = {}
    """Reports by name: items of tables are counted on a schedule."""
    operations: OperationsSettings = OperationsSettings()
    """How the stack is watched and protected."""

    @property
    def mailing(self) -> list[str]:
        """The keys of pipelines that send mail, such as `streams.users`."""
        streams = [f"streams.{name}" for name, stream in self.streams.items() if stream.mails]
        return [*streams, *(f"reports.{name}" for name, report in self.reports.items() if report.mails)]

    @property
    def buckets(self) -> list[str]:
        """The existing buckets that imports take files from, each once."""
        return sorted({each.bucket for each in self.imports.values() if each.bucket})

    def warnings(self) -> Iterator[str]:
        """Yields warnings about valid settings: a stream without room for another reader, imports that send mails."""
        for table, names in self._readers().items():
            if len(names) == _READERS:
                yield (
                    f"{_streams(names)}: two functions read {table}, and a shard of a stream serves two readers: "
                    "if anything else reads it, all of them are throttled. With archive: [] or mails: [] there is "
                    "room for one"
                )
        for name, its in self.imports.items():
            for stream, mailing in self.streams.items():
                if (
                    its.table
                    and mailing.mails
                    and its.table in mailing.named_tables
                    and self.mail
                    and self.mail.enabled
                ):
                    yield (
                        f"imports.{name} writes into {its.table}, and streams.{stream} mails about its changes: each "
                        "imported row that a rule matches sends a mail. Set mail.enabled: false to prevent this"
                    )

    def mistakes(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yields conflicts between sections: place and description."""
        if self.mailing and self.mail is None:
            yield ("mail", "sender"), f"missing; it is who mails of {' and '.join(self.mailing)} are from"
        yield from self._tables_of_streams()
        yield from self._files_of_imports()
        yield from self._tables_of_reports()

    def _tables_of_streams(self) -> Iterator[tuple[tuple[str, ...], str]]:
        made: dict[str, str] = {}
        for name, stream in self.streams.items():
            if stream.table_name and stream.table_name in made:
                also = f"also the name in streams.{made[stream.table_name]}: a table can be created only once"
                yield ("streams", name, "tableName"), f"{stream.table_name} is {also}"
            elif stream.table_name:
                made[stream.table_name] = name
        for table, names in self._readers().items():
            if len(names) > _READERS:
                yield (
                    ("streams", names[-1], "tables"),
                    f"{table} would have {len(names)} functions read its stream, of {_streams(names)}; a shard serves "
                    f"{_READERS}: put rules and archive of this table into one stream",
                )

    def _readers(self) -> dict[str, list[str]]:
        """Returns existing table -> the stream of each function that reads it."""
        readers: dict[str, list[str]] = {}
        for name, stream in self.streams.items():
            for table in stream.tables:
                readers.setdefault(table, []).extend([name] * stream.readers)
        return readers

    def _files_of_imports(self) -> Iterator[tuple[tuple[str, ...], str]]:
        for (one, first), (other, second) in combinations(self.imports.items(), 2):
            is_one_bucket = first.bucket is not None and first.bucket == second.bucket
            if is_one_bucket and (first.prefix.startswith(second.prefix) or second.prefix.startswith(first.prefix)):
                yield (
                    ("imports", other, "prefix"),
                    f"{second.prefix} overlaps {first.prefix} of imports.{one}, which has the same bucket: files would "
                    "be imported by both",
                )

    def _tables_of_reports(self) -> Iterator[tuple[tuple[str, ...], str]]:
        for (one, first), (other, second) in combinations(self.reports.items(), 2):
            for ours in first.groups:
                for theirs in second.groups:
                    if ours.prefix.startswith(theirs.prefix) or theirs.prefix.startswith(ours.prefix):
                        yield (
                            ("reports", other, "groups"),
                            f"its prefix {theirs.prefix} overlaps {ours.prefix} of reports.{one}: tables would count "
                            "twice, and both would keep totals of them",
                        )


def _streams(names: Sequence[str]) -> str:
    return " and ".join(f"streams.{name}" for name in dict.fromkeys(names))
