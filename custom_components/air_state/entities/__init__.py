"""Entities that are not readings: those of the station itself, and of its mirror.

sensor.py and binary_sensor.py add them.
"""
