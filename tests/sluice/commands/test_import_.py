"""`import`, in this process; through the cloud it is in tests/e2e."""

from click.testing import CliRunner

from sluice import cli


def sluice_import(*arguments):
    return CliRunner().invoke(cli.cli, ["import", *map(str, arguments)])


def test_a_dry_run_of_an_empty_file_names_its_format(checkout, tmp_path):
    (tmp_path / "empty.csv").touch()
    assert sluice_import(tmp_path / "empty.csv", "--dry-run").stdout.startswith("empty.csv: csv; keys ")


def test_a_dry_run_of_an_unknown_format_says_which_are_known(checkout, tmp_path):
    (tmp_path / "a.xlsx").touch()
    result = sluice_import(tmp_path / "a.xlsx", "--dry-run")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: a.xlsx: the name ends in none of .csv ")


def test_options_that_contradict_each_other_are_refused(tmp_path):
    file, outputs = tmp_path / "a.csv", tmp_path / "outputs.json"
    file.touch()
    outputs.write_text('{"region": "eu-north-1"}')
    for other in (["--stack", "local"], ["--dry-run"]):
        assert sluice_import(file, "--outputs", outputs, *other).exit_code == 2


def test_a_dry_run_shows_letters_and_numbers_as_they_are(checkout, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"id": "Åsa \\"💡\\""}\n{"no": 1.50, "half": "\\ud800"}\n')
    told = sluice_import(tmp_path / "a.jsonl", "--dry-run").stdout
    assert 'line 1: {"id":{"S":"Åsa \\"💡\\""}}' in told
    assert '{"no": 1.50, "half": "\\ud800"}' in told
