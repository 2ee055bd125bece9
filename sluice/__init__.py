"""The command line: a thin layer over the embedded cloud and stacks in AWS."""

__version__ = "0.2.0"
