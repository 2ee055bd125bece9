"""From a report to what people see: page, mail, text and chart. Knows no service."""
