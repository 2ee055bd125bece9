"""A lean signed AWS client for the hot calls.

Services build on client, then flight, session, connection. Left out, because no function needs them: HTTP proxies, FIPS
endpoints, endpoints and retries set in files.
"""
