"""MiniStack in a process of its own, guarded, corrected, and asked through clients."""
