"""Where questions about the past are answered, from the journal or from InfluxDB.

A question is checked here, its source is chosen, and its rows are streamed or put into a table.
"""
