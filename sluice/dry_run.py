"""Tries an import without a cloud: the program's own code reads the file, in a process in the program's folder."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from sluice.cloud.program import execution as program
from sluice.cloud.program.graph import Graph, Resource
from sluice.cloud.program.recording import Recorder
from sluice.packages import CACHE, RequirementsError
from sluice.pipelines import chosen
from sluice.program_code import has_module, run_module
from sluice.target import Target
from sluice.terminal import Listing, print_json_line


def dry_run(file: Path, stack: str, root: Path, pipeline_name: str | None = None) -> dict[str, Any]:
    """Returns what a stack's importer would do with a file: the JSON object printed by the module `dry_run` beside it.

    Args:
        file: the file.
        stack: the stack whose settings count.
        root: the folder of the program.
        pipeline_name: which import; needed only where the stack has several.

    Raises:
        click.ClickException: the stack's settings are wrong, or the importer's code fails.
    """
    function, archive = _importer(stack, root, pipeline_name)
    package = function.inputs["handler"].rsplit(".", 2)[0]
    module = f"{package}.dry_run"
    if not has_module(root, module):
        raise click.ClickException(
            f"--dry-run runs the importer's code from the program's folder, and {root} has none: it works in Sluice's "
            "repository; import the file into the stack that runs here"
        )
    variables = function.inputs["environment"]["variables"]
    arguments = (str(file.absolute()), str(archive))
    ended = run_module(root, module, *arguments, variables=variables, packages=_packages(archive))
    if ended.returncode:
        trace = ended.stderr.decode(errors="replace").strip()
        raise Listing(f"the importer's code broke while it read {file.name!r}\n{trace}")
    return json.loads(ended.stdout)


def dry_run_apart(file: Path, stack: str, root: Path, pipeline_name: str | None = None) -> dict[str, Any]:
    """Does the same in a separate process: running a program changes the working directory for all threads.

    An error that `dry_run` would raise is the `error` of the answer.
    """
    arguments = [str(file.absolute()), stack, str(root.absolute()), *filter(None, [pipeline_name])]
    ended = subprocess.run([sys.executable, "-m", __name__, *arguments], capture_output=True, check=False)
    if ended.returncode:
        return {"error": ended.stderr.decode(errors="replace").strip()}
    return json.loads(ended.stdout.splitlines()[-1])  # the program may have printed before


def _importer(stack: str, root: Path, pipeline_name: str | None) -> tuple[Resource, Path]:
    """The importer's function, as the program registers it, and the folder of its code."""
    recorder = Recorder("")
    try:
        outputs = program.run(stack, recorder, root=root)
    except program.ProgramError as error:
        raise Listing(str(error)) from None
    name = chosen(Target(outputs), "imports", pipeline_name)["function_name"]
    functions = recorder.graph.of_type("aws:lambda/function:Function")
    function = next(function for function in functions if {**function.inputs, **function.outputs}["name"] == name)
    return function, Path(_code(function, recorder.graph).path)


def _code(function: Resource, graph: Graph) -> Any:
    """The archive of a function, which comes from a bucket if it is large."""
    if "code" in function.inputs:
        return function.inputs["code"]
    stored = graph.of_type("aws:s3/bucketObjectv2:BucketObjectv2")
    return next(each.inputs["source"] for each in stored if each.inputs["key"] == function.inputs["s3Key"])


def _packages(archive: Path) -> str:
    """The folder of a function's packages, for this interpreter; empty if it has none."""
    from sluice.packages.installation import LOCAL, bundled, install  # not for functions without packages

    pins = bundled(archive)
    if not pins:
        return ""
    try:
        return str(install([pins[0]], LOCAL, archive.parent / CACHE))
    except RequirementsError as error:
        raise Listing(str(error)) from None


def _main(file: str, stack: str, root: str, pipeline_name: str | None = None) -> None:
    try:
        result = dry_run(Path(file), stack, Path(root), pipeline_name)
    except click.ClickException as error:
        result = {"error": error.format_message()}
    print_json_line(result)


if __name__ == "__main__":
    _main(*sys.argv[1:])
