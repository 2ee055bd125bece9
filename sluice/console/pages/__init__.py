"""The pages: one module each, with its routes, its data and its actions."""
