"""Flux: queries are written here, and their answers in annotated CSV are read.

For InfluxDB 2.x, Cloud 2 and 1.8 or later with Flux.
"""
