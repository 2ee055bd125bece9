"""Sluice compared with its peers: `make bench`."""
