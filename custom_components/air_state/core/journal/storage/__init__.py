"""The journal's SQLite file: opening it, its tables, and its names on the disk.

Everything here blocks on the disk.
"""
