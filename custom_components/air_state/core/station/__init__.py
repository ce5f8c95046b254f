"""Where readings come in: polls a station and makes a Snapshot of its payload.

quirks.py judges which of its values are no measurements.
"""
