"""Runs a Pulumi program in this process and records the resources that it registers."""
