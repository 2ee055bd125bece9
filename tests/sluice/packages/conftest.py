"""Wheels made on the spot, and the lines that pin them."""

import hashlib
import zipfile

import pytest


@pytest.fixture
def make_wheel(tmp_path):
    """Makes a wheel of files (path and text) in a folder of wheels, and returns its path."""

    def make(*files, name="sample", version="1.0", tags="py3-none-any"):
        path = tmp_path / "index" / f"{name}-{version}-{tags}.whl"
        path.parent.mkdir(exist_ok=True)
        info = f"{name}-{version}.dist-info"
        about = [
            (f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"),
            (f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tags}\n"),
            (f"{info}/RECORD", ""),
        ]
        with zipfile.ZipFile(path, "w") as archive:
            for file, text in [*files, *about]:
                archive.writestr(file, text)
        return path

    return make


@pytest.fixture
def make_requirements(tmp_path):
    """Writes a requirements file that pins wheels and finds them in their folder alone."""

    def make(*wheels, markers=""):
        file = tmp_path / "requirements.txt"
        lines = ["--no-index", f"--find-links {tmp_path / 'index'}"]
        hashes: dict[str, list[str]] = {}
        for wheel in wheels:
            name, version = wheel.name.split("-")[:2]
            hashes.setdefault(f"{name}=={version}", []).append(hashlib.sha256(wheel.read_bytes()).hexdigest())
        for pin, digests in hashes.items():
            lines.append(" ".join([pin + markers, *(f"--hash=sha256:{digest}" for digest in digests)]))
        file.write_text("\n".join(lines) + "\n")
        return file

    return make
