"""What every other room of the core speaks in: models, errors, parameters, times.

It imports nothing but itself.
"""
