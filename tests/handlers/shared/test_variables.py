"""Values of environment variables."""

import pytest

from handlers.shared.variables import flag, flag_text


@pytest.mark.parametrize("value", [True, False])
def test_a_flag_is_read_as_it_was_written(value):
    assert flag(flag_text(value)) is value


def test_flags_are_written_in_lower_case():
    assert [flag_text(True), flag_text(False)] == ["true", "false"]
