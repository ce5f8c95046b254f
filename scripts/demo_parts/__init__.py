"""What scripts/demo is made of: a simulated station, a real Home Assistant, and some past."""
