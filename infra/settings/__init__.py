"""The settings of a stack: `pipelines.yaml` overridden by `Pulumi.<stack>.yaml`, checked before any resource exists."""

from infra.settings.loading import SettingsError, load, load_stack
from infra.settings.stack import Settings

__all__ = ["Settings", "SettingsError", "load", "load_stack"]
