"""Entities that are not readings: about the station itself, and about its mirror.

sensor.py and binary_sensor.py add them.
"""
