import datetime

from cfnlint.data import AdditionalSpecs
from cfnlint.helpers import load_resource

from infra.function import RUNTIME
from policies.runtimes import DEPRECATED_ON


def test_the_dates_are_those_that_cfn_lint_has_from_aws():
    known = load_resource(AdditionalSpecs, "LmbdRuntimeLifecycle.json")
    assert {name: datetime.date.fromisoformat(known[name]["deprecated"]) for name in DEPRECATED_ON} == DEPRECATED_ON


def test_the_runtime_of_our_functions_has_a_date():
    assert RUNTIME in DEPRECATED_ON
