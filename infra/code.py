"""The code of a function: a folder with only the modules that it imports, the files beside them, and its packages.

The same sources and requirements give the same folder, and the same hash, on every machine.
"""

import hashlib
import os
import shutil
import tempfile
import zlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from infra import imports, standard_library
from sluice.packages import CACHE, UNPACKED_BYTES, UPLOAD_BYTES, RequirementsError, files_of

if TYPE_CHECKING:
    import pulumi

_HERE = Path(__file__).parent
ROOT = _HERE / "functions" if (_HERE / "functions").is_dir() else _HERE.parent
"""The folder that paths of Sluice's own handlers start from: the repository, or beside this file once installed."""
BESIDE = (".css", ".html", ".json", ".txt")
"""Suffixes of files that a module may read from its own folder."""
REQUIREMENTS = "requirements.txt"
"""The file beside a handler or other entry with the packages that it needs, pinned with hashes."""
_BUILD = ".build"


class CodeError(ValueError):
    """The code of a function cannot be packaged; the message says why."""


def archive(
    handler: str, root: Path = ROOT, functions: Sequence[str] = (), files: Mapping[str, str] | None = None
) -> "pulumi.FileArchive":
    """Returns the code of a function as an archive, made in `.build` of the root, by default of the working directory.

    Args:
        handler: Dotted path of the handler, such as `handlers.archiver.handler.handle`. A `requirements.txt` beside it
            pins the packages that go into the archive.
        root: The folder that the path starts from; by default that of Sluice's own handlers.
        functions: Further functions that it loads by name, `package.module:function`, from `root`, or by default from
            the working directory, which is the program's: their modules, what these import and the packages of their
            `requirements.txt` go into the archive.
        files: Settings that are too large for its environment: path in the archive -> text.

    Raises:
        pulumi.RunError: The code cannot be packaged; Pulumi shows why without a traceback.
    """
    import pulumi  # not needed for packaging without a program, as benchmarks do

    try:
        return pulumi.FileArchive(str(package(handler, root, functions=functions, texts=files or {})))
    except (CodeError, FileNotFoundError, imports.ImportsError, RequirementsError) as error:
        raise pulumi.RunError(str(error)) from error


def package(
    handler: str,
    root: Path = ROOT,
    build: Path | None = None,
    functions: Sequence[str] = (),
    texts: Mapping[str, str] | None = None,
) -> Path:
    """Puts what a function needs into a folder of its own and returns that folder.

    The folder's name carries a hash of its contents: functions of the same sources share it, and it never changes.

    Args:
        handler: Dotted path of the handler, such as `handlers.archiver.handler.handle`.
        root: The folder that the path starts from.
        build: The folder to put it below; by default `.build` in the folder where `functions` are looked up.
        functions: Further functions that it loads by name, `package.module:function`, from `root`, or from the
            working directory where `root` is that of Sluice's own handlers.
        texts: Additional files: path in the folder -> text.

    Raises:
        FileNotFoundError: A module does not exist.
        ImportsError: A module imports what the function cannot have, or by a relative name.
        RequirementsError: Its packages cannot be installed.
        CodeError: It is larger than Lambda allows, or a package or another program has a module of the same name.
    """
    program = Path.cwd() if root == ROOT else root
    build = build or program / _BUILD
    for function in functions:
        imports.check_function(function, program)
    handlers_module = handler.rpartition(".")[0]
    roots = {handlers_module: root, **{function.partition(":")[0]: program for function in functions}}
    modules = {entry: imports.sources([entry], place) for entry, place in roots.items()}
    requirements = sorted({path for entry, place in roots.items() if (path := _requirements(entry, place)).is_file()})
    packages, pins = _packages(requirements, build) if requirements else (None, {})
    files: dict[str, bytes] = {}
    for entry, sources in modules.items():
        place = roots[entry]
        known = _module_names(packages) | {path.partition("/")[0] for path in files}  # of the handler, for functions
        imports.check(sources, known, str(_requirements(entry, place).relative_to(place)))
        _add(files, {path: (place / path).read_bytes() for path in sources.keys() | _beside(sources, place)}, entry)
    files |= pins | {path: text.encode() for path, text in (texts or {}).items()}
    _check_together(files, packages, handler)
    digest = hashlib.sha256(repr((sorted(files.items()), packages and packages.name)).encode()).hexdigest()[:12]
    folder = build / f"{handlers_module.split('.')[-2]}-{digest}"
    if not _holds(folder, files, packages):
        _write(folder, files, packages)
    return folder


def zipped_bytes(folder: Path) -> int:
    """Returns the approximate size of a folder when zipped; 0 where its files are small enough unzipped."""
    paths = files_of(folder).values()
    if sum(path.stat().st_size for path in paths) <= UPLOAD_BYTES:
        return 0
    return sum(len(zlib.compress(path.read_bytes(), 6)) for path in paths)


def _packages(requirements: Sequence[Path], build: Path) -> tuple[Path, dict[str, bytes]]:
    """Returns the folder of the packages that requirements files name, and the file that pins them in the archive."""
    from sluice.packages.installation import install, lambda_arm64  # not needed for functions without packages

    platform = lambda_arm64(standard_library.PYTHON)
    pins = b"\n".join(path.read_bytes() for path in requirements)
    return install(requirements, platform, build / CACHE), {platform.requirements_name: pins}


def _requirements(module: str, root: Path) -> Path:
    return (root / module.replace(".", "/")).parent / REQUIREMENTS


def _beside(sources: Collection[str], root: Path) -> set[str]:
    """Returns the non-Python files, relative to `root`, in the folders of sources."""
    folders = {(root / path).parent for path in sources}
    return {
        str(path.relative_to(root))
        for folder in folders
        for path in folder.iterdir()
        if path.suffix in BESIDE and path.name != REQUIREMENTS and path.is_file()
    }


def _module_names(packages: Path | None) -> frozenset[str]:
    """Returns the names that can be imported from a folder of packages."""
    entries = packages.iterdir() if packages else ()
    return frozenset(path.name.partition(".")[0] for path in entries if path.is_dir() or path.suffix in (".py", ".so"))


def _add(files: dict[str, bytes], more: Mapping[str, bytes], module: str) -> None:
    """Adds the files of a module to those of an archive."""
    if other := sorted(path for path in files.keys() & more.keys() if files[path] != more[path]):
        raise CodeError(f"{other[0]} is a file of {module} and, with other content, of the handler: rename yours")
    files |= more


def _check_together(files: Mapping[str, bytes], packages: Path | None, handler: str) -> None:
    installed = files_of(packages) if packages else {}
    size = sum(map(len, files.values())) + sum(path.stat().st_size for path in installed.values())
    if size > UNPACKED_BYTES:
        raise CodeError(
            f"the code of {handler} takes {size / 1e6:,.0f} MB, and Lambda allows {UNPACKED_BYTES / 1e6:,.0f}: "
            "leave packages out"
        )
    if both := sorted(files.keys() & installed.keys()):
        raise CodeError(f"{both[0]} is a file of {handler} and of a package that it names: rename yours")


def _holds(folder: Path, files: Mapping[str, bytes], packages: Path | None) -> bool:
    present, installed = files_of(folder), files_of(packages) if packages else {}
    return (
        present.keys() == files.keys() | installed.keys()
        and all(present[path].read_bytes() == content for path, content in files.items())
        and all(present[path].stat().st_size == source.stat().st_size for path, source in installed.items())
    )


def _write(folder: Path, files: Mapping[str, bytes], packages: Path | None) -> None:
    """Puts the folder in place atomically, so that a program running in parallel never sees half of it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        fresh = Path(scratch, "fresh")
        if packages:
            shutil.copytree(packages, fresh)
        for path, content in files.items():
            (fresh / path).parent.mkdir(parents=True, exist_ok=True)
            (fresh / path).write_bytes(content)
        try:
            os.rename(fresh, folder)
        except OSError:
            if _holds(folder, files, packages):  # a program running in parallel was first
                return
            os.rename(folder, Path(scratch, "tampered"))
            os.rename(fresh, folder)
