"""MiniStack in a process of its own, guarded, corrected, and used through clients."""
