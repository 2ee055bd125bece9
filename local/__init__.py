"""The embedded cloud: the program of this repository, deployed and running on this machine."""
