"""InfluxQL: queries are written here, and their answers in JSON are read.

For InfluxDB 1.x and 3.x.
"""
