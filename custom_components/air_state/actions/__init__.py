"""What people ask of a station: the actions, the export, and the view that streams tables.

services.py registers them.
"""
