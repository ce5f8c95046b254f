"""The journal's SQLite file: opening and checking it, its tables, its names on the disk.

Everything here blocks on the disk.
"""
