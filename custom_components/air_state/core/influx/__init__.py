"""InfluxDB over HTTP: what is written to it, and how a server answers.

One package for each query language, and one for what queries have in common.
"""
