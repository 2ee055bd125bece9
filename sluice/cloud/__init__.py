"""The embedded cloud: an emulator of AWS on this machine, and our additions to it.

It knows public AWS APIs and the entry point of a program, and nothing of `infra` or `handlers`.
"""
