"""From tables to counts: which tables there are, how the budget is spent, and the newest items."""
