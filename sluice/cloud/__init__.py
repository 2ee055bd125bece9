"""The embedded cloud: an emulator of AWS on this machine, and what it cannot do itself.

It knows public AWS APIs and the entry point of a program, and nothing of infra or handlers.
"""
