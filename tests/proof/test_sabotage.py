"""Sabotage: each guard is turned off by one edit to a copy of the tree, and the tests that keep it are seen to fail.

In the full form only. An edit whose text is gone fails too: then the guard has moved, and so must its sabotage.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from sluice.cloud.program.execution import ROOT


class Sabotage(NamedTuple):
    """One edit, and the test files that must notice."""

    guard: str
    file: str
    old: str
    new: str
    noticed_by: str
    """A test, or a file of tests of which at least one fails."""


SABOTAGES = (
    Sabotage(
        "marks read before sending",
        "handlers/notifier/marks.py",
        '        return {item[MARK_KEY]["S"] for answer in answers',
        '        return {"" for answer in answers',
        "tests/handlers/notifier/test_delivery.py tests/handlers/notifier/test_marks.py",
    ),
    Sabotage(
        "partial batch response",
        "infra/stream_consumer.py",
        'function_response_types=["ReportBatchItemFailures"],',
        "function_response_types=[],",
        "tests/infra/test_stream_consumer.py tests/policies/test_rules.py",
    ),
    Sabotage(
        "partial batch response of the importer",
        "handlers/importer/queue/message_batch.py",
        '        self.failed.append(message["messageId"])\n',
        "",
        "tests/handlers/importer/queue/test_message_batch.py tests/handlers/importer/test_handler.py",
    ),
    Sabotage(
        "version check",
        "handlers/importer/ledger/ledger.py",
        "if _is_late(file, current, entry):",
        "if False:",
        "tests/handlers/importer/ledger/test_ledger.py tests/handlers/importer/test_worker.py",
    ),
    Sabotage(
        "a step and its counts are one transaction, once",
        "handlers/importer/ledger/entries.py",
        '    progress.where("owner", "=", lease.owner).where("offset", "=", lease.position.offset)\n',
        "",
        "tests/handlers/importer/ledger/test_ledger.py tests/handlers/importer/test_worker.py",
    ),
    Sabotage(
        "backoff",
        "handlers/shared/deadlines.py",
        "return share() * min(longest, first * 2 ** min(attempt, 16))",
        "return 0.0",
        "tests/handlers/shared/test_deadlines.py tests/handlers/shared/aws/test_batch_writer.py",
    ),
    Sabotage(
        "escaping of mails",
        "handlers/notifier/content.py",
        '        .replace("<", "&lt;")\n',
        "",
        "tests/handlers/notifier/test_content.py",
    ),
    Sabotage(
        "a policy statement",
        "infra/archiver.py",
        'f"/{environment.PREFIX}*")],',
        'f"/none/*")],',
        "tests/infra/test_archiver.py",
    ),
    Sabotage(
        "a spare permission",
        "infra/archiver.py",
        '["s3:PutObject"],',
        '["s3:PutObject", "s3:GetObject"],',
        "tests/infra/test_archiver.py",
    ),
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what is under version control, its environment linked."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(lambda name: (ROOT / name).is_file(), listed.splitlines()):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    return tmp_path


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=lambda sabotage: sabotage.guard.replace(" ", "-"))
def test_the_suite_notices(copy, full, promised, sabotage):
    if not full:
        pytest.skip("in the full form only: make proof")
    path = copy / sabotage.file
    text = path.read_text()
    assert text.count(sabotage.old) == 1, "the guard is not where the sabotage looks for it"
    path.write_text(text.replace(sabotage.old, sabotage.new))
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *sabotage.noticed_by.split()]
    ran = subprocess.run(command, check=False, cwd=copy, capture_output=True, text=True, timeout=300)
    failed = [line.removeprefix("FAILED ") for line in ran.stdout.splitlines() if line.startswith("FAILED ")]
    promised(f"without {sabotage.guard}: {failed[0].split(' - ')[0] if failed else 'nobody notices'}", cases=1)
    assert ran.returncode == 1, ran.stdout[-2000:] + ran.stderr[-2000:]
    assert failed
