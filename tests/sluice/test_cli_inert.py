"""What others wrote (keys, names, log lines, answers) is shown as text by every command: D4 of the cases, and more."""

import ast
import io
import json
import logging
import re
import subprocess
import sys
import threading
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console

from sluice import cli, events, state, target, terminal
from sluice.cloud.emulator import outbox
from sluice.cloud.program.execution import ROOT
from sluice.cloud.triggers.streams import events as streams
from sluice.commands import failures as failures_command
from sluice.commands import imports as imports_command
from sluice.commands import report as report_command
from sluice.failures import sources
from sluice.failures.failure import Detail, Discarded, Failure, Redriven
from sluice.target import Target

OBEYED = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What a terminal obeys, or makes a line or another direction of."""
STYLE = re.compile(r"\x1b\[[0-9;]*m")
HOSTILE = [
    "a\x1b]0;pwned\x07\x1b[31mRED.csv",
    "x\x1b[2K\x1b[1A\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\.txt",
    "fake.csv  SUCCEEDED  9     9        0         1/1     2026\n7 imports.\nincoming/z.bin",
    "\x9b31mC1.csv",
    "q\u202evsc.csv",
    "[red]r[/] [link=http://evil.example]l[/link] [@click=x]c[/] :warning: [/] \\[b]\\",
    "a\u2028b\u2029c\x85d\re\x0bf\x0cg\th\x7fi\udcffj\u2066k",
]


def inert(text, lines=None):
    """Whether a terminal would show this output as it is, in so many lines."""
    shown = text.removesuffix("\n").split("\n")
    return not OBEYED.search("".join(shown)) and (lines is None or len(shown) == lines)


def sluice(*arguments):
    return CliRunner().invoke(cli.cli, arguments)


@pytest.fixture(params=HOSTILE)
def hostile(request):
    return request.param


@pytest.fixture
def running(monkeypatch):
    def run(**outputs):
        ready = state.Running("local", 1, "http://127.0.0.1:4566", "eu-north-1", {"region": "eu-north-1", **outputs})
        monkeypatch.setattr(target, "chosen", lambda _stack: ready)

    run()
    return run


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m\x07\x00\x7f", r"\x1b[31m\x07\x00\x7f"),
        ("\x9b31m", r"\x9b31m"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("q\u202evsc\u2066\u200e\u061c", r"q\u202evsc\u2066\u200e\u061c"),
        ("\u2028\u2029\x85", r"\u2028\u2029\x85"),
        ("\udcff", r"\udcff"),
        ("Søren 李小龍 👩‍👩‍👧 می‌خواهم O'Brien & Söhne \\ [b]", "Søren 李小龍 👩‍👩‍👧 می‌خواهم O'Brien & Söhne \\ [b]"),
    ],
)
def test_controls_are_shown_as_escapes_and_letters_as_they_are(text, shown):
    assert terminal.printable(text) == shown


@given(st.text(st.characters() | st.sampled_from("[]\\/:=red\x1b\x9b\n\u202e")))
@example("[red]")
@example("\\")
def test_a_line_is_the_texts_that_it_is_made_of(text):
    told = io.StringIO()
    printer = Console(file=told, highlight=False, soft_wrap=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(terminal, "out", printer)
        terminal.say(text, (text, "red"), "[/]")
    assert told.getvalue() == f"{terminal.printable(text) * 2}[/]\n"
    assert inert(told.getvalue(), 1)


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
@example(HOSTILE)
def test_json_stays_the_same_value_and_holds_nothing_that_a_terminal_obeys(value):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", told := io.StringIO())
        terminal.print_json(value)
    assert json.loads(told.getvalue()) == value
    assert inert(told.getvalue())


def test_json_keeps_letters_as_they_are(capsys):
    terminal.print_json({"name": "Åsa 💡"})
    assert '"name": "Åsa 💡"' in capsys.readouterr().out


def test_on_a_terminal_there_is_no_escape_but_of_our_own_styles(hostile, monkeypatch):
    told = io.StringIO()
    for name in ("out", "err"):
        monkeypatch.setattr(terminal, name, Console(file=told, force_terminal=True, width=120, soft_wrap=True))
    terminal.say((hostile, "red"), hostile)
    terminal.note(hostile)
    terminal.print_table((hostile, "x"), (hostile, (hostile, "green")))
    terminal.print_heading(hostile)
    assert inert(STYLE.sub("", told.getvalue()))
    told.truncate(0)
    with terminal.status(hostile) as tell:
        tell(hostile)
    with terminal.Bars() as bars:
        bars.show(1, hostile, hostile, 1, 2)
    moved = re.sub(r"\x1b\[\??[0-9;]*[mlhAK]|\r", "", told.getvalue().lstrip("\0"))
    assert inert(moved.replace("\n", ""))


def test_outputs(running, hostile):
    running(archive_bucket_name=hostile, groups={hostile: hostile})
    assert inert(sluice("outputs").stdout, 3)
    assert inert(sluice("outputs", "--json").stdout)


def test_outbox(running, hostile, monkeypatch):
    mail = dict.fromkeys(("from", "subject", "text", "html", "sent_at"), hostile) | {"to": [hostile, hostile]}
    monkeypatch.setattr(outbox, "mails", lambda *_, **__: [mail])
    assert inert(sluice("outbox").stdout, 3)
    assert json.loads(sluice("outbox", "--json").stdout) == [mail]


def entry(hostile):
    texts = dict.fromkeys(("version", "status", "started_at", "finished_at", "error"), hostile)
    counts = [f"rows_{name}" for name in ("read", "written", "rejected", "skipped")]
    numbers = (*counts, "bytes_read", "bytes_total", "chunks_total", "chunks_done")
    return {"object": f"bucket/incoming/{hostile}", **texts, **dict.fromkeys(numbers, 1)}


def test_imports(running, hostile, monkeypatch):
    monkeypatch.setattr(imports_command, "entries", lambda _imports: [entry(hostile)])
    running(imports={})
    assert inert(sluice("imports").stdout, 4)  # header, row, reason, count
    assert inert(sluice("imports", "--json").stdout)


def test_the_dry_run_of_an_import(checkout, tmp_path, hostile):
    safe = hostile.replace("\n", "").replace("\t", "")
    rows = "\n".join([f"id,{safe},c", safe, f'"{safe}', f"1,{safe},3,4"])
    file = tmp_path / f"{hostile.encode(errors='replace').decode().replace('/', '')}.csv"
    file.write_bytes(rows.encode("utf-8", "surrogatepass"))
    for result in (sluice("import", str(file), "--dry-run"), sluice("import", f"{file}x", "--dry-run")):
        assert result.exit_code in (1, 2)
        assert inert(result.stdout)
        assert inert(result.stderr)
    unknown = file.rename(file.with_suffix(".xlsx"))
    result = sluice("import", str(unknown), "--dry-run")
    assert result.stderr.startswith("Error: ")
    assert inert(result.stderr, 1)


def test_failures(running, hostile, monkeypatch):
    failure = Failure("stream", hostile, hostile, hostile, 1, hostile)
    monkeypatch.setattr(sources, "LISTED", [lambda _: iter([failure])])
    monkeypatch.setattr(sources, "last_errors", lambda _, failures: [hostile] * len(failures))
    monkeypatch.setattr(Target, "greet", lambda _: None)
    monkeypatch.setattr(failures_command, "in_other_hands", lambda _: [hostile])
    monkeypatch.setattr(sources, "traceback", lambda *_: [hostile])
    for name, held in {
        "REDRIVEN": [Redriven(failure, 0, 1, hostile)] * 2,
        "DETAILED": [(failure, Detail([hostile, {hostile: hostile}], 2))],
        "DISCARDED": [Discarded(failure, hostile)],
    }.items():
        monkeypatch.setattr(sources, name, [lambda _target, wanted, held=held: filter(lambda _: wanted(failure), held)])
    assert inert(sluice("failures").stdout, 4)
    assert inert(sluice("failures", "--json").stdout)
    result = sluice("failures", "--redrive")
    assert inert(result.stdout, 9)  # three lines each, one each of what is left, the count
    assert inert(result.stderr)
    shown = sluice("failures", hostile)
    assert inert(shown.stdout, 6)  # two lines, attempts, traceback, two records
    assert inert(shown.stderr)
    assert inert(sluice("failures", "--discard", hostile).stdout, 3)


def test_report(running, hostile, monkeypatch):
    table = {"name": hostile, "count": 3, "approximate": True, "items": [{"name": hostile, "date": hostile}]}
    report = {"groups": {hostile: {"label": hostile, "total": 3, "tables": [table]}}}
    monkeypatch.setattr(report_command, "run", lambda _pipeline: report)
    running(reports={"tables": {"bucket_name": hostile}})
    assert inert(sluice("report").stdout, 5)
    assert json.loads(sluice("report", "--json").stdout) == report


def test_what_happens_while_it_runs(capsys, hostile):
    names = (hostile, hostile, hostile)
    shown = [
        streams.Invoked(*names, 1, 0.1, 0, None, 0),
        streams.Invoked(*names, 1, 0.1, 0, hostile, 1),
        streams.Bisected(*names, 2, (1, 1)),
        streams.Discarded(*names, 1, hostile, hostile),
        streams.Delayed(*names, hostile, hostile, False, 1.0),
        events.Fired(hostile, hostile, hostile, None),
        events.Fired(hostile, hostile, hostile, hostile),
    ]
    for event in shown:
        events.Display().show(event)
    events.show_mail({"to": [hostile], "subject": hostile, "sent_at": hostile})
    events.show_import(entry(hostile))
    assert inert(capsys.readouterr().out, len(shown) + 2)


def test_errors_are_one_line_unless_we_made_them_several(hostile):
    error = click.ClickException(hostile)
    with pytest.raises(click.ClickException), cli._errors_as_text():
        raise error
    assert inert(error.format_message(), 1)
    assert inert(terminal.error_text(terminal.Listing(f"two mistakes:\n  {hostile.replace(chr(10), '')}")), 2)
    for usage in (["--" + hostile], [hostile], ["up", "--port", hostile], ["import", "/" + hostile.replace("\0", "")]):
        told = sluice(*usage).stderr
        assert inert(told)
        assert told.splitlines()[-1].startswith("Error: ")


@pytest.mark.parametrize("error", ["StateError", "ClientError"])
def test_errors_of_the_state_and_of_aws_are_one_line(hostile, error, monkeypatch):
    from botocore.exceptions import ClientError

    made = {
        "StateError": state.StateError(hostile),
        "ClientError": ClientError({"Error": {"Code": "X", "Message": hostile}}, "Get"),
    }

    def fail(**_):
        raise made[error]

    monkeypatch.setattr(cli, "cli", fail)
    monkeypatch.setattr(terminal, "guard_the_rest", lambda: None)
    with pytest.raises(SystemExit) as raised:
        cli.main()
    assert inert(str(raised.value.code), 1)


def test_what_a_log_or_a_crash_prints(hostile, capsys, monkeypatch):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging.root, "handlers", [])
        patch.setattr(sys, "excepthook", None)
        patch.setattr(threading, "excepthook", None)
        terminal.guard_the_rest()
        try:
            raise ValueError(hostile)
        except ValueError as error:
            logging.getLogger("x").exception("handling %s failed", hostile)
            crash, hook = error, sys.excepthook
            hook(ValueError, error, error.__traceback__)
            threading.excepthook(SimpleNamespace(exc_value=error))
    told = capsys.readouterr().err
    assert inert(told)
    begun = [line for line in told.splitlines() if not line.startswith("  ")]
    assert len(begun) == 3  # the line of the log, and the head of each traceback: nothing poses as a line of ours
    assert told.count(terminal.printable(str(crash).split("\n")[0])) >= 3


def test_a_process_that_crashes_shows_its_error_as_text():
    ended = subprocess.run(
        [sys.executable, "-c", "from sluice import terminal as t; t.guard_the_rest(); raise ValueError('a\\x1b[31mb')"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert "ValueError: a\\x1b[31mb" in ended.stderr
    assert inert(ended.stderr)


MODULES = sorted(path for path in (ROOT / "sluice").rglob("*.py") if path.name != "terminal.py")


def past_the_terminal(tree):
    """Names of a module by which it could print past the terminal."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names) | ast.ImportFrom(names=names, module=None):
                yield from (one.name for one in names if one.name.split(".")[0] in ("rich", "warnings"))
            case ast.ImportFrom(module=module, names=names):
                yield from [module] * (module.split(".")[0] in ("rich", "warnings"))
                yield from (one.name for one in names if one.name in ("out", "err", "stdout", "stderr", "echo"))
            case ast.Call(func=ast.Name(id="print" | "input")):
                yield "print"
            case ast.Attribute(attr="echo" | "secho" | "echo_via_pager" | "confirm" | "prompt" as name):
                yield name
            case ast.Attribute(
                value=ast.Name(id="sys"), attr="stdout" | "stderr" | "__stdout__" | "__stderr__" as name
            ):
                yield name
            case ast.Attribute(value=ast.Name(id="terminal"), attr="out" | "err" as name):
                yield name
            case ast.Call(func=ast.Attribute(attr="write"), args=[ast.Constant(value=1 | 2), *_]):
                yield "os.write"
            case ast.Call(func=ast.Attribute(value=ast.Name(id="sys"), attr="exit"), args=[given]):
                is_text = any(f"{name}(" in ast.unparse(given) for name in ("printable", "terminal.error_text"))
                if not is_text and not isinstance(given, ast.Constant | ast.Compare):
                    yield "sys.exit"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_prints_past_the_terminal(module):
    assert list(past_the_terminal(ast.parse(module.read_text()))) == ALLOWED.get(module.name, [])


ALLOWED = {
    "detaching.py": ["stderr"],
    "__main__.py": ["sys.exit", "print", "print", "sys.exit", "stderr"],
    "fitting.py": ["rich.cells", "rich.console", "rich.text"],
}
"""One flushes its standard error before it hands it over; one runs where the module cannot be imported, and prints its
own words and version; one cuts the lines that the module prints, and prints none."""


@pytest.mark.parametrize(
    "code",
    [
        "print(x)", "click.echo(x)", "sys.stdout.write(x)", "from rich.console import Console", "import rich",
        "from sluice.terminal import out", "terminal.err.print(x)", "sys.exit(f'{x}')",
        "os.write(1, x)",
    ],
)  # fmt: skip
def test_what_would_print_past_it_is_found(code):
    assert list(past_the_terminal(ast.parse(code)))


def test_there_are_modules_to_look_at():
    assert {"cli.py", "events.py", "up.py", "scene.py"} <= {path.name for path in MODULES}
