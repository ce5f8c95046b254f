"""What queries have in common, whichever language they are written in.

Selections of data, slices and windows of time, limits of time and size, and raw queries.
"""
