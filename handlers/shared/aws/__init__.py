"""A lean signed AWS client for the hot calls.

Services build on client, that on flight, that on session, that on connection. Left out, as no function needs it: HTTP
proxies, FIPS endpoints, endpoints and retries set in files.
"""
