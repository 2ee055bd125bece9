"""A proxy that lets AWS fail as it may."""
