"""The demo: the pipelines of a stack in the embedded cloud, driven and checked one after the other."""

from sluice.demo.scene import Scene
from sluice.terminal import print_heading


def run() -> int:
    """Drives all pipelines; returns how many checks did not hold."""
    from sluice.demo import imports, mail, reports, stream

    with Scene.open() as scene:
        for part in (stream, mail, imports, reports):
            print_heading(part.TITLE)
            part.run(scene)
    return scene.failed
