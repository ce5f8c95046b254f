"""Where readings rest: every snapshot, in one SQLite file for each station.

A thread of its own writes; history is read beside it.
"""
