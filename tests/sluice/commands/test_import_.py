"""`import` without a cloud; through the cloud it is in tests/e2e."""

import shutil

from click.testing import CliRunner

from sluice import cli
from sluice.cloud.program.execution import ROOT


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


def test_a_dry_run_heeds_the_settings_of_the_stack_and_nothing_of_the_shell(checkout, tmp_path, monkeypatch):
    settings = checkout / "Pulumi.dev.yaml"
    settings.write_text(
        settings.read_text().replace("config:\n", "config:\n  sluice:imports: {partitionKey: sku}\n", 1)
    )
    for name, value in {"IMPORT_PARTITION_KEY": "shell", "PYTHONPATH": "/nowhere", "PYTHONSAFEPATH": "1"}.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "a.csv").write_text("sku\n1\n")
    result = sluice_import(tmp_path / "a.csv", "--dry-run", "--stack", "dev")
    assert result.stdout.startswith("a.csv: csv; keys sku; columns sku (S)\n1 item would be written")


def test_a_dry_run_with_wrong_settings_names_them(checkout, tmp_path):
    settings = checkout / "Pulumi.dev.yaml"
    settings.write_text(settings.read_text().replace("config:\n", "config:\n  sluice:imports: {chunkMiB: 0}\n", 1))
    (tmp_path / "a.csv").touch()
    result = sluice_import(tmp_path / "a.csv", "--dry-run", "--stack", "dev")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "sluice:imports.chunkMiB" in result.stderr


def test_a_dry_run_whose_code_breaks_shows_where(checkout, tmp_path):
    (checkout / "handlers").unlink()
    shutil.copytree(ROOT / "handlers", checkout / "handlers")
    with (checkout / "handlers/importer/items/transform.py").open("a") as file:
        file.write("\nraise RuntimeError('half written')\n")
    (tmp_path / "a.csv").touch()
    result = sluice_import(tmp_path / "a.csv", "--dry-run")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: the importer's code broke while it read 'a.csv'\n")
    assert result.stderr.endswith("RuntimeError: half written\n")
