"""What a function imports, and what it cannot have."""

import sys

import pytest

from infra import standard_library
from infra.function import RUNTIME
from infra.imports import ImportsError, check, check_function, sources

REQUIREMENTS = "app/requirements.txt"


@pytest.fixture
def checked(tmp_path):
    """Checks a handler of some source, with bundled packages."""

    def run(source, *packages):
        (tmp_path / "app").mkdir(exist_ok=True)
        (tmp_path / "app/handler.py").write_text(source)
        check(sources(["app.handler"], tmp_path), frozenset(packages), REQUIREMENTS)

    return run


@pytest.mark.parametrize(
    "source",
    [
        "import json",
        "import xml.etree.ElementTree",
        "from concurrent import futures",
        "import compression.zstd",
        "import boto3, botocore.config",
        "from botocore.exceptions import ClientError",
        "from backports import zstd",
        "import backports.zstd",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pydantic",
        "import typing\nif typing.TYPE_CHECKING:\n    from pydantic import BaseModel",
    ],
)
def test_what_lambda_has_may_be_imported(checked, source):
    checked(source)


@pytest.mark.parametrize(
    "source",
    [
        "\nimport pydantic",
        "\nimport pydantic.fields as fields",
        "\nfrom pydantic import BaseModel",
        "\nimport json, pydantic",
        "def handle():\n    import pydantic",
        "try:\n    import pydantic\nexcept ImportError:\n    pydantic = None",
        "if not TYPE_CHECKING:\n    import pydantic",
        "class A:\n    from pydantic import BaseModel",
    ],
)
def test_what_lambda_does_not_have_is_refused_with_file_line_and_remedy(checked, source):
    with pytest.raises(ImportsError) as refusal:
        checked(source)
    assert str(refusal.value) == (
        "app/handler.py, line 2: imports pydantic, which a function on Lambda does not have. Name its package, pinned "
        "with hashes, in app/requirements.txt, or do without it"
    )


def test_what_is_bundled_may_be_imported(checked):
    checked("import pydantic", "pydantic")


@pytest.mark.parametrize("module", ["urllib3", "dateutil", "distutils", "imp", "backports.datetime_fromisoformat"])
def test_neither_what_boto3_brings_nor_what_python_has_lost_counts_as_there(checked, module):
    with pytest.raises(ImportsError, match=f"imports {module.partition('.')[0]},"):
        checked(f"import {module}")


def test_a_module_that_is_imported_is_looked_into(checked, tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/text.py").write_text("import pydantic")
    with pytest.raises(ImportsError, match=r"shared/text\.py, line 1"):
        checked("from shared import text")


def test_packages_need_no_init_file(tmp_path):
    for path in ("app/deep/handler.py", "shared/deep/text.py"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text("")
    (tmp_path / "app/deep/handler.py").write_text("from shared.deep import text")
    assert sources(["app.deep.handler"], tmp_path).keys() == {"app/deep/handler.py", "shared/deep/text.py"}


@pytest.mark.parametrize(
    "source",
    ["def tidy(row): ...", "from json import loads as tidy", "tidy = dict", "tidy: object = dict", "class tidy: ..."],
)
def test_a_function_is_found_at_the_top_of_its_module(tmp_path, source):
    (tmp_path / "app").mkdir()
    (tmp_path / "app/rows.py").write_text(source)
    check_function("app.rows:tidy", tmp_path)


def test_a_function_that_is_not_there_is_refused_with_those_that_are(tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app/rows.py").write_text("def tidy(row):\n    def other(): ...\n")
    with pytest.raises(ImportsError, match=r"app\.rows:other: app/rows\.py has no other at its top level; it has tidy"):
        check_function("app.rows:other", tmp_path)
    with pytest.raises(ImportsError, match=r"app\.none:tidy: there is no module app\.none below"):
        check_function("app.none:tidy", tmp_path)


def test_the_standard_library_is_that_of_the_runtime():
    assert RUNTIME.value == f"python{standard_library.PYTHON}"


@pytest.mark.skipif(sys.version_info[:2] != (3, 14), reason="the names are those of Python 3.14")
def test_the_names_are_those_of_the_standard_library():
    own_tests = ("_test", "_xx", "xx", "__hello", "__phello", "_ctypes_test")
    assert {name for name in sys.stdlib_module_names if not name.startswith(own_tests)} == standard_library.NAMES


def test_imports_are_found_wherever_a_statement_may_stand(tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app/all.py").write_text(
        """
import m1
async def f():
    def g():
        from m2 import x
    async with a as b:
        import m3
    async for c in d:
        import m4
    else:
        import m5
class C:
    import m6
    def method(self):
        while True:
            import m7
try:
    import m8
except* ValueError:
    import m9
else:
    import m10
finally:
    import m11
match 1:
    case 1 if (lambda: 2)():
        import m12
if a: import m13
elif b: import m14
else: import m15
"""
    )
    found = [each.module for each in sources(["app.all"], tmp_path)["app/all.py"]]
    assert found == [*(f"m{number}" for number in (1, 2)), "m2.x", *(f"m{number}" for number in range(3, 16))]
