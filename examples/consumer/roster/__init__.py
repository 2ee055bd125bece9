"""The function that keeps who joined and who left."""
