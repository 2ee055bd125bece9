"""Shows a report to people: page, mail, text and chart. Knows no service."""
