"""A lean signed AWS client for the hot calls.

Nothing is imported here: a function's archive holds only the modules that it imports itself. What only type
checkers need stands under `TYPE_CHECKING = False`, which they read as true: `typing` costs a cold start 3 ms.
Left out, for no Lambda function needs it: HTTP proxies, FIPS endpoints, endpoints and retries set in files.
"""
