"""The demo: a stage for the embedded cloud, and one scene a pipeline."""

from sluice.demo.stage import Stage
from sluice.terminal import print_heading


def run() -> int:
    """Plays all scenes; returns how many checks did not hold."""
    from sluice.demo import imports, mail, reports, stream

    with Stage.open() as stage:
        for scene in (stream, mail, imports, reports):
            print_heading(scene.TITLE)
            scene.play(stage)
    return stage.failed
