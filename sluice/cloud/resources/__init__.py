"""Creates each resource type of the program through its AWS API, as the provider's binary does.

There is one module for each service; each function in it creates one type and returns its id and outputs. An unknown
type, or an input that its function does not take, also a nested one, is an error: nothing in the program is skipped.
"""
