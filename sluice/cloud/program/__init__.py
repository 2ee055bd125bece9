"""Runs a Pulumi program in this process and keeps what it registers."""
