"""Benchmarks: ratios to peers, measured side by side."""
