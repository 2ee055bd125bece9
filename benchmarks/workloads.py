"""The workloads that are measured, the contenders of each, and Sluice's own goals."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from benchmarks.inputs import TYPES
from handlers.archiver import environment as archiver
from handlers.importer import environment as importer
from handlers.notifier import environment as notifier
from handlers.reporter import environment as reporter
from infra import import_settings
from infra.code import package
from infra.import_columns import ColumnArgs
from infra.import_defaults import ColumnType
from infra.mail_rules import MailRule, default_rules, rules_file

IMPORT = "import CSV"
MAILS = "stream records to mails"
ARCHIVE = "stream records to the archive"
READ = "read items for a report"

_LARGE = 4 << 30
ROWS_A_REQUEST = 25

ENVIRONMENT = {
    notifier.SENDER: "no-reply@example.com",
    notifier.REPLY_TO: "",
    notifier.CONFIGURATION_SET: "mail",
    notifier.RULES: "rules.json",
    notifier.TEMPLATES: '{"welcome": "welcome", "profile-changed": "profile-changed"}',
    notifier.MAIL_ENABLED: "true",
    notifier.ONLY_TO: "[]",
    notifier.MARKS_TABLE: "marks",
    notifier.MARKS_DAYS: "37",
    archiver.BUCKET: "archive",
    archiver.EVENTS: "INSERT,REMOVE",
    importer.TABLE: "imported",
    importer.PARTITION_KEY: "id",
    importer.SORT_KEY: "",
    importer.SETTINGS: import_settings.NAME,
    importer.LEDGER: "ledger",
    importer.QUEUE_URL: "http://127.0.0.1/queue",
    importer.DEAD_LETTER_QUEUE_URL: "http://127.0.0.1/dead-letters",
    importer.RECEIVES: "5",
    importer.PREFIX: "incoming/",
    importer.ORDERED: "false",
    importer.CHUNK_BYTES: str(_LARGE),  # a single invocation is measured, so nothing is split
    importer.GZIP_LIMIT_BYTES: str(_LARGE),
    importer.HOP_LIMIT: "1000",
    importer.WRITE_UNITS: "0",
    importer.TRANSFORM: "",
    reporter.GROUPS: '[{"name": "RA", "prefix": "RA_", "label": "Augmented Reality", "totals_table": "RA_totales"}]',
    reporter.MAIL: reporter.ALWAYS,
    reporter.RECIPIENTS: '["team@example.com"]',
    reporter.NAME_ATTRIBUTE: "name",
    reporter.DATE_ATTRIBUTE: "created",
    reporter.BUCKET: "reports",
    reporter.READ_UNITS: "1000000",
    reporter.ITEMS_PER_TABLE: "50",
    reporter.HISTORY_DAYS: "90",
    reporter.ENVIRONMENT: "bench",
}
"""The environment of Sluice's functions; a variable that two of them share has the same meaning in both."""

_COLUMNS: dict[str, ColumnArgs] = {name: {"type": ColumnType(kind)} for name, kind in TYPES.items()}
_RULES = default_rules(["email", "name"])
_NOT_THERE: list[MailRule] = [
    {"template": "welcome", "events": ["INSERT"], "where": {"city": [city], "country": ["Iceland"]}}
    for city in ("Akureyri", "Egilsstaðir", "Höfn", "Húsavík", "Ísafjörður", "Keflavík", "Reykjavík", "Selfoss")
]
"""Rules that no record matches, but that have to be checked for each record."""
_FILES = {
    notifier.HANDLER: {
        "rules.json": rules_file(_RULES, "email", "name"),
        "ten-rules.json": rules_file([*_RULES, *_NOT_THERE], "email", "name"),
    },
    importer.HANDLER: {import_settings.NAME: import_settings.settings_file(_COLUMNS, {}, {}, [])},
}
"""Handler -> the settings files in its archive."""


def archive(handler: str) -> Path:
    """Returns the folder of a function's code, with its settings."""
    return package(handler, texts=_FILES.get(handler))


class Contender(NamedTuple):
    """An implementation that does the work."""

    name: str
    function: str
    """`module.function` in `benchmarks/contenders`."""
    handler: str = ""
    """For Sluice's contenders: the handler whose archive is all of Sluice that can be imported."""


class Goal(NamedTuple):
    """Sluice's CPU time is at most this part of a peer's."""

    peer: str
    part: float
    said: str


class Workload(NamedTuple):
    """Work that several contenders do; the first is Sluice's."""

    title: str
    unit: str
    contenders: tuple[Contender, ...]
    goals: tuple[Goal, ...] = ()
    input: str = ""
    """The input file."""
    peers_part: tuple[str, str] | None = None
    """The input of peers, which are slow: a file with 1 in `PARTS` of the rows, and a very small one."""
    items: bool = False
    """Whether the endpoint has a table with items."""
    delay: float = 0.0
    """Seconds by which the endpoint delays each response."""
    peak_mb: float | None = None
    """The most memory that Sluice may take."""
    latency_part: float | None = None
    """The part of the throughput possible with this latency that Sluice must reach."""
    cold: bool = False
    """Whether Sluice's code is compiled each time."""
    most_cpu_ms: float | None = None
    """The most CPU milliseconds that Sluice may take for 1,000 units."""
    environment: Mapping[str, str] = {}
    """Variables that differ from `ENVIRONMENT`."""


_LOOP = Contender("boto3, `put_object` a record", "archives.boto3_loop")
_IMPORT = Contender("Sluice", "imports.sluice", importer.HANDLER)
_BATCH_WRITER = Contender("`Table.batch_writer`", "imports.batch_writer")
_CLIENT = Contender("client `batch_write_item`, no validation", "imports.client")
_PUT_CSV = Contender("awswrangler `put_csv`", "imports.awswrangler_csv")
_PUT_ITEMS = Contender("awswrangler `put_items`", "imports.awswrangler_items")
_PLAN = Contender("Sluice", "plans.sluice", importer.HANDLER)
_MAILS = Contender("Sluice, with marks", "mails.sluice", notifier.HANDLER)
_ARCHIVE = Contender("Sluice", "archives.sluice", archiver.HANDLER)

OTHERS = (
    *(
        Workload(f"import {words}", "rows", (_IMPORT,), input=name)
        for words, name in (
            ("CSV, no quotes", "plain.csv"),
            ("CSV, all cells quoted", "quoted.csv"),
            ("CSV, CRLF", "crlf.csv"),
            ("CSV, 5 % of the rows over two lines", "broken.csv"),
            ("CSV, 1 % of the rows bad", "bad.csv"),
            ("CSV, gzipped", "part.csv.gz"),
            ("CSV, zstd", "part.csv.zst"),
            ("JSON lines of three shapes", "mixed.jsonl"),
        )
    ),
    Workload(
        "stream records to mails, ten rules",
        "records",
        (_MAILS,),
        input="people.jsonl",
        environment={notifier.RULES: "ten-rules.json"},
    ),
    Workload("plan CSV, no quotes", "MB", (_PLAN,), input="plain.csv", most_cpu_ms=1000),
    Workload("plan CSV, 5 % of the rows quoted", "MB", (_PLAN,), input="rows.csv", most_cpu_ms=3000),
)
"""Other inputs, which are measured without peers."""

WORKLOADS = (
    Workload(
        IMPORT,
        "rows",
        (_IMPORT, _BATCH_WRITER, _CLIENT, _PUT_CSV),
        (Goal(_BATCH_WRITER.name, 1 / 28, "1/28"), Goal(_PUT_CSV.name, 1 / 34, "1/34")),
        input="rows.csv",
        peers_part=("part.csv", "small.csv"),
        peak_mb=30,
    ),
    Workload(
        "import CSV, 10 ms a request", "rows", (_IMPORT,), input="rows.csv", delay=0.010, peak_mb=30, latency_part=0.85
    ),
    Workload(
        "import JSON lines",
        "rows",
        (_IMPORT, _BATCH_WRITER, _CLIENT, _PUT_ITEMS),
        (Goal(_BATCH_WRITER.name, 1 / 26, "1/26"),),
        input="rows.jsonl",
        peers_part=("part.jsonl", "small.jsonl"),
    ),
    Workload(
        "import JSON lines, gzipped",
        "rows",
        (_IMPORT, _BATCH_WRITER, _CLIENT, _PUT_ITEMS),
        (Goal(_BATCH_WRITER.name, 1 / 26, "1/26"),),
        input="rows.jsonl.gz",
        peers_part=("part.jsonl.gz", "small.jsonl.gz"),
    ),
    Workload(
        MAILS,
        "records",
        (
            _MAILS,
            Contender("boto3, `send_email` a record", "mails.boto3_loop"),
            Contender("Powertools batch, `send_email` a record", "mails.powertools"),
            Contender("boto3, 50 mails a call, with marks", "mails.boto3_bulk"),
        ),
        (
            Goal("boto3, `send_email` a record", 1 / 38, "1/38"),
            Goal("Powertools batch, `send_email` a record", 1 / 38, "1/38"),
        ),
        input="people.jsonl",
    ),
    Workload(
        ARCHIVE,
        "records",
        (_ARCHIVE, _LOOP, Contender("boto3, one gzipped object a batch", "archives.boto3_batch")),
        (Goal(_LOOP.name, 1 / 42, "1/42"),),
        input="changes.jsonl",
    ),
    Workload(
        READ,
        "items",
        (
            Contender("Sluice", "reads.sluice", reporter.HANDLER),
            Contender("resource `Table.scan`", "reads.resource"),
            Contender("resource `Table.scan`, three attributes", "reads.resource_projected"),
            Contender("client paginator", "reads.client"),
            Contender("client paginator, three attributes", "reads.client_projected"),
        ),
        (Goal("resource `Table.scan`", 1 / 20, "1/20"),),
        items=True,
    ),
    *OTHERS,
)


def _start(title: str, ours: Contender, peer: str, part: float, said: str, input_: str) -> Workload:
    boto3 = Contender("boto3, the same clients", peer)
    return Workload(
        f"cold start: {title}", "start", (ours, boto3), (Goal(boto3.name, part, said),), input=input_, cold=True
    )


COLD_STARTS = (
    _start("notifier", _MAILS._replace(name="Sluice"), "mails.boto3_bulk", 1 / 6, "1/6", "person.jsonl"),
    _start("archiver", _ARCHIVE, "archives.boto3_loop", 1 / 6, "1/6", "person.jsonl"),
    _start(
        "importer",
        Contender("Sluice", "starts.sluice_importer", importer.HANDLER),
        "starts.boto3_importer",
        1 / 4.5,
        "1/4.5",
        "small.csv",
    ),
    _start(
        "reporter",
        Contender("Sluice", "starts.sluice_reporter", reporter.HANDLER),
        "starts.boto3_reporter",
        1 / 4.5,
        "1/4.5",
        "",
    ),
)
HANDLERS = {
    "notifier": notifier.HANDLER,
    "archiver": archiver.HANDLER,
    "importer": importer.HANDLER,
    "reporter": reporter.HANDLER,
}
