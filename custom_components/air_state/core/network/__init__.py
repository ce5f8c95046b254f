"""What the station's client and InfluxDB's have in common: addresses, failures, web pages.

It knows neither of the two.
"""
