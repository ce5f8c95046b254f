"""What users ask of a station: actions, the export into a file, the view that streams tables.

services.py registers the actions, `async_setup` in `__init__.py` the view.
"""
