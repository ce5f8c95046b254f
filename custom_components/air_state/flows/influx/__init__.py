"""The steps about InfluxDB, in the order in which the user sees them.

Server and credentials, or the connection of another station; bucket or database; device tag and
units. `reauth_steps.py` renews credentials that InfluxDB no longer accepts.
"""
