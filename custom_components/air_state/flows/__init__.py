"""The dialogs: setting up and changing a station, its InfluxDB and its options.

Home Assistant enters them through config_flow.py, which puts the steps together.
"""
