"""What tests of several folders use."""

import gc
import hashlib
import signal
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from sluice.cloud.embedded import EmbeddedCloud
from sluice.cloud.program import execution as program
from sluice.cloud.program.graph import Graph
from tests.infra.reading import recorded

# The same examples in every run, and no clock: a test fails for what it finds, not by chance or on a busy machine.
# `--hypothesis-profile=default` looks for new examples.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.fixture
def graph_of() -> Callable[..., Graph]:
    """`graph_of("prod")`, `graph_of("prod", preview=True)`."""
    return recorded


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--snapshot` renews the snapshots of the resource graphs."""
    parser.addoption("--snapshot", action="store_true", help="renew the snapshots of the resource graphs")


def pytest_collection_finish() -> None:
    """Spares Python's garbage collector what stays: pulumi-aws, botocore and the tests are a million objects.

    With its own thresholds half of the time of recording a stack goes into looking through them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session")
def embedded_cloud() -> Iterator[EmbeddedCloud]:
    """An emulator that all tests of a process share; each puts its own things into it."""
    with EmbeddedCloud() as cloud:
        yield cloud


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Has Ctrl-C heard, by this process and those that it starts, though whoever started the tests ignores it.

    A shell that is not interactive starts what it puts into the background so, and Python installs no handler then.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of its own, with no state, that is the working directory."""
    for name in ("__main__.py", "handlers", "infra", "sluice"):
        (tmp_path / name).symlink_to(program.ROOT / name)
    for path in (*program.ROOT.glob("Pulumi*.yaml"), program.ROOT / "pipelines.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def make_wheel(tmp_path):
    """Makes a wheel of files (path and text) in a folder of wheels, and returns its path."""

    def make(*files, name="sample", version="1.0", tags="py3-none-any"):
        path = tmp_path / "index" / f"{name}-{version}-{tags}.whl"
        path.parent.mkdir(exist_ok=True)
        info = f"{name}-{version}.dist-info"
        about = [
            (f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"),
            (f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tags}\n"),
            (f"{info}/RECORD", ""),
        ]
        with zipfile.ZipFile(path, "w") as archive:
            for file, text in [*files, *about]:
                archive.writestr(file, text)
        return path

    return make


@pytest.fixture
def make_requirements(tmp_path):
    """Writes a requirements file that pins wheels and finds them in their folder alone."""

    def make(*wheels, markers=""):
        file = tmp_path / "requirements.txt"
        lines = ["--no-index", f"--find-links {tmp_path / 'index'}"]
        hashes: dict[str, list[str]] = {}
        for wheel in wheels:
            name, version = wheel.name.split("-")[:2]
            hashes.setdefault(f"{name}=={version}", []).append(hashlib.sha256(wheel.read_bytes()).hexdigest())
        for pin, digests in hashes.items():
            lines.append(" ".join([pin + markers, *(f"--hash=sha256:{digest}" for digest in digests)]))
        file.write_text("\n".join(lines) + "\n")
        return file

    return make
