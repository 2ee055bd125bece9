"""A program of one's own where only the wheel is installed: its tests, its cloud, its handler at work."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import xmltodict

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.program.execution import ROOT
from tests import clients
from tests.stacks import eventually
from tests.wheels import Environment, install

pytestmark = pytest.mark.e2e

HANDLER = "handlers/warehouse"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return install(tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def program(tmp_path: Path, make_wheel, make_requirements, environment: Environment) -> Iterator[Path]:
    """The example in a folder of its own, with packages of all the names that Sluice's repository has."""
    folder = tmp_path / "shop"
    shutil.copytree(ROOT / "examples/own-program", folder, ignore=shutil.ignore_patterns(".build", "__pycache__"))
    for name in ("local", "policies"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(f"NAME = 'our own {name}'\n")
    with (folder / "__main__.py").open("a") as main:
        main.write("import local, policies\npulumi.export('own', [local.NAME, policies.NAME])\n")
    # The suite has no network: its package comes from a folder.
    wheel = make_wheel(("xmltodict.py", Path(xmltodict.__file__).read_text()), name="xmltodict", version="1.0.4")
    make_requirements(wheel).rename(folder / HANDLER / "requirements.txt")
    yield folder
    if (folder / ".sluice").exists():
        environment.run(environment.sluice, "down", cwd=folder)


def test_it_is_tested_run_and_looked_after_with_the_wheel_alone(program: Path, environment: Environment) -> None:
    def sluice(*arguments: object) -> str:
        return environment.run(environment.sluice, *arguments, cwd=program)

    assert "6 passed" in environment.run(environment.python, "-m", "pytest", "-q", cwd=program)

    assert sluice("up", "--program", ".", "--detach").startswith("Stack local runs")
    outputs = json.loads(sluice("outputs", "--json"))
    assert outputs["own"] == ["our own local", "our own policies"]
    endpoint = json.loads((program / ".sluice/local/state.json").read_text())["endpoint"]
    orders, s3 = clients.table(endpoint, outputs["table_name"]), Cloud(endpoint, outputs["region"]).client("s3")
    orders.put_item(Item={"orderId": "o-1", "lines": ["2 lamps"]})
    orders.put_item(Item={"orderId": "o-2"})

    bucket = outputs["files_bucket_name"]
    assert eventually(lambda: s3.list_objects_v2(Bucket=bucket).get("Contents"))[0]["Key"] == "orders/o-1.xml"
    text = s3.get_object(Bucket=bucket, Key="orders/o-1.xml")["Body"].read()
    assert xmltodict.parse(text) == {"order": {"orderId": "o-1", "lines": "2 lamps"}}
    (failure,) = eventually(lambda: json.loads(sluice("failures", "--json")))
    assert (failure["reason"], failure["records"]) == ("RetryAttemptsExhausted", 1)

    assert sluice("down") == "Stack local stopped.\n"
    assert not (program / ".sluice").exists()


def test_a_cloud_is_started_without_a_program_and_ended(environment: Environment, tmp_path: Path) -> None:
    def sluice(*arguments: object) -> str:
        return environment.run(environment.sluice, *arguments, cwd=tmp_path)

    assert sluice("up", "--empty", "--detach").startswith("A cloud without a program runs")
    endpoint = json.loads((tmp_path / ".sluice/empty/state.json").read_text())["endpoint"]
    assert Cloud(endpoint, "eu-north-1").client("dynamodb").list_tables()["TableNames"] == []
    assert sluice("failures") == "0 failures.\n"
    assert sluice("down") == "Stack empty stopped.\n"
    assert list(tmp_path.iterdir()) == []
