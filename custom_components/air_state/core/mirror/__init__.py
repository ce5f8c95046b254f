"""Where readings leave: the journal's rows are written to InfluxDB, each once.

Refused lines are put aside as dead letters.
"""
