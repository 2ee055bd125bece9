"""The settings of a stack: `pipelines.yaml` with `Pulumi.<stack>.yaml` over it, checked before any resource exists."""

from infra.settings.loading import SettingsError, load, load_stack
from infra.settings.stack import Settings

__all__ = ["Settings", "SettingsError", "load", "load_stack"]
