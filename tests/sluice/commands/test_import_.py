"""`import` without a cloud; through the cloud it is in tests/e2e."""

import json
import re
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner

from sluice import cli
from sluice.cloud.program.execution import ROOT


def sluice_import(*arguments):
    return CliRunner().invoke(cli.cli, ["import", *map(str, arguments)])


def test_a_dry_run_of_an_empty_file_names_its_format(checkout, tmp_path):
    (tmp_path / "empty.csv").touch()
    assert sluice_import(tmp_path / "empty.csv", "--dry-run").stdout.startswith("empty.csv: csv; keys ")


def test_a_dry_run_of_an_unknown_format_says_which_are_known(checkout, tmp_path):
    (tmp_path / "a.txt").touch()
    result = sluice_import(tmp_path / "a.txt", "--dry-run")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: a.txt: the name ends in none of .csv ")


def test_a_file_that_can_only_fail_is_refused_with_the_way_out(checkout, tmp_path):
    (tmp_path / "a.parquet").touch()
    result = sluice_import(tmp_path / "a.parquet", "--dry-run")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "Error: a.parquet: parquet files are not imported: write it as CSV or JSON lines, such as with pandas: "
        "read_parquet(...).to_csv(...)\n"
    )


def test_a_dry_run_as_json_is_one_object_and_of_several_files_a_list(checkout, tmp_path):
    (tmp_path / "a.csv").write_text("id,n\n1,2\n,3\n")
    (tmp_path / "b.parquet").touch()
    one = sluice_import(tmp_path / "a.csv", "--dry-run", "--json")
    expected = {
        "file": str(tmp_path / "a.csv"),
        "format": "csv",
        "keys": ["id"],
        "columns": {"id": "S", "n": "S"},
        "items": 1,
        "rejected": 1,
        "skipped": 0,
        "first_items": [{"line": 2, "item": {"id": {"S": "1"}, "n": {"S": "2"}}}],
        "first_rejects": [{"line": 3, "reason": "has no id, which is a key", "row": {"id": "", "n": "3"}}],
    }
    assert (one.exit_code, json.loads(one.stdout)) == (1, expected)
    several = sluice_import(tmp_path / "a.csv", tmp_path / "b.parquet", "--dry-run", "--json")
    first, second = json.loads(several.stdout)
    assert (several.exit_code, first) == (1, expected)
    assert second["error"].startswith("parquet files are not imported")
    assert (second["format"], second["items"]) == (None, 0)


def test_a_dry_run_of_a_folder_tries_each_file_in_it(checkout, tmp_path):
    for name in ("a.csv", "below/b.csv"):
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_text("id\n1\n")
    result = sluice_import(tmp_path / "data", "--dry-run")
    assert result.exit_code == 0
    assert [line.partition(":")[0] for line in result.stdout.splitlines() if "keys" in line] == ["a.csv", "b.csv"]


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
        settings.read_text().replace("config:\n", "config:\n  sluice:imports: {items: {partitionKey: sku}}\n", 1)
    )
    for name, value in {"IMPORT_PARTITION_KEY": "shell", "PYTHONPATH": "/nowhere", "PYTHONSAFEPATH": "1"}.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "a.csv").write_text("sku\n1\n")
    result = sluice_import(tmp_path / "a.csv", "--dry-run", "--stack", "dev")
    assert result.stdout.startswith("a.csv: csv; keys sku; columns sku (S)\n1 item would be written")


@pytest.fixture
def with_transform(checkout, make_wheel, make_requirements):
    """A checkout whose imports have a transform that uses a package, which this machine does not have."""
    (checkout / "team").mkdir()
    (checkout / "team/rows.py").write_text("import sample\n\ndef tidy(row):\n    return {**row, 'by': sample.NAME}\n")
    make_requirements(make_wheel(("sample.py", "NAME = 'sample'"))).rename(checkout / "team/requirements.txt")
    settings = checkout / "Pulumi.dev.yaml"
    imports = '{"transform": "team.rows:tidy"}'
    settings.write_text(
        settings.read_text().replace("config:\n", f"config:\n  sluice:imports: {{items: {imports}}}\n", 1)
    )
    (checkout / "a.csv").write_text("id\n1\n")
    return checkout


def try_apart(folder, first=""):
    """Tries the file by the program of a folder, in a process of its own that first runs a statement."""
    program = f"{first}\nfrom sluice.cli import cli\ncli()"
    arguments = ["import", "a.csv", "--dry-run", "--stack", "dev", "--json"]
    command = [sys.executable, "-B", "-c", program, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_dry_run_has_the_packages_of_the_transform(with_transform):
    result = try_apart(with_transform)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["first_items"] == [{"line": 2, "item": {"id": {"S": "1"}, "by": {"S": "sample"}}}]


def test_a_dry_run_has_the_packages_of_code_that_comes_from_a_bucket(with_transform):
    result = try_apart(with_transform, "import sluice.packages; sluice.packages.UPLOAD_BYTES = 1000")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["items"] == 1


def test_a_dry_run_says_what_packages_cannot_be_had_here(with_transform, make_wheel, make_requirements):
    there = make_wheel(("sample.py", "NAME = 'sample'"), tags="cp314-cp314-manylinux_2_28_aarch64", version="2.0")
    make_requirements(there).rename(with_transform / "team/requirements.txt")
    result = try_apart(with_transform)
    assert result.returncode == 1
    assert re.search(r"requirements.* cannot be installed for this machine: ", result.stderr + result.stdout)


def test_a_dry_run_reads_files_as_the_format_of_the_stack_says(checkout, tmp_path):
    settings = checkout / "Pulumi.dev.yaml"
    format_ = '{type: csv, delimiter: ";", encoding: cp1252}'
    settings.write_text(
        settings.read_text().replace("config:\n", f"config:\n  sluice:imports: {{items: {{format: {format_}}}}}\n", 1)
    )
    (tmp_path / "part-0").write_bytes("id;name\n1;Zoë\n".encode("cp1252"))
    result = sluice_import(tmp_path / "part-0", "--dry-run", "--stack", "dev")
    assert result.stdout.startswith("part-0: csv, cp1252; keys id; columns id (S), name (S)\n1 item would be written")


def test_a_dry_run_with_wrong_settings_names_them(checkout, tmp_path):
    settings = checkout / "Pulumi.dev.yaml"
    settings.write_text(
        settings.read_text().replace("config:\n", "config:\n  sluice:imports: {items: {chunkMiB: 0}}\n", 1)
    )
    (tmp_path / "a.csv").touch()
    result = sluice_import(tmp_path / "a.csv", "--dry-run", "--stack", "dev")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "sluice:imports.items.chunkMiB" in result.stderr


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


def test_a_program_without_the_importers_code_says_where_a_dry_run_works(tmp_path, monkeypatch):
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.test.yaml").write_text("config: {}\n")
    (tmp_path / "__main__.py").write_text(
        "import pulumi, pulumi_aws as aws\n"
        "made = aws.lambda_.Function('f', role='r', runtime='python3.14', handler='handlers.importer.handler.handle',\n"
        "    code=pulumi.FileArchive('.'))\n"
        "pulumi.export('imports', {'items': {'function_name': made.name}})\n"
    )
    (tmp_path / "a.csv").write_text("id\n1\n")
    monkeypatch.chdir(tmp_path)
    result = sluice_import("a.csv", "--dry-run", "--stack", "test")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: --dry-run runs the importer's code from the program's folder")
    assert result.stderr.endswith("it works in Sluice's repository; import the file into the stack that runs here\n")
