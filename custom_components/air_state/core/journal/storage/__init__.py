"""The journal's SQLite file: its tables, and what is read from and written to each.

One connection writes; everything here blocks on the disk.
"""
