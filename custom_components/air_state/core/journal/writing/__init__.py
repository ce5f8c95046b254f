"""What happens in the journal's thread: queued snapshots are committed, old rows are removed."""
