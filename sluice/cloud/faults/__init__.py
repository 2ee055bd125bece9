"""A proxy that injects AWS's failures."""
