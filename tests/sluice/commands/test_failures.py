"""The command on what it is told of failures; where they lie and come from is in tests/sluice/failures."""

import json

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from sluice import cli, target
from sluice.commands import failures as failures_command
from sluice.failures import redriving, sources
from sluice.failures.failure import UNREADABLE, Detail, Discarded, Failure, Redriven
from sluice.failures.lease import UnderWayError
from sluice.target import Target

FAILURE = Failure("stream", "archiver", "RetryAttemptsExhausted", "2026-01-01T00:00:00.000Z", 2, "s3://b/[k]")


@pytest.fixture
def running(monkeypatch):
    monkeypatch.setattr(Target, "greet", lambda _: None)
    monkeypatch.setattr(target, "running", lambda _: Target({"region": "x"}, "http://127.0.0.1:1"))


def sluice(*arguments, given=None):
    return CliRunner().invoke(cli.cli, arguments, input=given)


@pytest.fixture
def found(monkeypatch, running):
    def set_to(*failures, hints=(), others=()):
        monkeypatch.setattr(sources, "LISTED", [lambda _: iter(failures)])
        monkeypatch.setattr(failures_command, "hints", lambda _: iter(hints))
        monkeypatch.setattr(failures_command, "in_other_hands", lambda _: iter(others))
        monkeypatch.setattr(
            sources, "last_errors", lambda _, found: [f"OSError: in {failure.function}" for failure in found]
        )

    return set_to


@pytest.fixture
def redriven(monkeypatch, running):
    def set_to(*results):
        monkeypatch.setattr(failures_command, "in_other_hands", lambda _: iter([]))
        monkeypatch.setattr(redriving, "imported_again", lambda _target, one, _until: one)
        monkeypatch.setattr(sources, "REDRIVEN", [lambda _, wanted: filter(lambda one: wanted(one.failure), results)])

    return set_to


def test_failures_are_shown_with_where_they_lie(found):
    found(FAILURE)
    assert sluice("failures").output == (
        f"{FAILURE.id}  2026-01-01T00:00:00.000Z  archiver  2 records  RetryAttemptsExhausted\n"
        "    s3://b/[k]\n"
        "    OSError: in archiver\n"
        "1 failure: --redrive sends them again, `failures ID` shows one.\n"
    )


FILE = Failure(
    pipeline="import",
    function="importer",
    reason="has no header",
    at="2026-01-01T00:00:00.000Z",
    records=1,
    where="s3://b/incoming/[k].csv",
    file="incoming/[k].csv",
    next_step="mend it",
)


def test_a_file_that_failed_is_shown_as_one_with_the_next_step(found):
    found(FILE, hints=["Look at [rejects]."])
    result = sluice("failures")
    assert result.stdout == (
        f"{FILE.id}  2026-01-01T00:00:00.000Z  incoming/[k].csv  FAILED  has no header\n"
        "    s3://b/incoming/[k].csv\n"
        "    mend it\n"
        "1 failure: --redrive sends them again, `failures ID` shows one.\n"
    )
    assert result.stderr == "Look at [rejects].\n"
    as_json = sluice("failures", "--json")
    assert json.loads(as_json.stdout) == [{"id": FILE.id, **FILE._asdict(), "error": ""}]
    assert as_json.stderr == "Look at [rejects].\n"


def test_a_file_that_was_put_again_is_not_told_as_imported(redriven):
    redriven(Redriven(FILE, done=1, left=0))
    assert (
        "    put again: its import begins again; what fails again comes back here\n"
        in sluice("failures", "--redrive").output
    )


def test_failures_as_json_are_all_that_is_printed(found):
    found(FAILURE)
    assert json.loads(sluice("failures", "--json").stdout) == [
        {"id": FAILURE.id, **FAILURE._asdict(), "error": "OSError: in archiver"}
    ]
    found()
    assert json.loads(sluice("failures", "--json").stdout) == []


def test_redriving_tells_what_was_taken(redriven):
    redriven(Redriven(FAILURE, 2, 0))
    result = sluice("failures", "--redrive")
    assert result.exit_code == 0
    assert result.output.endswith("    2 records taken\n1 failure taken, 0 left.\n")


def test_an_import_that_waits_in_its_queue_again_is_not_told_as_done(redriven):
    redriven(Redriven(FAILURE._replace(pipeline="import"), done=1, left=0))
    told = sluice("failures", "--redrive").output
    assert "    put back into the import queue; what fails again comes back here\n" in told


def test_redriving_fails_where_something_is_left(redriven):
    unreadable = Redriven(FAILURE._replace(reason=UNREADABLE), 0, 0, "this object is not a failure of a stream")
    redriven(Redriven(FAILURE, 1, 1, "SendingError: no"), unreadable)
    result = sluice("failures", "--redrive")
    assert result.exit_code == 1
    assert "    1 record taken, 1 failed again: SendingError: no\n" in result.output
    assert "    not sent: this object is not a failure of a stream\n" in result.output
    assert "left: s3://b/[k]: 1 record taken, 1 failed again: SendingError: no\n" in result.output
    assert result.output.endswith("0 failures taken, 2 left.\n")


def test_redriving_as_json_prints_nothing_else(redriven):
    redriven(Redriven(FAILURE, 2, 0))
    result = sluice("failures", "--redrive", "--json")
    assert json.loads(result.stdout) == [{"id": FAILURE.id, **FAILURE._asdict(), "done": 2, "left": 0, "error": ""}]


def refuse(_target, _wanted=None):
    yield from ()
    raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, "ListObjectsV2")


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_what_may_not_be_looked_at_does_not_hide_the_rest(found, as_json, monkeypatch):
    found(FAILURE)
    monkeypatch.setattr(sources, "LISTED", [refuse, *sources.LISTED])
    result = sluice("failures", *as_json)
    assert result.exit_code == 1
    assert "s3://b/[k]" in result.stdout
    assert result.stderr.startswith("Error: not all failures could be read: AWS: ")
    assert "AccessDenied" in result.stderr


def test_what_may_not_be_looked_at_does_not_keep_the_rest_from_being_sent(redriven, monkeypatch):
    redriven(Redriven(FAILURE, 2, 0))
    monkeypatch.setattr(sources, "REDRIVEN", [refuse, *sources.REDRIVEN])
    result = sluice("failures", "--redrive")
    assert result.exit_code == 1
    assert result.stdout.endswith("\n1 failure taken, 0 left.\n")
    assert "AccessDenied" in result.stderr


# ---- one, some, all


OTHER = FAILURE._replace(where="s3://b/other", function="notifier")


@pytest.fixture
def detailed(monkeypatch, found):
    def set_to(**details):
        known = {"stream": FAILURE, "other": OTHER, "file": FILE}
        held = [(known[name], detail) for name, detail in details.items()]
        chosen = [lambda _, wanted: (one for one in held if wanted(one[0]))]
        monkeypatch.setattr(sources, "DETAILED", chosen)
        monkeypatch.setattr(sources, "traceback", lambda _, one: ["Traceback", f"  in {one.function}\x1b"])
        found()

    return set_to


@pytest.fixture
def discarded(monkeypatch, found):
    """What was discarded; the other failure may not be."""
    done = []

    def discard(_target, wanted):
        for one in filter(wanted, (FAILURE, OTHER, FILE)):
            done.append(one)
            yield Discarded(one, "AccessDenied" if one == OTHER else "")

    monkeypatch.setattr(sources, "DISCARDED", [discard])
    return done


def test_a_failure_is_shown_with_its_records_its_traceback_and_its_attempts(detailed):
    detailed(stream=Detail([{"eventID": "\u674e"}, "\x1b[2J"], attempts=11), other=Detail([]))
    assert sluice("failures", FAILURE.id).output.splitlines() == [
        f"{FAILURE.id}  2026-01-01T00:00:00.000Z  archiver  2 records  RetryAttemptsExhausted",
        "    s3://b/[k]",
        "    tried 11 times",
        "    Traceback",
        "      in archiver\\x1b",
        '    1: {"eventID": "李"}',
        '    2: "\\u001b[2J"',
    ]


@pytest.mark.parametrize("name", [FILE.id, FILE.where, FILE.file])
def test_a_failure_is_named_by_its_id_its_place_or_its_file(detailed, name):
    detailed(stream=Detail([]), file=Detail([{"status": "FAILED"}], trace=("its own",)))
    (shown,) = json.loads(sluice("failures", name, "--json").stdout)
    assert shown == {
        "id": FILE.id, **FILE._asdict(), "error": "", "traceback": ["its own"], "attempts": None,
        "content": [{"status": "FAILED"}],
    }  # fmt: skip


@pytest.mark.parametrize("what", [[], ["--redrive"], ["--discard"]])
def test_a_failure_that_is_not_there_is_told_and_the_others_are_done(detailed, discarded, redriven, what):
    detailed(stream=Detail([]))
    redriven(Redriven(FAILURE, 2, 0))
    result = sluice("failures", "nope", FAILURE.id, *what)
    assert result.exit_code == 1
    assert result.stdout.startswith(FAILURE.id)
    assert result.stderr.endswith("Error: there is no failure nope: `python -m sluice failures` lists all\n")


def test_only_what_is_named_is_sent_again(redriven):
    redriven(Redriven(FAILURE, 2, 0), Redriven(OTHER, 2, 0))
    assert [one["where"] for one in json.loads(sluice("failures", OTHER.id, "--redrive", "--json").stdout)] == [
        OTHER.where
    ]


def test_only_what_is_named_is_discarded_and_nobody_is_asked(found, discarded):
    result = sluice("failures", "--discard", FAILURE.id)
    assert (result.exit_code, discarded) == (0, [FAILURE])
    assert result.stdout.endswith("    s3://b/[k]\n    discarded\n")


def test_all_are_discarded_only_by_who_says_so(found, discarded):
    found(FAILURE)
    result = sluice("failures", "--discard")
    assert (result.exit_code, discarded) == (2, [])
    assert "this would discard all failures: name IDs, or add --yes" in result.stderr


@pytest.mark.parametrize(("answer", "gone"), [("y\n", [FAILURE]), ("n\n", [])])
def test_on_a_terminal_one_is_asked_before_all_are_discarded(found, discarded, monkeypatch, answer, gone):
    found(FAILURE)
    monkeypatch.setattr(failures_command, "somebody_answers", lambda: True)
    result = sluice("failures", "--discard", given=answer)
    assert "Remove 1 failure for good? [y/N]" in result.stderr
    assert discarded == gone


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_what_failed_since_all_were_listed_is_not_discarded(found, discarded, as_json):
    found(FAILURE, OTHER)  # and FILE comes meanwhile
    result = sluice("failures", "--discard", "--yes", *as_json)
    assert (result.exit_code, discarded) == (1, [FAILURE, OTHER])
    assert "AccessDenied" in result.stdout


def test_sending_again_and_removing_contradict_each_other(found):
    assert sluice("failures", "--discard", "--redrive").exit_code == 2


def test_a_file_that_failed_anew_since_it_was_listed_is_not_discarded(found, discarded):
    found(FILE._replace(at="2025-12-31T00:00:00.000Z"))
    assert sluice("failures", "--discard", "--yes").exit_code == 0
    assert discarded == []


# ---- why, and who else


def test_a_redrive_that_is_under_way_is_told(redriven, monkeypatch):
    redriven(Redriven(FAILURE, 2, 0))

    def taken(_):
        raise UnderWayError("a redrive by ann@laptop is under way since 09:05: wait for it")

    monkeypatch.setattr(redriving, "lease", taken)
    result = sluice("failures", "--redrive")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: a redrive by ann@laptop is under way since 09:05: wait for it\n"


def test_what_is_in_other_hands_is_told_beside_the_list(found):
    found(others=["2 failures of import/items more"])
    result = sluice("failures")
    assert (result.stdout, result.stderr) == ("0 failures.\n", "2 failures of import/items more\n")


def test_a_record_that_was_handed_back_is_told_with_what_the_log_says_of_it(redriven, monkeypatch):
    redriven(Redriven(FAILURE, 1, 1, "it handed them back", handed_back="7"))
    monkeypatch.setattr(redriving, "said_of", lambda _, function, number, since: f"{function}: record {number} no")
    told = sluice("failures", "--redrive").output
    assert "    1 record taken, 1 failed again: it handed them back: archiver: record 7 no\n" in told


def test_a_file_that_failed_again_is_told_with_why(redriven, monkeypatch):
    redriven(Redriven(FILE, done=1, left=0))
    again = Redriven(FILE, 0, 1, "failed again: has no header")
    monkeypatch.setattr(redriving, "imported_again", lambda *_: again)
    result = sluice("failures", "--redrive")
    assert result.exit_code == 1
    assert result.output.endswith("incoming/[k].csv: failed again: has no header\n0 failures taken, 1 left.\n")
