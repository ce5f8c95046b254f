"""What Air State does, apart from Home Assistant.

Nothing here imports Home Assistant or anything above this package, so that it can be read, tested
and reused without it. See docs/architecture.md for the way that data takes through these modules.
"""
