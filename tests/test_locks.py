"""What the lock files hold, and what they do not."""

import re

import pytest

from sluice.cloud.program.execution import ROOT

LOCKS = tuple(f"requirements{of}.txt" for of in ("", "-cloud", "-dev", "-bench", "-mutants"))


def locked(name: str) -> set[str]:
    """`name==version` of each package, with its condition."""
    lines = (ROOT / name).read_text().splitlines()
    return {line.removesuffix(" \\").partition(" ;")[0] for line in lines if re.match(r"[a-z0-9]", line)}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_registry(name):
    assert not re.findall(r"://|--(?:extra-)?index-url|--find-links", (ROOT / name).read_text())


def test_tests_run_with_the_versions_that_the_demo_and_the_tool_have():
    assert locked("requirements-cloud.txt") < locked("requirements-dev.txt")


def test_the_first_run_downloads_nothing_that_only_tests_and_linters_need():
    names = {package.partition("==")[0] for package in locked("requirements-cloud.txt")}
    assert {"boto3", "ministack", "pulumi-aws", "vega-datasets"} < names
    assert not {"cfn-lint", "hypothesis", "moto", "pyright", "pytest", "ruff", "uv"} & names
