"""Defaults of mail: for the component and settings, which do not load pulumi-aws."""

CREATE_IDENTITY = True
ENABLED = True
TEMPLATES = "infra/templates"
"""The folder of templates, relative to the program's."""
