"""The dialogs behind the config flow: the steps about InfluxDB, and the options.

Home Assistant enters them through config_flow.py.
"""
