"""The command line: thin, over the embedded cloud and over stacks in AWS."""

__version__ = "0.2.0"
