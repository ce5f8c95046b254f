"""The terms that all other rooms of the core share: models, errors, parameters, times, windows.

It imports no other room.
"""
