"""The pages: a module each, with its routes, what it asks for and what it lets a person do."""
