"""A lean signed AWS client for the hot calls.

Nothing is imported here: a function's archive holds only the modules that it imports itself. The modules build on each
other in one direction: services on client, that on flight, that on session, that on connection.
Left out, for no Lambda function needs it: HTTP proxies, FIPS endpoints, endpoints and retries set in files.
"""
