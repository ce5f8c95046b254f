"""Where readings come in: a station is polled, and its answer is read.

The result is a Snapshot.
"""
