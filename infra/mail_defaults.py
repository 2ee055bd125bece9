"""What holds for mail by itself: for the component and settings, which load no component of pulumi-aws."""

CREATE_IDENTITY = True
ENABLED = True
TEMPLATES = "infra/templates"
"""The folder of templates, from the program's."""
