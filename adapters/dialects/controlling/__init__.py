"""What the controllers of every dialect share."""
