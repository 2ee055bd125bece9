import pytest

from handlers.importer.rejects import name


def test_names_follow_from_the_file_the_chunk_and_the_part() -> None:
    assert name("incoming/a.csv", "00003", 0) == "rejected/incoming/a.csv/00003.jsonl"
    assert name("incoming/a.csv", "00003", 2) == "rejected/incoming/a.csv/00003-00002.jsonl"


@pytest.mark.parametrize("character", ["x", "ü", "😀"])
def test_the_longest_source_keys_have_short_enough_names_of_their_own(character: str) -> None:
    keys = [character * (1024 // len(character.encode()) - 1) + last for last in "ab"]
    names = [name(key, "00003", 2) for key in keys]
    assert len(set(names)) == 2
    assert all(len(name.encode()) <= 1024 for name in names)
