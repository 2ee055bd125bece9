import re
import stat

import click
import pytest
from click.testing import CliRunner

from sluice import cli, crashes, state


def crash(root, error, stack="local", *, armed=True):
    def run():
        with crashes.left_behind(root, stack) as guard, state.hold(root, stack):
            guard.armed = armed
            raise error

    with pytest.raises(type(error)):
        run()


def plain(lines):
    return ["".join(part if isinstance(part, str) else part[0] for part in line) for line in lines]


def sluice(*arguments):
    return CliRunner().invoke(cli.cli, arguments)


def test_a_reason_is_left_beside_the_folder_and_shown_once(tmp_path):
    crash(tmp_path, KeyError("x\n\x1b[31m"))
    assert [path.name for path in (tmp_path / ".sluice").iterdir()] == ["local.crash"]
    first, *trace = plain(crashes.shown_once(tmp_path))
    assert re.fullmatch(r"Stack local ended on its own: KeyError: 'x\\n\\x1b\[31m' \(20[-\d]+T[:\d]+Z\)", first)
    assert trace[0] == "  Traceback (most recent call last):"
    assert any("test_crashes.py" in line for line in trace)
    assert crashes.shown_once(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_reason_of_our_own_is_a_line(tmp_path):
    crash(tmp_path, click.ClickException("the emulator ended on its own;\nnothing is running"))
    (line,) = plain(crashes.shown_once(tmp_path))
    assert line.startswith("Stack local ended on its own: the emulator ended on its own; nothing is running (20")


def test_a_reason_is_for_its_owner_alone(tmp_path):
    crash(tmp_path, KeyError("x"))
    assert stat.S_IMODE((tmp_path / ".sluice" / "local.crash").stat().st_mode) == 0o600


def test_what_somebody_saw_leaves_nothing(tmp_path):
    crash(tmp_path, KeyError("x"), armed=False)
    crash(tmp_path, KeyboardInterrupt())
    assert list(tmp_path.iterdir()) == []


def test_the_last_reason_counts(tmp_path):
    crash(tmp_path, click.ClickException("one"))
    crash(tmp_path, click.ClickException("\udcff two"))
    (line,) = plain(crashes.shown_once(tmp_path))
    assert line.startswith(r"Stack local ended on its own: \udcff two (")


def test_a_reason_is_no_stack_that_runs(tmp_path):
    crash(tmp_path, KeyError("x"))
    assert (state.places(tmp_path), state.running(tmp_path)) == ([], [])
    with state.hold(tmp_path, "local"):
        assert [place.name for place in state.places(tmp_path)] == ["local"]


def test_down_shows_it_and_leaves_nothing(checkout):
    crash(checkout, click.ClickException("no emulator"), "dev")
    assert sluice("down", "--stack", "local").exit_code == 1
    result = sluice("down")
    assert result.exit_code == 0
    assert result.stdout.startswith("Stack dev ended on its own: no emulator (20")
    assert result.stdout.count("\n") == 1
    assert not (checkout / ".sluice").exists()
    assert sluice("down").exit_code == 1


@pytest.mark.parametrize("detach", [[], ["--detach"]])
def test_the_next_up_shows_it(checkout, detach, monkeypatch):
    def refuse(*_, **__):
        raise click.ClickException("not now")

    monkeypatch.setattr("sluice.interruption.listen", lambda: None)
    monkeypatch.setattr("sluice.detaching.start", refuse)
    monkeypatch.setattr("sluice.commands.up._run", refuse)
    crash(checkout, click.ClickException("no emulator"))
    shown, error = sluice("up", *detach).stderr.splitlines()
    assert shown.startswith("Stack local ended on its own: no emulator (20")
    assert error == "Error: not now"
    assert sluice("up", *detach).stderr == "Error: not now\n"


def test_a_damaged_file_is_shown_as_it_is(tmp_path):
    (tmp_path / ".sluice").mkdir()
    (tmp_path / ".sluice" / "local.crash").write_bytes(b"\xff")
    assert plain(crashes.shown_once(tmp_path)) == ["Stack local ended on its own: \ufffd"]


def test_a_reason_that_cannot_be_written_hides_no_error(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(crashes, "_leave", full)
    crash(tmp_path, KeyError("x"))
