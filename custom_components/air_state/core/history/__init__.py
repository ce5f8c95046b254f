"""Where questions about the past are answered, from the journal or InfluxDB.

A question is checked here, and its source chosen.
"""
