import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice import state
from sluice.cloud.program.execution import ROOT
from sluice.state import Running, StateError

READY = Running("local", 1, "http://127.0.0.1:4566", "eu-north-1", {"region": "eu-north-1"})

HOLDER = """
import sys, time
from pathlib import Path
from sluice import state
with state.hold(Path(sys.argv[1]), sys.argv[2]) as held:
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """Another process that holds the stack `local`, until its standard input closes."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path), "local"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_nothing_runs_where_nothing_was_started(tmp_path):
    assert state.running(tmp_path) == []
    assert state.places(tmp_path) == []
    assert state.holder(state.place_of(tmp_path, "local")) is None


def test_a_stack_is_seen_once_it_is_ready_and_no_longer(tmp_path):
    with state.hold(tmp_path, "local"):
        assert state.running(tmp_path) == []
        state.publish(tmp_path, READY)
        assert state.running(tmp_path) == [READY]
    assert state.running(tmp_path) == []


@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_what_is_known_is_for_its_owner_alone(tmp_path, umask):
    before = os.umask(umask)
    try:
        with state.hold(tmp_path, "local") as held:
            os.umask(0)
            state.publish(tmp_path, READY)
            modes = {
                path.name: oct(path.stat().st_mode & 0o777) for path in [tmp_path / ".sluice", *held.place.iterdir()]
            }
            assert modes == {".sluice": "0o700", "lock": "0o600", "state.json": "0o600"}
            assert oct(held.place.stat().st_mode & 0o777) == "0o700"
    finally:
        os.umask(before)


def test_a_folder_that_an_older_version_left_open_is_shut(tmp_path):
    (tmp_path / ".sluice" / "local").mkdir(parents=True)
    for folder in (tmp_path / ".sluice", tmp_path / ".sluice" / "local"):
        folder.chmod(0o755)
    with state.hold(tmp_path, "local") as held:
        assert [oct(folder.stat().st_mode & 0o777) for folder in (held.place.parent, held.place)] == ["0o700", "0o700"]


def test_nothing_is_left_at_the_end(tmp_path):
    with state.hold(tmp_path, "local") as held:
        (held.place / "tmp").mkdir()
        (held.place / "tmp" / "file").write_text("left by a function")
    assert list(tmp_path.iterdir()) == []


def test_the_end_of_one_stack_leaves_the_other(tmp_path):
    with state.hold(tmp_path, "dev"):
        with state.hold(tmp_path, "local"):
            assert [place.name for place in state.places(tmp_path)] == ["dev", "local"]
        assert [place.name for place in state.places(tmp_path)] == ["dev"]


def test_nothing_is_left_of_a_start_that_fails(tmp_path):
    with pytest.raises(ZeroDivisionError), state.hold(tmp_path, "local"):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_the_same_stack_is_refused_twice(tmp_path, other):
    with pytest.raises(StateError, match="stack local runs already"), state.hold(tmp_path, "local"):
        pass
    assert state.holder(state.place_of(tmp_path, "local")) == other.pid


def test_the_refusal_of_a_second_one_says_where_the_first_is(tmp_path, other):
    state.publish(tmp_path, READY)
    with (
        pytest.raises(StateError, match=f"stop it with `python -m sluice down`, or use it at {READY.endpoint}$"),
        state.hold(tmp_path, "local"),
    ):
        pass


def test_what_is_left_of_a_crash_is_not_taken_for_running(tmp_path, other):
    state.publish(tmp_path, READY)
    assert state.running(tmp_path) == [READY]
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert state.running(tmp_path) == []


def test_what_is_left_of_a_crash_is_no_obstacle_and_goes(tmp_path, other):
    state.publish(tmp_path, READY)
    (state.place_of(tmp_path, "local") / "tmp").mkdir()
    other.send_signal(signal.SIGKILL)
    other.wait()
    with state.hold(tmp_path, "local") as held:
        assert [path.name for path in held.place.iterdir()] == ["lock"]


def test_the_lock_is_taken_until_whoever_inherited_it_has_ended(tmp_path):
    with state.hold(tmp_path, "local") as held, state.watched(held.place) as watched:
        heir = subprocess.Popen(["sleep", "600"], pass_fds=[held.lock])
        os.close(held.lock)
        assert state.holder_of(watched) == os.getpid()
        heir.kill()
        heir.wait()
        assert state.holder_of(watched) is None


def test_a_watched_lock_tells_the_end_also_when_the_folder_is_gone(tmp_path, other):
    with state.watched(state.place_of(tmp_path, "local")) as watched:
        assert state.holder_of(watched) == other.pid
        other.stdin.close()
        other.wait()
        assert not state.place_of(tmp_path, "local").exists()
        assert state.holder_of(watched) is None


def test_clearing_leaves_what_is_held(tmp_path, other):
    state.clear(state.place_of(tmp_path, "local"))
    assert state.holder(state.place_of(tmp_path, "local")) == other.pid


def test_clearing_removes_what_a_crash_left(tmp_path, other):
    other.send_signal(signal.SIGKILL)
    other.wait()
    state.clear(state.place_of(tmp_path, "local"))
    assert list(tmp_path.iterdir()) == []


def test_of_many_at_once_one_holds_a_stack(tmp_path):
    def try_to_hold(_):
        command = [sys.executable, "-c", HOLDER, str(tmp_path), "local"]
        return subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    with ThreadPoolExecutor(4) as pool:
        processes = list(pool.map(try_to_hold, range(4)))
        said = [next(iter(process.stdout or ()), "") for process in processes]
    for process in processes:
        process.communicate()
    assert sorted(said) == ["", "", "", "held\n"]
    assert list(tmp_path.iterdir()) == []


@given(st.dictionaries(st.text(), st.text() | st.dictionaries(st.text(), st.text())))
def test_outputs_are_read_as_they_were_published(tmp_path_factory, outputs):
    root = tmp_path_factory.mktemp("root")
    with state.hold(root, "local"):
        state.publish(root, READY._replace(outputs=outputs))
        assert state.running(root)[0].outputs == outputs


def test_a_checkout_is_found_from_within(checkout, monkeypatch):
    (checkout / "docs" / "deep").mkdir(parents=True)
    monkeypatch.chdir(checkout / "docs" / "deep")
    assert state.checkout() == checkout


def test_another_pulumi_project_within_is_passed_over(checkout, monkeypatch):
    (checkout / "examples").mkdir()
    (checkout / "examples" / "Pulumi.yaml").write_text("name: another\n")
    monkeypatch.chdir(checkout / "examples")
    assert state.checkout() == checkout


@pytest.mark.parametrize("name", ["Pulumi.yaml", ".sluice/local/lock"])
def test_elsewhere_a_project_counts_or_a_cloud_that_runs(tmp_path, monkeypatch, name):
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).touch()
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    assert state.checkout() == tmp_path


def test_outside_of_a_project_is_an_error(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StateError, match="is not in a Pulumi project, and nothing runs in it"):
        state.checkout()


def test_a_stack_put_beside_another_is_seen_by_whoever_asks_for_it_and_ends_with_it(tmp_path):
    beside = READY._replace(stack="../shop/local")
    with state.hold(tmp_path, "local"):
        state.publish(tmp_path, READY)
        state.publish_beside(tmp_path, beside, "local")
        assert state.running(tmp_path) == [READY]
        assert state.beside(tmp_path, "local") == [beside]
    assert state.beside(tmp_path, "local") == []
