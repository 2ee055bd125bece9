"""The reporter: counts the tables of each group, keeps totals and a history, stores the report and mails it."""
