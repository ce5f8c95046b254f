"""What queries to InfluxDB have in common, whichever language they are written in.

Selections, limits, and the raw queries of users.
"""
