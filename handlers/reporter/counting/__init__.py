"""From tables to counts: which tables there are, how the budget is spent on them, and their newest items."""
