"""The journal: every snapshot of a station, in one SQLite file.

A thread of its own writes it (`writer.py`); history is read beside that (`source.py`).
"""
