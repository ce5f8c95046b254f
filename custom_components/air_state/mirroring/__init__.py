"""The mirror of a config entry: its connection, its status for entities, its repair issues.

The mirror itself is in core/mirror.
"""
