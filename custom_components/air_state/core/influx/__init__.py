"""InfluxDB over HTTP: points are written, queries are asked, answers are read.

`flux` and `influxql` hold what is particular to a query language, `queries` what they share, and
`server` what is asked of a server apart from points.
"""
