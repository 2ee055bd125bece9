"""The pipelines as a Pulumi component package for programs in any language; Pulumi starts it as a plugin."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the components are in a folder beside this one

from pulumi.provider.experimental import component_provider_host

from infra.import_pipeline import ImportPipeline
from infra.scheduled_reporter import ScheduledReporter
from infra.stream_pipeline import StreamPipeline
from sluice import __version__

if __name__ == "__main__":
    component_provider_host([StreamPipeline, ImportPipeline, ScheduledReporter], "sluice", version=__version__)
