"""The command line: thin, over the embedded cloud and over stacks in AWS."""
