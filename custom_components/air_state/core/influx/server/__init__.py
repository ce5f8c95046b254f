"""An InfluxDB server: what it is, which buckets it has, and how these keep their points.

Asked while a user sets InfluxDB up, and by actions.
"""
