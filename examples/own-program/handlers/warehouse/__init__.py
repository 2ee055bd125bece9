"""Writes orders as XML."""
