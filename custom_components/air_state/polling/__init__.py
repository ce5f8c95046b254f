"""What the coordinator keeps about a station: who it is, its readings, its failing sensors.

coordinator.py polls and calls these.
"""
