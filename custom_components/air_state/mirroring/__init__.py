"""The mirror of a config entry: its settings, its connection, and its status for the user.

What copies the readings is in core/mirror.
"""
