"""Requests and responses of the pages: access, forms, events and rendering."""
