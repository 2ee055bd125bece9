import datetime

import pulumi_aws as aws
import pytest
from cfnlint.data import AdditionalSpecs
from cfnlint.helpers import load_resource

from infra.function import RUNTIME
from policies.rules import violations
from policies.runtimes import DEPRECATED_ON
from tests.policies.forms import FORMS
from tests.policies.recording import built


def test_the_dates_are_those_that_cfn_lint_has_from_aws():
    known = load_resource(AdditionalSpecs, "LmbdRuntimeLifecycle.json")
    assert {name: datetime.date.fromisoformat(known[name]["deprecated"]) for name in DEPRECATED_ON} == DEPRECATED_ON


def test_the_runtime_of_our_functions_has_a_date():
    assert RUNTIME in DEPRECATED_ON


@pytest.mark.parametrize("form", FORMS)
def test_a_container_image_brings_its_own_runtime(form):
    def build():
        aws.lambda_.Function("worker", role="arn:aws:iam::123456789012:role/r", package_type="Image", image_uri="i")

    assert "runtime-supported" not in {violation.rule for violation in violations(FORMS[form](built(build)))}
