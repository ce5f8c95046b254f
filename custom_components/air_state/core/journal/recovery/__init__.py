"""A journal that is damaged or lacks rows: noticing it, and salvaging what can be read."""
