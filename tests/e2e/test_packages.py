"""A function of another project, with packages, in the embedded cloud."""

import json
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import pulumi
import pytest

from infra.code import archive, package
from infra.function import Function
from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.program.execution import ProgramError, run
from sluice.cloud.program.recording import Recorder
from sluice.cloud.resources.deployment import Deployment
from tests.package_index import has_index

HANDLER = "handlers.orders.handler.handle"
SOURCE = """
from pydantic import BaseModel


class Order(BaseModel):
    number: int


def handle(event, context):
    return Order(**event).model_dump()
"""


def program(code):
    def build():
        pulumi.export("name", Function("orders", {"handler": HANDLER, "code": code()}).name)

    return build


def with_checked(root):
    return program(lambda: archive(HANDLER, root))


@pytest.fixture
def root(tmp_path):
    """Another project, whose handler lies in a package called `handlers`."""
    root = tmp_path / "project"
    (root / "handlers/orders").mkdir(parents=True)
    (root / "handlers/orders/handler.py").write_text(SOURCE)
    return root


@pytest.fixture
def with_requirements(root):
    """The project with the requirements of its handler."""
    if not has_index():
        pytest.skip("pydantic is installed, and there is no index to be reached")
    file = root / "handlers/orders/requirements.txt"
    compiled = ["pip", "compile", "--quiet", "--universal", "--generate-hashes", "-", "-o", str(file)]
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or "uv"
    subprocess.run([uv, *compiled], input="pydantic", text=True, check=True, capture_output=True)
    return root


@pytest.fixture
def cloud(embedded_cloud):
    return Cloud(embedded_cloud.endpoint, "eu-north-1")


@pytest.fixture
def call(cloud):
    """Deploys a program, and calls its function with an event."""

    def call(build, event):
        # Each is a stack of its own: they share a cloud, in which a stack's names are always the same.
        name = run(f"test-{secrets.token_hex(4)}", Deployment(cloud, lambda _: None), config={}, program=build)["name"]
        answer = cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())

    return call


@pytest.mark.e2e
@pytest.mark.parametrize("preview", [True, False])
def test_without_its_requirements_the_handler_is_refused(root, preview):
    with pytest.raises(ProgramError, match=r"handlers/orders/handler\.py, line 2: imports pydantic,"):
        run("test", Recorder("eu-north-1", preview=preview), preview=preview, config={}, program=with_checked(root))


@pytest.mark.e2e
def test_without_its_requirements_the_handler_has_no_package_of_this_machine(root, call):
    answer = call(program(lambda: pulumi.FileArchive(str(root))), {"number": "1"})
    assert "No module named 'pydantic'" in answer["errorMessage"]


@pytest.mark.e2e
def test_with_its_requirements_the_handler_runs(with_requirements, call):
    assert call(with_checked(with_requirements), {"number": "1"}) == {"number": 1}


@pytest.mark.e2e
def test_the_archive_is_for_lambda_and_the_same_wherever_it_is_made(with_requirements, tmp_path):
    here = package(HANDLER, with_requirements, tmp_path / "one")
    elsewhere = shutil.copytree(with_requirements, tmp_path / "elsewhere")
    there = package(HANDLER, elsewhere, tmp_path / "other")
    assert here.name == there.name

    contents = {str(path.relative_to(here)): path.read_bytes() for path in here.rglob("*") if path.is_file()}
    assert contents == {str(path.relative_to(there)): path.read_bytes() for path in there.rglob("*") if path.is_file()}
    native = [path for path in contents if path.endswith(".so")]
    assert [Path(path).name for path in native] == ["_pydantic_core.cpython-314-aarch64-linux-gnu.so"]
    assert contents[native[0]][18:20] == b"\xb7\x00"  # the machine of the ELF header: aarch64
    assert not [path for path in contents if path.endswith((".pyc", "RECORD", "INSTALLER"))]


@pytest.mark.e2e
def test_code_from_a_bucket_runs(root, cloud, call, make_wheel, make_requirements, monkeypatch):
    monkeypatch.setattr("infra.code.UPLOAD_BYTES", 1000)
    monkeypatch.setattr("infra.function.UPLOAD_BYTES", 1000)
    source = "import sample\n\n\ndef handle(event, context):\n    return sample.NAME\n"
    (root / "handlers/orders/handler.py").write_text(source)
    wheel = make_wheel(("sample.py", f"NAME = 'sample'  # {secrets.token_hex(2000)}"))
    make_requirements(wheel).rename(root / "handlers/orders/requirements.txt")
    assert call(with_checked(root), {}) == "sample"
    (bucket,) = [each["Name"] for each in cloud.client("s3").list_buckets()["Buckets"] if "orders-code" in each["Name"]]
    assert cloud.client("s3").list_objects_v2(Bucket=bucket)["Contents"][0]["Key"].startswith("orders-")
