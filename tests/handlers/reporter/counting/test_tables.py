from handlers.reporter.counting.tables import by_group
from tests.handlers.reporter.fakes import RA, VR


def test_tables_belong_to_the_group_of_their_prefix_in_alphabetical_order() -> None:
    names = ["VR_b", "RA_z", "Users", "RA_a", "XRA_c", "ra_d"]
    assert by_group((RA, VR), names) == {"RA": ["RA_a", "RA_z"], "VR": ["VR_b"]}


def test_totals_tables_of_any_environment_are_never_counted() -> None:
    names = ["RA_totales", "RA_totales_dev", "RA_totalesque", "RA_subtotales", "VR_totales"]
    assert by_group((RA, VR), names) == {"RA": ["RA_subtotales"], "VR": []}
