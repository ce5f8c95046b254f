"""Where readings leave: copies the journal's rows to InfluxDB, each once and in order.

Lines that InfluxDB refuses for good are put aside as dead letters.
"""
