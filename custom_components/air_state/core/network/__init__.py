"""What everything that speaks HTTP needs: addresses, network failures, web pages.

It knows neither stations nor InfluxDB.
"""
