"""The part of Air State that knows nothing of Home Assistant.

It imports neither Home Assistant nor anything above this package, so that it can be read, tested
and reused by itself. docs/architecture.md shows the way of the data through its rooms.
"""
