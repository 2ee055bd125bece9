"""A lean signed AWS client for the hot calls.

Nothing is imported here: a function's archive holds only the modules that it imports itself. Imports for type
checkers stand under a plain `TYPE_CHECKING = False`, which they read as true: `typing` costs 3 ms of a cold start.
Left out, because no Lambda function needs it: HTTP proxies, endpoints and retry modes from config files.
"""
