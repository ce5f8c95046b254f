"""What the writer is made of: a queue, a schedule, and a thread that commits and prunes."""
