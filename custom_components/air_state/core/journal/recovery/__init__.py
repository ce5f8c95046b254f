"""What is done about a journal that is damaged or lacks rows.

Start with rebuild.py: it opens a journal, and rebuilds a damaged one of what can be read of it.
"""
