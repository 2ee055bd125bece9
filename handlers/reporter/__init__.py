"""The reporter: counts each group's tables, keeps totals and a history, and stores and mails the report."""
