import datetime
import json
from pathlib import Path

import pytest

from infra.function import RUNTIME
from policies.runtimes import DEPRECATED_ON


def test_the_dates_are_those_that_cfn_lint_has_from_aws():
    """Passed over until the lock has cfn-lint, as tests/policies/test_iam_lint.py is."""
    data = pytest.importorskip("cfnlint.data.AdditionalSpecs")
    known = json.loads(Path(data.__file__).with_name("LmbdRuntimeLifecycle.json").read_text())
    assert {name: datetime.date.fromisoformat(known[name]["deprecated"]) for name in DEPRECATED_ON} == DEPRECATED_ON


def test_the_runtime_of_our_functions_has_a_date():
    assert RUNTIME in DEPRECATED_ON
