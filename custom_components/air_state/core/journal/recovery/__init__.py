"""What happens to a journal that is damaged or lacks rows: noticing it, and saving its rows."""
